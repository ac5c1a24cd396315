import { intents, meshCluster, namespace, observedCluster, pod, sharedService } from "@isthmus/testkit";
import { expect, test } from "vitest";
import { say } from "../findings/index.ts";
import { catalog, type KubeObject } from "../kinds/index.ts";
import { defaultMeshConfig, type ObservedCluster } from "../model/index.ts";
import { makeProblem } from "../problem.ts";
import { checkCategories } from "./check.ts";
import type { CheckedCluster, CheckInput, GatewayProbe, Inspection } from "./checkInput.ts";
import { checks, runChecks } from "./runChecks.ts";

const captured = { ...defaultMeshConfig, proxyMetadata: { ISTIO_META_DNS_CAPTURE: "true" } };

const deployment = {
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: { name: "istiod", namespace: "istio-system", labels: { app: "istiod" } },
  spec: { replicas: 1 },
  status: { availableReplicas: 1 },
};

const slice = {
  apiVersion: "discovery.k8s.io/v1",
  kind: "EndpointSlice",
  metadata: { name: "istiod-1", namespace: "istio-system", labels: { "kubernetes.io/service-name": "istiod" } },
  endpoints: [{ conditions: { ready: true } }],
};

const webhook = {
  apiVersion: "admissionregistration.k8s.io/v1",
  kind: "MutatingWebhookConfiguration",
  metadata: { name: "istio-sidecar-injector" },
  webhooks: [
    {
      clientConfig: { service: { name: "istiod", namespace: "istio-system", path: "/inject" } },
      namespaceSelector: { matchExpressions: [{ key: "istio-injection", operator: "In", values: ["enabled"] }] },
    },
  ],
};

function inspection(overrides: Partial<Inspection> = {}): Inspection {
  return {
    version: "v1.37.2",
    clock: { ahead: 200, uncertainty: 510 },
    rights: [{ purpose: "observe", needed: true, verb: "list", group: "", resource: "pods", allowed: true }],
    served: catalog.map(({ group, plural }) => `${plural}.${group}`),
    deployments: { value: [deployment] },
    endpointSlices: { value: [slice] },
    mutatingWebhooks: { value: [webhook] },
    serviceCidrs: {
      value: [{ apiVersion: "v1", kind: "ServiceCIDR", metadata: { name: "a" }, spec: { cidrs: ["10.96.0.0/16"] } }],
    },
    ...overrides,
  };
}

interface Given {
  readonly objects?: readonly KubeObject[];
  readonly observed?: Partial<ObservedCluster>;
  readonly inspection?: Partial<Inspection>;
  readonly probes?: readonly GatewayProbe[];
  readonly spec?: Record<string, unknown>;
}

/** A cluster in which everything is as it should be, but for what is given. */
function cluster(name: string, given: Given = {}): CheckedCluster {
  const istiod = pod("istio-system/istiod-1", { app: "istiod", sidecar: false });
  const gateway = pod("istio-system/istio-ingressgateway-1", { sidecar: false });
  const selected = { ...gateway, metadata: { ...gateway.metadata, labels: { istio: "ingressgateway" } } };
  const address = `192.168.121.${name.length}${name.at(-1)?.charCodeAt(0)}`.slice(0, 15);
  return {
    declared: meshCluster(name, given.spec),
    source: "live",
    observed: {
      value: observedCluster(name, address, [istiod, selected, ...(given.objects ?? [])], {
        meshConfig: captured,
        ...given.observed,
      }),
    },
    inspection: { value: inspection(given.inspection) },
    probes: given.probes ?? [],
  };
}

function input(clusters: readonly CheckedCluster[], rest: Partial<CheckInput> = {}): CheckInput {
  return {
    now: "2026-11-24T12:00:00.000Z",
    intents: intents([], { clusters: clusters.map(({ declared }) => declared) }),
    clusters,
    compiled: { desired: new Map(), paths: [], held: new Map(), problems: [] },
    problems: [],
    keyFiles: [],
    ...rest,
  };
}

/** `cluster1 CODE`, the mesh as `-`. */
function found(given: CheckInput): readonly string[] {
  return runChecks(given).flatMap(({ cluster: name = "-", code }) => (code === undefined ? [] : [`${name} ${code}`]));
}

test("two sound clusters: every check says something, and nothing is wrong", () => {
  const rows = runChecks(input([cluster("cluster1"), cluster("cluster2")]));

  expect(rows.flatMap(({ code }) => code ?? [])).toEqual([]);
  expect(new Set(rows.map(({ check }) => check))).toEqual(new Set(checks.map(({ name }) => name)));
  expect(new Set(rows.map(({ status }) => status))).toEqual(new Set(["ok", "skipped"]));
});

test("checks have names of their own and need only those that come before them", () => {
  const names = checks.map(({ name }) => name);

  expect(new Set(names).size).toBe(names.length);
  for (const [index, { needs }] of checks.entries()) {
    expect(needs.filter((need) => !names.slice(0, index).includes(need))).toEqual([]);
  }
});

test("rows come by category", () => {
  const categories = runChecks(input([cluster("cluster1")])).map(({ category }) => category);

  expect([...new Set(categories)]).toEqual(checkCategories);
});

test("where a cluster does not answer, what needs it is skipped there and judged elsewhere", () => {
  const problem = makeProblem({
    code: "CLUSTER_UNREACHABLE",
    at: { cluster: "cluster1" },
    message: say`no route`,
    hint: "",
  });
  const down: CheckedCluster = { ...cluster("cluster1"), observed: { problem }, inspection: { problem } };

  const rows = runChecks(input([down, cluster("cluster2")]));

  const of = (name: string) => rows.filter((row) => row.cluster === name && row.check !== "api-reachable");
  expect(rows.filter(({ code }) => code !== undefined)).toMatchObject([
    {
      ...{ category: "api", check: "api-reachable", cluster: "cluster1", title: "the API server answers" },
      ...{ status: "failed", code: "CLUSTER_UNREACHABLE", at: "cluster1", message: "no route", hint: "" },
      docs: "docs/problems.md#cluster_unreachable",
    },
  ]);
  expect(new Set(of("cluster1").map(({ status }) => status))).toEqual(new Set(["skipped"]));
  expect(new Set(of("cluster1").map(({ message }) => message))).toContain("needs istiod-present");
  expect(of("cluster2").every(({ status }) => status === "ok" || status === "skipped")).toBe(true);
});

test("a directory of manifests is judged by its objects, and skipped where only an API server could tell", () => {
  const { inspection: _, ...rest } = cluster("cluster1", { observed: { source: "directory", trustRoots: [] } });

  const rows = runChecks(input([{ ...rest, source: "directory", inspection: undefined }]));

  expect(rows.flatMap(({ code }) => code ?? [])).toEqual(["TRUST_ROOT_UNKNOWN"]);
  expect(rows.find(({ check }) => check === "istiod-ready")).toMatchObject({ status: "skipped" });
  expect(rows.find(({ check }) => check === "gateway-address")).toMatchObject({ status: "ok" });
});

test("clocks: two clusters that differ, and a machine whose own clock is wrong", () => {
  const at = (ahead: number) => ({ inspection: { clock: { ahead, uncertainty: 600 } } });

  expect(found(input([cluster("cluster1", at(-40_000)), cluster("cluster2", at(40_000))]))).toEqual(["- CLOCK_SKEWED"]);
  expect(found(input([cluster("cluster1", at(300_000)), cluster("cluster2", at(300_000))]))).toEqual([
    "- CLOCK_SKEWED",
  ]);
  expect(found(input([cluster("cluster1", at(-30_000)), cluster("cluster2", at(29_000))]))).toEqual([]);
});

test("a right that is needed fails, one that only checks use is a warning, and both say which it is", () => {
  const right = { verb: "list", group: "", allowed: false } as const;
  const rights: Inspection["rights"] = [
    { ...right, purpose: "observe", needed: true, resource: "pods" },
    { ...right, purpose: "observe", needed: false, resource: "nodes" },
    { ...right, purpose: "check", needed: false, resource: "deployments", namespace: "istio-system" },
    { ...right, purpose: "write", needed: true, verb: "patch", resource: "services" },
  ];

  const rows = runChecks(input([cluster("cluster1", { inspection: { rights } })]));

  expect(rows.filter(({ category }) => category === "rights").map(({ status, message }) => [status, message])).toEqual([
    ["failed", "cluster1: we may not list pods"],
    ["failed", "cluster1: we may not patch services"],
    ["warning", "cluster1: we may not list nodes; list deployments in istio-system"],
  ]);
});

test("a kind that no declaration demands may be kept from us, unless objects of ours are left to remove", () => {
  const right = { group: "networking.istio.io", resource: "envoyfilters", purpose: "write", needed: true } as const;
  const rights = (["create", "delete"] as const).map((verb) => ({
    ...{ ...right, verb, allowed: false, demand: "tokens" as const },
  }));
  const labels = { "app.kubernetes.io/managed-by": "isthmus" };
  const left: KubeObject = {
    ...{ apiVersion: "networking.istio.io/v1alpha3", kind: "EnvoyFilter" },
    metadata: { name: "a", namespace: "istio-system", labels },
  };
  const told = (objects: readonly KubeObject[]) =>
    runChecks(input([cluster("cluster1", { objects, inspection: { rights } })]))
      .filter(({ check }) => check === "rights-write")
      .map(({ message, hint }) => [message, hint]);

  expect(told([])).toEqual([["0 rights", undefined]]);
  expect(told([left])).toEqual([
    [
      "cluster1: we may not delete envoyfilters.networking.istio.io",
      "isthmus rbac cluster1 --all-kinds prints the roles for it",
    ],
  ]);
});

test("an old istiod fails; clusters more than two minor releases apart are a warning", () => {
  const version = (...istiodVersions: readonly string[]) => ({ observed: { istiodVersions } });

  expect(found(input([cluster("a", version("1.21.9"))]))).toEqual(["a ISTIO_UNSUPPORTED"]);
  expect(found(input([cluster("a", version("1.24.0")), cluster("b", version("1.26.1"))]))).toEqual([]);
  expect(found(input([cluster("a", version("1.24.0")), cluster("b", version("1.27.0"))]))).toEqual([
    "- ISTIO_VERSION_SKEW",
  ]);
});

test("a namespace with a revision that no webhook selects, or in ambient mode, is found among those in use", () => {
  const objects = [
    namespace("foo", { "istio.io/rev": "gone" }),
    namespace("shop", { "istio.io/dataplane-mode": "ambient" }),
    namespace("idle", { "istio.io/rev": "gone" }),
  ];
  const clusters = [cluster("cluster1", { objects }), cluster("cluster2")];
  const shared = sharedService("bar/httpbin", { consumers: [{ clusters: ["cluster1"], namespaces: ["foo", "shop"] }] });

  const given = input(clusters, { intents: intents([shared], { clusters: clusters.map(({ declared }) => declared) }) });

  expect(found(given)).toEqual(["cluster1 INJECTION_REVISION_UNKNOWN", "cluster1 AMBIENT_UNSUPPORTED"]);
  expect(runChecks(given).find(({ code }) => code === "INJECTION_REVISION_UNKNOWN")?.at).toBe(
    "cluster1: Namespace foo",
  );
});

test("DNS capture is what injection set in a pod, else its annotation, else the mesh's; only where names need it", () => {
  const sleeper = pod("foo/sleep");
  const withEnv = (env: readonly { readonly name: string; readonly value: string }[]) => ({
    ...sleeper,
    spec: { ...sleeper.spec, containers: [{ name: "app" }, { name: "istio-proxy", env }] },
  });
  const on = withEnv([{ name: "ISTIO_META_DNS_CAPTURE", value: "true" }]);
  const foundWith = (object: KubeObject, wide: boolean, as = "PerCluster") => {
    const meshConfig = wide ? captured : defaultMeshConfig;
    const objects = [namespace("foo"), object];
    const clusters = [cluster("cluster1", { objects, observed: { meshConfig } }), cluster("cluster2")];
    const declared = intents([sharedService("bar/httpbin", { as: [as] })], {
      clusters: clusters.map((each) => each.declared),
    });
    return found(input(clusters, { intents: declared }));
  };

  expect(foundWith(withEnv([]), true)).toEqual(["cluster1 DNS_CAPTURE_OFF"]);
  expect(foundWith(on, false)).toEqual([]);
  expect(foundWith(sleeper, false)).toEqual(["cluster1 DNS_CAPTURE_OFF"]);
  expect(foundWith(sleeper, false, "SameName")).toEqual([]);
  expect(foundWith(sleeper, true)).toEqual([]);
});

test("an address that refuses is wrong only once a Gateway object opened its port; no answer always is", () => {
  const probe = (isRefused: boolean): GatewayProbe => ({
    address: "192.168.121.10:32001",
    outcome: { kind: "no connection", message: "refused", isRefused },
  });
  const listening = {
    apiVersion: "networking.istio.io/v1",
    kind: "Gateway",
    metadata: { name: "a", namespace: "istio-system" },
    spec: {
      selector: { istio: "ingressgateway" },
      servers: [
        {
          port: { number: 15443, name: "tls", protocol: "TLS" },
          tls: { mode: "AUTO_PASSTHROUGH" },
          hosts: ["*.local"],
        },
      ],
    },
  };

  expect(found(input([cluster("a", { probes: [probe(true)] })]))).toEqual([]);
  expect(found(input([cluster("a", { probes: [probe(false)] })]))).toEqual(["a GATEWAY_UNREACHABLE"]);
  expect(found(input([cluster("a", { probes: [probe(true)], objects: [listening] })]))).toEqual([
    "a GATEWAY_UNREACHABLE",
  ]);
});

test("an intermediate that a gateway shows is judged with the roots; whoever is not a workload is not a gateway", () => {
  const shown = (notAfter: string, identity?: string): GatewayProbe => ({
    address: "192.168.121.10:32001",
    outcome: {
      kind: "hello",
      sni: "outbound_.8000_._.httpbin.bar.svc.cluster.local",
      chain: [
        {
          subject: "",
          ...(identity === undefined ? {} : { identity }),
          isAuthority: false,
          notAfter: "2026-11-25T00:00:00.000Z",
        },
        { subject: "CN=Intermediate", isAuthority: true, notAfter },
      ],
    },
  });
  const workload = "spiffe://cluster.local/ns/bar/sa/httpbin";
  const foundWith = (probe: GatewayProbe) => found(input([cluster("a", { probes: [probe] })]));

  expect(foundWith(shown("2027-11-24T00:00:00.000Z", workload))).toEqual([]);
  expect(foundWith(shown("2026-12-10T00:00:00.000Z", workload))).toEqual(["a CA_EXPIRES_SOON"]);
  expect(foundWith(shown("2026-11-23T00:00:00.000Z", workload))).toEqual(["a CA_EXPIRED"]);
  expect(foundWith(shown("2027-11-24T00:00:00.000Z"))).toEqual(["a GATEWAY_HELLO_FAILED"]);
});

test("roots are compared pair by pair, and a cluster that serves nothing needs no gateway", () => {
  const root = (letter: string) => ({
    fingerprint: letter.repeat(64),
    subject: "CN=Root",
    notAfter: "2036-01-01T00:00:00Z",
  });
  const trusting = (...letters: readonly string[]) => ({ observed: { trustRoots: letters.map(root) } });
  const hidden = { spec: { eastWestGateway: { selector: { istio: "none" } } } };
  const clusters = [cluster("cluster1", hidden), cluster("cluster2", hidden)];
  const declared = intents([sharedService("bar/httpbin")], { clusters: clusters.map((each) => each.declared) });

  expect(
    found(input([cluster("a", trusting("a", "b")), cluster("b", trusting("b")), cluster("c", trusting("c"))])),
  ).toEqual(["- TRUST_ROOTS_DIFFER", "- TRUST_ROOTS_DIFFER"]);
  expect(found(input(clusters, { intents: declared }))).toEqual(["cluster2 GATEWAY_MISSING"]);
});

test("what compile and plan find is told once: not again where a check of its own tells it", () => {
  const problem = (code: "HOST_CONFLICT" | "TRUST_ROOTS_DIFFER" | "SIDECAR_PARTIAL") =>
    makeProblem({
      code,
      at: { thing: "x" },
      message: say`${code}`,
      hint: "",
    });
  const problems = [problem("HOST_CONFLICT"), problem("TRUST_ROOTS_DIFFER"), problem("SIDECAR_PARTIAL")];

  const rows = runChecks(input([cluster("a")], { problems }));

  expect(rows.filter(({ check }) => check === "declarations").map(({ code, status }) => [code, status])).toEqual([
    ["HOST_CONFLICT", "failed"],
    ["SIDECAR_PARTIAL", "warning"],
  ]);
});

test("the pool must meet no range in use, and a gateway's address nothing in another cluster", () => {
  const pool = (addressPool: string) => ({
    intents: intents([], { mesh: { ...intents([]).mesh, spec: { ...intents([]).mesh.spec, addressPool } } }),
  });
  const inside = { spec: { eastWestGateway: { addresses: ["10.96.7.7"] } } };

  expect(found(input([cluster("a")], pool("10.96.128.0/20")))).toEqual(["a VIP_POOL_OVERLAPS"]);
  expect(found(input([cluster("a")], pool("240.240.8.0/24")))).toEqual(["- VIP_POOL_INVALID"]);
  expect(found(input([cluster("a", inside), cluster("b")]))).toEqual(["- GATEWAY_ADDRESS_SHADOWED"]);
  expect(found(input([cluster("a", inside)]))).toEqual([]);
});

test("two gateways of one address and port are told once, with both clusters, and of another port not at all", () => {
  const at = (addresses: readonly string[], port?: number) => ({
    spec: { eastWestGateway: { addresses, ...(port === undefined ? {} : { port }) } },
  });
  const shadows = (one: object, other: object) =>
    runChecks(input([cluster("a", one), cluster("b", other)])).filter(
      ({ code }) => code === "GATEWAY_ADDRESS_SHADOWED",
    );

  expect(shadows(at(["203.0.113.7"]), at(["203.0.113.7"]))).toMatchObject([
    { message: expect.stringContaining("203.0.113.7:15443 is the address of the gateways of a and b") },
  ]);
  expect(shadows(at(["203.0.113.7"]), at(["203.0.113.8"]))).toEqual([]);
});

test("a key file that others may read is found", () => {
  const keyFiles = [
    { path: "ca/root.json", mode: 0o600 },
    { path: "old.json", mode: 0o640 },
  ];

  const rows = runChecks(input([cluster("a")], { keyFiles }));

  expect(rows.filter(({ check }) => check === "ca-key-files")).toMatchObject([
    { status: "failed", code: "CA_KEY_FILE_EXPOSED", at: "old.json", hint: "chmod 600 old.json" },
  ]);
});
