import { say } from "../../findings/index.ts";
import { type IstioCluster, memoisedBy } from "../../istio/index.ts";
import type { KubeObject, ServiceEntry, ServiceImport } from "../../kinds/index.ts";
import { at, type Mesh, parseAddressPool } from "../../model/index.ts";
import { addressToCome, type NamedHost, reportOf } from "../declaration/namedHost.ts";
import type { Output } from "../declaration/output.ts";
import type { Report } from "../declaration/report.ts";
import { allocateVips } from "./allocateVips.ts";
import { vipDemands } from "./vipDemands.ts";

interface Linking {
  readonly mesh: Mesh;
  readonly facts: ReadonlyMap<string, IstioCluster>;
  readonly report: Report;
}

/**
 * What is written for the hosts that nobody else claims in the same cluster. One call for hosts of every source: they share
 * one pool of virtual addresses, and names must not meet.
 */
export function linkHosts(wanted: readonly NamedHost[], { mesh, facts, report }: Linking): readonly Output[] {
  // In one order always: of several problems the first is the reason why an owner is held.
  const hosts = withoutClashes(inOrder(wanted), report);
  for (const { output } of hosts) report.take(output);
  const plain = hosts.flatMap(({ address, output }) => (address === undefined ? [output] : []));
  const virtual = hosts.flatMap(({ address, ...host }) => (address === undefined ? [] : [{ ...host, address }]));
  if (virtual.length === 0) return plain;
  const pool = parseAddressPool(mesh.spec.addressPool);
  if (typeof pool === "string") {
    for (const host of virtual) {
      reportOf(host, report).add(
        host.owner,
        "VIP_POOL_INVALID",
        at(mesh, "spec", "addressPool"),
        pool,
        "name a range that nothing routes, such as 240.0.0.0/16",
      );
    }
    return plain;
  }
  const demanded = virtual.flatMap(({ cluster, host, address }) => {
    const here = facts.get(cluster);
    return here === undefined ? [] : [{ facts: here, host, ...address }];
  });
  const { vips, exhausted, shared } = allocateVips(pool, vipDemands(demanded, pool));
  for (const { cluster, host, address, with: other } of shared) {
    report.add(
      undefined,
      "VIP_SHARED",
      { ...other, cluster },
      say`${{ address }} of ${{ host }} in ${{ cluster }} is also an address of ${{ other }}`,
      "give it one outside of spec.addressPool of the Mesh, or none: istiod then gives it one by itself",
    );
  }
  const left = new Set(exhausted.map(({ cluster, host }) => `${cluster} ${host}`));
  const addressed = virtual.flatMap((named) => {
    const { owner, cluster, host, place, output } = named;
    const vip = vips.get(cluster)?.get(host);
    if (vip !== undefined) return [withAddress(output, vip)];
    if (left.has(`${cluster} ${host}`)) {
      reportOf(named, report).add(
        owner,
        "VIP_POOL_EXHAUSTED",
        place,
        say`no address of ${{ addressPool: mesh.spec.addressPool }} is left for ${{ host }} in ${{ cluster }}`,
        "make spec.addressPool of the Mesh larger: addresses in use stay as they are",
      );
    }
    return [];
  });
  return [...plain, ...addressed];
}

function withAddress(output: Output, vip: string): Output {
  return {
    ...output,
    objects: output.objects.map(({ cluster, object }) => ({ cluster, object: addressed(object, vip) })),
  };
}

/** The same object as long as the address stays. */
const addressed = memoisedBy((object: KubeObject, vip: string): KubeObject => {
  const { addresses, ips } = (object.spec ?? {}) as Partial<ServiceEntry["spec"] & ServiceImport["spec"]>;
  if (addresses?.[0] === addressToCome) return { ...object, spec: { ...(object.spec as object), addresses: [vip] } };
  if (ips?.[0] === addressToCome) return { ...object, spec: { ...(object.spec as object), ips: [vip] } };
  return object;
});

function inOrder(hosts: readonly NamedHost[]): readonly NamedHost[] {
  return hosts
    .map((host) => ({ host, key: `${host.owner} ${host.cluster} ${host.host}` }))
    .sort(({ key: first }, { key: second }) => (first < second ? -1 : first > second ? 1 : 0))
    .map(({ host }) => host);
}

/** Reports every declaration that claims a host which another one, or an object of the user, claims for the same workloads. */
function withoutClashes(hosts: readonly NamedHost[], report: Report): readonly NamedHost[] {
  const claimants = new Map<string, NamedHost[]>();
  for (const named of hosts) {
    const key = `${named.cluster} ${named.host}`;
    const others = claimants.get(key);
    if (others === undefined) claimants.set(key, [named]);
    else others.push(named);
  }
  return hosts.filter((named) => {
    const { owner, cluster, host, meaning, place, remedy, claimed } = named;
    const rivals = (claimants.get(`${cluster} ${host}`) ?? []).filter((other) => overlap(named, other));
    const meanings = new Set(rivals.map((rival) => rival.meaning)).add(meaning);
    if (meanings.size > 1) {
      reportOf(named, report).add(
        owner,
        "HOST_CONFLICT",
        place,
        say`${{ host }} in ${{ cluster }} would mean ${[...meanings].sort().join(" and ")}`,
        remedy,
      );
      return false;
    }
    if (claimed !== undefined) report.take(claimed);
    return claimed === undefined;
  });
}

function overlap({ namespaces }: NamedHost, other: NamedHost): boolean {
  if (namespaces === undefined || other.namespaces === undefined) return true;
  return namespaces.some((namespace) => other.namespaces?.includes(namespace));
}
