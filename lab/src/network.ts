import { mkdir, readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { LabError } from "./labError.ts";
import {
  bridgeAddress,
  bridgeName,
  dnsAddress,
  networkNumbers,
  nodeNamespace,
  podNetwork,
  serviceNetwork,
} from "./layout.ts";
import { inNamespace, run, tryRun } from "./run.ts";
import type { ClusterState } from "./state.ts";

/**
 * Takes a free network number by creating its bridge, which only one lab can do. The bridge has no uplink; its alias names the
 * lab's home, so that `down` knows what it may remove even when no state was written.
 */
export async function createBridge(home: string): Promise<number> {
  const routes = await run(["ip", "-4", "route", "show"]);
  for (const network of networkNumbers) {
    const name = bridgeName(network);
    if (new RegExp(`(^|\\s)10\\.${network}\\.`).test(routes)) continue;
    if ((await tryRun(["ip", "link", "add", name, "type", "bridge"])).exitCode !== 0) continue;
    await run(["ip", "link", "set", name, "alias", home]);
    await run(["ip", "addr", "add", `${bridgeAddress(network)}/16`, "dev", name]);
    await run(["ip", "link", "set", name, "up"]);
    return network;
  }
  throw new LabError("no free network: remove old labs with `npm run lab -- down` (LAB_HOME names the lab)");
}

interface Link {
  readonly ifname?: string;
  readonly ifalias?: string;
}

/** The networks of this home: more than one only after a crash. */
export async function findBridges(home: string): Promise<number[]> {
  const links = JSON.parse((await run(["ip", "-j", "link", "show", "type", "bridge"])) || "[]") as Link[];
  return networkNumbers.filter((network) =>
    links.some((link) => link.ifname === bridgeName(network) && link.ifalias === home),
  );
}

/** A cluster's nodes share one namespace: each further node is one more address in it, on which NodePorts answer as well. */
export async function createNodeNamespace(network: number, cluster: ClusterState): Promise<void> {
  const namespace = nodeNamespace(network, cluster.name);
  const port = `l${network}c${cluster.index}`;
  await run(["ip", "netns", "add", namespace]);
  await run(["ip", "link", "add", port, "type", "veth", "peer", "name", "eth0", "netns", namespace]);
  await run(["ip", "link", "set", port, "master", bridgeName(network), "up"]);
  await batch(namespace, [
    "link set lo up",
    "link set eth0 up",
    ...cluster.nodes.map((node) => `addr add ${node.address}/16 dev eth0`),
    `addr add ${dnsAddress}/32 dev lo`,
    `route add ${serviceNetwork} dev eth0`, // a ClusterIP needs a route before NAT can rewrite it
  ]);
  const settings = ["ip_forward=1", "conf.all.rp_filter=0", "conf.all.route_localnet=1"];
  await run(inNamespace(namespace, ["sysctl", "-qw", ...settings.map((setting) => `net.ipv4.${setting}`)]));
  await run(
    inNamespace(namespace, [
      ...["iptables", "-w", "-t", "nat", "-A", "POSTROUTING"],
      ...["-s", podNetwork, "-o", "eth0", "-j", "MASQUERADE"],
    ]),
  );
}

export async function addNodeAddress(namespace: string, address: string): Promise<void> {
  await batch(namespace, [`addr replace ${address}/32 dev eth0`]);
}

export async function removeNodeAddress(namespace: string, address: string): Promise<void> {
  await tryRun(["ip", "-n", namespace, "addr", "del", `${address}/32`, "dev", "eth0"]);
}

export interface PodNetwork {
  readonly namespace: string;
  readonly node: string;
  readonly port: string;
  readonly address: string;
  readonly resolvConf: string;
  readonly hosts: string;
}

/** A pod has a routed /32 on a cable to its node, as most CNIs do it: nothing has to know a subnet. */
export async function createPodNamespace(pod: PodNetwork): Promise<void> {
  const etc = join("/etc/netns", pod.namespace); // `ip netns exec` mounts these over /etc
  await mkdir(etc, { recursive: true });
  await writeFile(join(etc, "resolv.conf"), pod.resolvConf);
  await writeFile(join(etc, "hosts"), pod.hosts);
  await run(["ip", "netns", "add", pod.namespace]);
  await batch(pod.node, [
    `link add ${pod.port} type veth peer name eth0 netns ${pod.namespace}`,
    `link set ${pod.port} up`,
    `addr add 169.254.1.1/32 dev ${pod.port}`,
    `route add ${pod.address}/32 dev ${pod.port}`,
  ]);
  await batch(pod.namespace, [
    "link set lo up",
    "link set eth0 up",
    `addr add ${pod.address}/32 dev eth0`,
    "route add 169.254.1.1 dev eth0",
    `route add default via 169.254.1.1 src ${pod.address}`,
  ]);
  await run(inNamespace(pod.namespace, ["sysctl", "-qw", "net.ipv4.ip_unprivileged_port_start=0"]));
}

export async function removeNamespace(namespace: string): Promise<void> {
  await tryRun(["ip", "netns", "del", namespace]);
  await rm(join("/etc/netns", namespace), { recursive: true, force: true });
}

/** Removes every namespace of a network and the bridge, which goes last: while it stands, the network number is taken. */
export async function removeNetwork(network: number): Promise<void> {
  // A namespace's own links vanish some time after it: the next lab would stumble over their names.
  const ports = JSON.parse((await run(["ip", "-j", "link", "show", "type", "veth"])) || "[]") as Link[];
  for (const { ifname = "" } of ports)
    if (ifname.startsWith(`l${network}c`)) await tryRun(["ip", "link", "del", ifname]);
  const prefix = `lab${network}-`;
  const listed = (await run(["ip", "netns", "list"])).split("\n").map((line) => line.split(" ")[0] ?? "");
  const configured = await readdir("/etc/netns").catch(() => []);
  const mine = new Set([...listed, ...configured].filter((name) => name.startsWith(prefix)));
  for (const namespace of mine) await removeNamespace(namespace);
  await tryRun(["ip", "link", "del", bridgeName(network)]);
}

async function batch(namespace: string, commands: readonly string[]): Promise<void> {
  await run(["ip", "-n", namespace, "-batch", "-"], { input: `${commands.join("\n")}\n` });
}
