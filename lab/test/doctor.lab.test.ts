import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { execa } from "execa";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type KubeObject, type Lab, startLab, waitFor } from "../src/index.ts";
import { prepareExample } from "./example.ts";
import { isthmus } from "./isthmus.ts";

let home: string;
let lab: Lab;
let folder: string;

const url = "http://httpbin.bar.cluster2:8000/get";
const meshUrl = "http://httpbin.bar.mesh:8000/get";

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), "isthmus-doctor-"));
  lab = await startLab({ home, clusters: 2 });
  folder = await prepareExample(lab, "sleep-httpbin");
  await apply();
  await lab.curlUntil("cluster1", "foo/sleep", url, 200);
});

afterAll(async () => {
  await lab?.down();
  await rm(home, { recursive: true, force: true });
});

async function apply(): Promise<void> {
  const { exitCode, stderr } = await isthmus(folder, lab.kubeconfig, "apply", "--yes");
  if (exitCode !== 0) throw new Error(stderr);
}

interface Diagnosed {
  readonly wire: string;
  readonly findings: readonly { readonly code: string; readonly at: string; readonly message: string }[];
}

async function doctor(target = url): Promise<Diagnosed & { readonly exitCode: number | undefined }> {
  const { exitCode, stdout, stderr } = await isthmus(
    folder,
    lab.kubeconfig,
    ...["doctor", "sleep.foo@cluster1", target, "-o", "json"],
  );
  if (!stdout.startsWith("{")) throw new Error(stderr);
  return { exitCode, ...JSON.parse(stdout) };
}

/** In the network of a cluster's node, or of a pod. */
async function iptables(netns: string, ...rule: readonly string[]): Promise<void> {
  await execa("ip", ["netns", "exec", netns, "iptables", "-w", ...rule]);
}

const netnsOf = async (cluster: string, pod: string) => (await lab.pod(cluster, pod)).netns;

async function signalEnvoy(cluster: string, pod: string, signal: "STOP" | "CONT"): Promise<void> {
  const { stdout } = await execa("ip", ["netns", "pids", await netnsOf(cluster, pod)]);
  for (const pid of stdout.split("\n").map(Number)) {
    if ((await readFile(`/proc/${pid}/comm`, "utf8").catch(() => "")).trim() === "envoy")
      process.kill(pid, `SIG${signal}`);
  }
}

const apiVersion = "networking.istio.io/v1";

/** The object of ours of a kind in a cluster. */
async function ours(cluster: string, namespace: string, kind: string, plural: string) {
  const path = `/apis/${apiVersion}/namespaces/${namespace}/${plural}?labelSelector=app.kubernetes.io/managed-by=isthmus`;
  const list = await lab
    .cluster(cluster)
    .api.get<{ readonly items: readonly { readonly metadata: { name: string } }[] }>(path);
  const name = list?.items[0]?.metadata.name;
  if (name === undefined) throw new Error(`no ${kind} of ours in ${cluster}`);
  return { apiVersion, kind, name, namespace };
}

/** Declares the name httpbin.bar.mesh too, or no longer. */
async function declareMeshName(as: string): Promise<void> {
  const file = join(folder, "httpbin.yaml");
  const text = await readFile(file, "utf8");
  await writeFile(file, `${text.replace(/\n {2}as: .*/, "").trimEnd()}\n  as: ${as}\n`);
  await apply();
}

interface GatewayPort {
  readonly port: number;
  readonly nodePort?: number;
}

interface Fault {
  readonly name: string;
  readonly inject: () => Promise<unknown>;
  readonly heal: () => Promise<unknown>;
  readonly target?: string;
  /** What the first finding may be called: a fault may show on paper and on the wire. */
  readonly codes: readonly string[];
}

const gateway = "istio-system/istio-ingressgateway";

const policy = (kind: string, spec: object) => ({
  apiVersion: "security.istio.io/v1",
  kind,
  metadata: { name: "fault", namespace: "bar" },
  spec,
});

function object(kind: string, spec: object): Pick<Fault, "inject" | "heal"> {
  return {
    inject: () => lab.apply("cluster2", [policy(kind, spec)]),
    heal: () => lab.remove("cluster2", [policy(kind, spec)]),
  };
}

function rule(netns: () => Promise<string> | string, ...words: readonly string[]): Pick<Fault, "inject" | "heal"> {
  const [table = "", chain = "", ...match] = words;
  return {
    inject: async () => iptables(await netns(), "-t", table, "-I", chain, ...match),
    heal: async () => iptables(await netns(), "-t", table, "-D", chain, ...match),
  };
}

const node2 = () => lab.cluster("cluster2").namespace;
const client = () => netnsOf("cluster1", "foo/sleep");

const faults: readonly Fault[] = [
  {
    name: "the gateway's pod is down",
    inject: () => lab.stopPod("cluster2", gateway),
    heal: () => lab.startPod("cluster2", gateway),
    codes: ["DOCTOR_GATEWAY_DOWN"],
  },
  {
    name: "the gateway's Envoy hangs",
    inject: () => signalEnvoy("cluster2", gateway, "STOP"),
    heal: () => signalEnvoy("cluster2", gateway, "CONT"),
    codes: ["DOCTOR_GATEWAY_DOWN", "DOCTOR_GATEWAY_SILENT"],
  },
  {
    name: "the app behind its sidecar is down",
    inject: () => lab.stopApps("cluster2", "bar/httpbin"),
    heal: () => lab.startPod("cluster2", "bar/httpbin"),
    codes: ["DOCTOR_APP_DOWN"],
  },
  {
    name: "the server's pod is not ready",
    inject: () => lab.stopPod("cluster2", "bar/httpbin"),
    heal: () => lab.startPod("cluster2", "bar/httpbin"),
    codes: ["TRACE_GATEWAY_ENDPOINTS"],
  },
  {
    name: "the client's sidecar is down",
    inject: () => lab.stopPod("cluster1", "foo/sleep"),
    heal: () => lab.startPod("cluster1", "foo/sleep"),
    codes: ["DOCTOR_PROXY_DOWN"],
  },
  {
    name: "the client's Envoy hangs",
    inject: () => signalEnvoy("cluster1", "foo/sleep", "STOP"),
    heal: () => signalEnvoy("cluster1", "foo/sleep", "CONT"),
    codes: ["DOCTOR_PROXY_DOWN"],
  },
  {
    name: "a firewall drops what comes to the gateway's port",
    ...rule(node2, "raw", "PREROUTING", "-p", "tcp", "--dport", "32001", "-j", "DROP"),
    codes: ["DOCTOR_ADDRESS_TIMEOUT"],
  },
  {
    name: "a firewall refuses what comes to the gateway's port",
    ...rule(
      node2,
      ...["filter", "FORWARD", "-p", "tcp", "--dport", "15443"],
      ...["-j", "REJECT", "--reject-with", "tcp-reset"],
    ),
    codes: ["DOCTOR_ADDRESS_REFUSED"],
  },
  {
    name: "the client's DNS does not answer",
    ...rule(client, "filter", "OUTPUT", "-p", "udp", "--dport", "15053", "-j", "DROP"),
    codes: ["DOCTOR_NAME"],
  },
  {
    name: "the server's namespace has mutual TLS switched off",
    ...object("PeerAuthentication", { mtls: { mode: "DISABLE" } }),
    codes: ["TRACE_MUTUAL_TLS", "TRACE_GATEWAY_ENDPOINTS"],
  },
  {
    name: "a policy of the server denies everybody",
    ...object("AuthorizationPolicy", { action: "DENY", rules: [{}] }),
    codes: ["TRACE_DENIED"],
  },
  {
    name: "the server's Gateway object is gone",
    inject: async () => {
      await lab.remove("cluster2", await ours("cluster2", "istio-system", "Gateway", "gateways"));
      await restart("cluster2", gateway);
    },
    heal: apply,
    codes: ["TRACE_NO_FILTER_CHAIN", "TRACE_NOTHING_LISTENS", "DOCTOR_ADDRESS_REFUSED"],
  },
  {
    name: "the client's ServiceEntry is gone",
    inject: async () => lab.remove("cluster1", await ours("cluster1", "foo", "ServiceEntry", "serviceentries")),
    heal: apply,
    codes: ["TRACE_HOST_UNKNOWN"],
  },
  {
    name: "the client expects another identity",
    inject: async () => {
      const { name, namespace, kind } = await ours("cluster1", "foo", "DestinationRule", "destinationrules");
      const tls = { mode: "ISTIO_MUTUAL", subjectAltNames: ["spiffe://cluster.local/ns/bar/sa/other"] };
      const sni = "outbound_.8000_._.httpbin.bar.svc.cluster.local";
      const spec = { host: "httpbin.bar.cluster2", trafficPolicy: { tls: { ...tls, sni } } };
      await lab.apply("cluster1", [{ apiVersion, kind, metadata: { name, namespace }, spec }]);
    },
    heal: apply,
    codes: ["TRACE_IDENTITY"],
  },
  {
    name: "the client's Sidecar object hides the name",
    inject: () => lab.apply("cluster1", [hiding()]),
    heal: () => lab.remove("cluster1", [hiding()]),
    codes: ["TRACE_HOST_HIDDEN"],
  },
  {
    name: "the gateway's node port is another than when the path was made",
    inject: async () => {
      await moveGateway(32111);
      await restart("cluster2", gateway);
    },
    heal: () => moveGateway(32001),
    codes: ["DOCTOR_ADDRESS_REFUSED"],
  },
  {
    name: "the declaration gives the gateway an address that nobody has",
    inject: () => declareGateway("10.255.255.1:32001"),
    heal: () => declareGateway(undefined),
    codes: ["DOCTOR_ADDRESS_TIMEOUT", "DOCTOR_ADDRESS_REFUSED"],
  },
  {
    name: "istiod of the client's cluster is down when a name is added",
    inject: async () => {
      await lab.stopIstiod("cluster1");
      // While istiod is away no Istio object can be written, unless nobody asks it.
      await lab.remove("cluster1", validation);
      await declareMeshName("[PerCluster, Mesh]");
    },
    heal: async () => {
      await lab.startIstiod("cluster1");
      await declareMeshName("[PerCluster]");
    },
    target: meshUrl,
    codes: ["DOCTOR_ISTIOD_DOWN"],
  },
  {
    name: "the client's proxy has lost istiod when a name is added",
    inject: async () => {
      await iptables(await client(), "-I", "OUTPUT", "-p", "tcp", "--dport", "15012", "-j", "DROP");
      await declareMeshName("[PerCluster, Mesh]");
    },
    heal: async () => {
      await iptables(await client(), "-D", "OUTPUT", "-p", "tcp", "--dport", "15012", "-j", "DROP");
      await declareMeshName("[PerCluster]");
    },
    target: meshUrl,
    codes: ["DOCTOR_PROXY_STALE"],
  },
  {
    name: "the server's certificate ended while its istiod was down",
    inject: async () => {
      await lab.apply("cluster2", await httpbinWith("proxyMetadata: {SECRET_TTL: 20s}"));
      await lab.curlUntil("cluster1", "foo/sleep", url, 200);
      await lab.stopIstiod("cluster2");
      await setTimeout(25_000);
      await restart("cluster1", "foo/sleep");
    },
    heal: async () => {
      await lab.startIstiod("cluster2");
      await lab.apply("cluster2", await httpbinWith(undefined));
    },
    codes: ["DOCTOR_CERTIFICATE"],
  },
];

const validation = {
  apiVersion: "admissionregistration.k8s.io/v1",
  kind: "ValidatingWebhookConfiguration",
  name: "istiod-default-validator",
};

/** Connections that stand outlive what made them possible; a proxy that starts anew has none. */
async function restart(cluster: string, pod: string): Promise<void> {
  await lab.stopPod(cluster, pod);
  await lab.startPod(cluster, pod);
}

function hiding() {
  const metadata = { name: "fault", namespace: "foo" };
  return { apiVersion, kind: "Sidecar", metadata, spec: { egress: [{ hosts: ["istio-system/*"] }] } };
}

function secondPassthrough() {
  const port = { number: 15443, name: "tls", protocol: "TLS" };
  const servers = [{ port, tls: { mode: "AUTO_PASSTHROUGH" }, hosts: ["*.local"] }];
  const metadata = { name: "fault", namespace: "istio-system" };
  return { apiVersion, kind: "Gateway", metadata, spec: { selector: { istio: "ingressgateway" }, servers } };
}

async function moveGateway(nodePort: number): Promise<void> {
  const path = "/api/v1/namespaces/istio-system/services/istio-ingressgateway";
  const live = await lab
    .cluster("cluster2")
    .api.get<KubeObject & { readonly spec: { readonly ports: readonly GatewayPort[] } }>(path);
  if (live === undefined) throw new Error("the lab has no gateway");
  const ports = live.spec.ports.map((port) => (port.port === 15443 ? { ...port, nodePort } : port));
  const metadata = { name: "istio-ingressgateway", namespace: "istio-system" };
  await lab.apply("cluster2", [{ apiVersion: "v1", kind: "Service", metadata, spec: { ...live.spec, ports } }]);
}

async function declareGateway(address: string | undefined): Promise<void> {
  const file = join(folder, "mesh.yaml");
  const text = (await readFile(file, "utf8")).replace(/\n {2}eastWestGateway: .*/, "").trimEnd();
  await writeFile(
    file,
    address === undefined ? `${text}\n` : `${text}\n  eastWestGateway: {addresses: ["${address}"]}\n`,
  );
  await apply();
}

async function httpbinWith(proxyConfig: string | undefined): Promise<string> {
  const text = await readFile(
    new URL("../../examples/sleep-httpbin/clusters/cluster2/httpbin.yaml", import.meta.url),
    "utf8",
  );
  if (proxyConfig === undefined) return text;
  return text.replace(
    /(template:\n\s+metadata:\n)(\s+)labels:/,
    `$1$2annotations: {proxy.istio.io/config: "${proxyConfig}"}\n$2labels:`,
  );
}

test("what works is said to work", async () => {
  expect(await doctor()).toMatchObject({ exitCode: 0, wire: "works", findings: [] });
});

test.each(faults)("the doctor finds that $name", async ({ inject, heal, target = url, codes }) => {
  await inject();
  try {
    const { wire, findings } = await waitFor(
      "the fault to take effect",
      async () => {
        const diagnosed = await doctor(target);
        return diagnosed.wire !== "works" && diagnosed;
      },
      { seconds: 40, everyMs: 500 },
    );

    expect(wire).toBe("fails");
    expect(codes).toContain(findings[0]?.code);
  } finally {
    await heal();
    await lab.curlUntil("cluster1", "foo/sleep", url, 200);
  }
});

test("a listener that Envoy rejects is remarked while it works with the one before", async () => {
  await lab.apply("cluster2", [secondPassthrough()]);
  try {
    const found = await waitFor("the rejection", async () => {
      const diagnosed = await doctor();
      return diagnosed.findings.some(({ code }) => code === "DOCTOR_CONFIG_REJECTED") && diagnosed;
    });

    expect(found).toMatchObject({ wire: "works", exitCode: 0 });
  } finally {
    await lab.remove("cluster2", [secondPassthrough()]);
  }
});

test("an istiod that is down is remarked although the call works", async () => {
  await lab.stopIstiod("cluster2");
  try {
    const { exitCode, wire, findings } = await doctor();

    expect({ exitCode, wire }).toEqual({ exitCode: 0, wire: "works" });
    expect(findings.map(({ code, at }) => `${code} ${at}`)).toContain("DOCTOR_ISTIOD_DOWN cluster2");
  } finally {
    await lab.startIstiod("cluster2");
  }
});
