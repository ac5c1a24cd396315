import {
  gatewayService,
  intents,
  mesh,
  meshCluster,
  namespace,
  node,
  observedCluster,
  pod,
  service,
  sharedService,
} from "@isthmus/testkit";
import { expect, test } from "vitest";
import { say } from "../findings/index.ts";
import type { KubeObject } from "../kinds/index.ts";
import type { Observed, ObservedCluster } from "../model/index.ts";
import { makeProblem } from "../problem.ts";
import { compile } from "./compile.ts";

const client = (objects: readonly KubeObject[] = [], overrides: Partial<ObservedCluster> = {}) =>
  observedCluster("cluster1", "192.0.2.1", [namespace("foo"), pod("foo/sleep"), ...objects], overrides);
const server = (objects: readonly KubeObject[] = [], overrides: Partial<ObservedCluster> = {}) =>
  observedCluster(
    "cluster2",
    "192.0.2.2",
    [namespace("bar"), service("bar/httpbin"), pod("bar/httpbin"), ...objects],
    overrides,
  );

function observed(...clusters: readonly ObservedCluster[]): Observed {
  return { clusters: new Map(clusters.map((cluster) => [cluster.name, cluster])), unreachable: new Map() };
}

function kinds(objects: readonly KubeObject[] | undefined): readonly string[] {
  return (objects ?? []).map(({ kind, metadata }) => `${kind} ${metadata.namespace}`);
}

const foreign = (kind: string, where: string, spec: unknown): KubeObject => {
  const [ns = "", name = ""] = where.split("/");
  return { apiVersion: "networking.istio.io/v1", kind, metadata: { name, namespace: ns }, spec };
};

test("a per-cluster name is a Gateway at the server and a ServiceEntry with a DestinationRule at the consumer", () => {
  const { desired, paths, problems } = compile(intents([sharedService("bar/httpbin")]), observed(client(), server()));

  expect(problems).toEqual([]);
  expect(kinds(desired.get("cluster1"))).toEqual(["DestinationRule foo", "ServiceEntry foo"]);
  expect(kinds(desired.get("cluster2"))).toEqual(["Gateway istio-system"]);
  expect(paths).toEqual([
    {
      direction: "across",
      owner: "SharedService.bar.httpbin",
      host: "httpbin.bar.cluster2",
      port: 8000,
      portName: "http",
      protocol: "HTTP",
      consumer: { cluster: "cluster1", namespace: "foo" },
      server: { cluster: "cluster2", namespace: "bar", service: "httpbin" },
      sni: "outbound_.8000_._.httpbin.bar.svc.cluster.local",
      identities: ["spiffe://cluster.local/ns/bar/sa/httpbin"],
    },
  ]);
});

test("consumers without namespaces are served from Istio's root namespace, visible to all", () => {
  const shared = sharedService("bar/httpbin", { consumers: [{ clusters: ["cluster1"] }] });

  const { desired } = compile(intents([shared]), observed(client(), server()));

  expect(kinds(desired.get("cluster1"))).toEqual(["DestinationRule istio-system", "ServiceEntry istio-system"]);
  expect(desired.get("cluster1")?.map(({ spec }) => spec)).toMatchObject([{ exportTo: ["*"] }, { exportTo: ["*"] }]);
});

test("every ready node of a NodePort gateway is an endpoint, and no other node", () => {
  const broken = {
    ...node("n3", "192.0.2.23"),
    status: { addresses: [{ type: "InternalIP", address: "192.0.2.23" }] },
  };
  const nodes = [node("n2", "192.0.2.22", { "topology.kubernetes.io/region": "eu" }), broken];

  const { desired } = compile(intents([sharedService("bar/httpbin")]), observed(client(), server(nodes)));

  expect(desired.get("cluster1")?.[1]?.spec).toMatchObject({
    endpoints: [
      { address: "192.0.2.2", ports: { http: 32001 } },
      { address: "192.0.2.22", ports: { http: 32001 }, locality: "eu" },
    ],
  });
});

test("a load balancer's host name is resolved by DNS", () => {
  const behindName = observedCluster("cluster2", "192.0.2.2", [], {
    objects: [
      namespace("bar"),
      service("bar/httpbin"),
      pod("bar/httpbin"),
      gatewayService({ type: "LoadBalancer" }, { loadBalancer: { ingress: [{ hostname: "lb.example.com" }] } }),
    ],
  });

  const { desired, problems } = compile(intents([sharedService("bar/httpbin")]), observed(client(), behindName));

  expect(problems).toEqual([]);
  expect(desired.get("cluster1")?.[1]?.spec).toMatchObject({
    resolution: "DNS",
    endpoints: [{ address: "lb.example.com", ports: { http: 15443 } }],
  });
});

test("a passthrough Gateway of the user that covers the host stands in for ours", () => {
  const crossNetwork = foreign("Gateway", "istio-system/cross-network-gateway", {
    selector: { istio: "ingressgateway" },
    servers: [
      { port: { number: 15443, name: "tls", protocol: "TLS" }, tls: { mode: "AUTO_PASSTHROUGH" }, hosts: ["*.local"] },
    ],
  });

  const { desired, problems } = compile(
    intents([sharedService("bar/httpbin")]),
    observed(client(), server([crossNetwork])),
  );

  expect(problems).toEqual([]);
  expect(desired.get("cluster2")).toEqual([]);
});

test("SameName imports the Service with one WorkloadEntry for each gateway address and identity", () => {
  const shared = sharedService("bar/httpbin", { as: ["SameName"] });
  const twoIdentities = server([node("n2", "192.0.2.22"), pod("bar/other", { app: "httpbin" })]);

  const { desired, problems } = compile(intents([shared]), observed(client([namespace("bar", {})]), twoIdentities));

  expect(problems).toEqual([]);
  expect(desired.get("cluster1")?.map(({ kind, spec }) => [kind, spec])).toMatchObject([
    ["Service", { selector: { "isthmus.io/import": "httpbin" }, ports: [{ name: "http", port: 8000 }] }],
    ["DestinationRule", { host: "httpbin.bar.svc.cluster.local", exportTo: ["foo"] }],
    ["WorkloadEntry", {}],
    ["WorkloadEntry", {}],
    ["WorkloadEntry", {}],
    ["WorkloadEntry", {}],
  ]);
  const entries = desired
    .get("cluster1")
    ?.slice(2)
    .map(({ spec }) => spec as { address: string; serviceAccount: string });
  expect(entries?.map(({ address, serviceAccount }) => `${address} ${serviceAccount}`).sort()).toEqual([
    "192.0.2.2 httpbin",
    "192.0.2.2 other",
    "192.0.2.22 httpbin",
    "192.0.2.22 other",
  ]);
});

test("two clusters that merge each other's endpoints pass through only to their own pods", () => {
  const shared = sharedService("bar/httpbin", {
    as: ["SameName"],
    servedBy: ["cluster1", "cluster2"],
    consumers: [{ clusters: ["cluster1", "cluster2"] }],
  });
  const both = client([namespace("bar"), service("bar/httpbin"), pod("bar/httpbin")]);

  const { desired, problems } = compile(intents([shared]), observed(both, server()));

  expect(problems).toEqual([]);
  for (const cluster of ["cluster1", "cluster2"]) {
    const objects = desired.get(cluster) ?? [];
    const [entry] = objects.filter(({ kind }) => kind === "Service");
    const [gateway] = objects.filter(({ kind }) => kind === "Gateway");
    const [remote] = objects.filter(({ kind }) => kind === "WorkloadEntry");
    expect(gateway?.spec).toMatchObject({ servers: [{ hosts: [`${entry?.metadata.name}.bar.svc.cluster.local`] }] });
    expect(entry?.spec).toMatchObject({ selector: { app: "httpbin", "security.istio.io/tlsMode": "istio" } });
    expect(remote?.spec).toMatchObject({ labels: { app: "httpbin" } });
    expect(JSON.stringify(remote)).not.toContain("tlsMode");
  }
});

test("SameName joins the local Service by its own labels and port names", () => {
  const shared = sharedService("bar/httpbin", { as: ["SameName"] });
  const local = service("bar/httpbin", [{ name: "web", port: 8000, targetPort: "named" }], {
    selector: { app: "local" },
  });

  const { desired, problems } = compile(intents([shared]), observed(client([namespace("bar"), local]), server()));

  expect(problems).toEqual([]);
  expect(desired.get("cluster1")).toMatchObject([
    { kind: "DestinationRule", metadata: { namespace: "bar" }, spec: { exportTo: ["*"] } },
    { kind: "WorkloadEntry", spec: { ports: { named: 32001 }, labels: { app: "local" }, serviceAccount: "httpbin" } },
  ]);
});

const admin = { name: "http-admin", port: 9000, targetPort: 8080 };
const plain = { name: "http", port: 8000, targetPort: 8080 };

test("a port that only the remote Service has is told and left out of a merged name, and the others go on", () => {
  const shared = sharedService("bar/httpbin", { as: ["SameName"] });
  const remote = observedCluster("cluster2", "192.0.2.2", [
    namespace("bar"),
    service("bar/httpbin", [plain, admin]),
    pod("bar/httpbin"),
  ]);

  const { desired, problems, paths } = compile(
    intents([shared]),
    observed(client([namespace("bar"), service("bar/httpbin", [plain])]), remote),
  );

  expect(problems).toMatchObject([{ code: "PORT_LEFT_OUT", message: expect.stringContaining("port 9000") }]);
  expect(paths.map(({ port }) => port)).toEqual([8000]);
  expect(JSON.stringify(desired.get("cluster1"))).not.toContain("9000");
});

test.each(["SameName", "Mesh"])(
  "a %s name of several clusters has the ports of all, and says which are left out",
  (form) => {
    const shared = sharedService("bar/httpbin", { as: [form], servedBy: ["cluster2", "cluster3"] });
    const serving = (name: string, address: string, ports: (typeof plain)[]) =>
      observedCluster(name, address, [namespace("bar"), service("bar/httpbin", ports), pod("bar/httpbin")]);
    const clusters = [
      client([namespace("bar")]),
      serving("cluster2", "192.0.2.2", [plain]),
      serving("cluster3", "192.0.2.3", [plain, admin]),
    ];

    const { problems, paths } = compile(
      intents([shared], { clusters: ["cluster1", "cluster2", "cluster3"].map((name) => meshCluster(name)) }),
      observed(...clusters),
    );

    expect(problems).toMatchObject([{ code: "PORT_LEFT_OUT", message: expect.stringContaining("port 9000") }]);
    expect([...new Set(paths.map(({ port }) => port))]).toEqual([8000]);
  },
);

test("a Service that keeps calls on the caller's node is reached through one of ours that does not", () => {
  const local = service("bar/httpbin", undefined, { internalTrafficPolicy: "Local" });
  const serving = observedCluster("cluster2", "192.0.2.2", [namespace("bar"), local, pod("bar/httpbin")]);

  const { desired, problems, paths } = compile(intents([sharedService("bar/httpbin")]), observed(client(), serving));

  expect(problems).toEqual([]);
  expect(desired.get("cluster2")).toMatchObject([
    { kind: "Service", metadata: { name: expect.stringMatching(/^httpbin-entry-/) } },
    { kind: "Gateway" },
  ]);
  expect(JSON.stringify(desired.get("cluster2"))).not.toContain("internalTrafficPolicy");
  expect(paths).toMatchObject([{ sni: expect.stringContaining("httpbin-entry-") }]);
});

const cases: readonly (readonly [string, string, () => ReturnType<typeof compile>])[] = [
  [
    "SERVICE_MISSING",
    "the serving cluster has no such Service",
    () => run(client(), observedCluster("cluster2", "192.0.2.2", [namespace("bar")])),
  ],
  [
    "SERVICE_UNSUPPORTED",
    "the Service has no selector",
    () =>
      run(client(), observedCluster("cluster2", "192.0.2.2", [service("bar/httpbin", undefined, { selector: {} })])),
  ],
  [
    "SERVICE_UNSUPPORTED",
    "a headless local Service cannot be joined",
    () =>
      run(client([namespace("bar"), service("bar/httpbin", undefined, { clusterIP: "None" })]), server(), {
        as: ["SameName"],
      }),
  ],
  [
    "SERVICE_UNSUPPORTED",
    "the Service to merge with keeps calls on the caller's node",
    () =>
      run(client([namespace("bar"), service("bar/httpbin", undefined, { internalTrafficPolicy: "Local" })]), server(), {
        as: ["SameName"],
      }),
  ],
  [
    "PORT_MISMATCH",
    "the Service to merge with has no TCP port",
    () =>
      run(client([namespace("bar"), service("bar/httpbin", [{ name: "dns", port: 53, protocol: "UDP" }])]), server(), {
        as: ["SameName"],
      }),
  ],
  ["PORT_MISSING", "a listed port does not exist", () => run(client(), server(), { ports: [8000, 81] })],
  [
    "PORT_UNSUPPORTED",
    "the only port is UDP",
    () =>
      run(
        client(),
        observedCluster("cluster2", "192.0.2.2", [
          service("bar/httpbin", [{ port: 53, protocol: "UDP" }]),
          pod("bar/httpbin"),
        ]),
      ),
  ],
  [
    "PORT_LEFT_OUT",
    "one of several ports is UDP",
    () =>
      run(
        client(),
        observedCluster("cluster2", "192.0.2.2", [
          service("bar/httpbin", [
            { name: "dns", port: 53, protocol: "UDP" },
            { name: "http", port: 80 },
          ]),
          pod("bar/httpbin"),
        ]),
      ),
  ],
  [
    "PORT_MISMATCH",
    "the local Service has a port that the remote one lacks",
    () =>
      run(
        client([
          namespace("bar"),
          service("bar/httpbin", [
            { name: "http", port: 8000 },
            { name: "admin", port: 9000 },
          ]),
        ]),
        server(),
        { as: ["SameName"] },
      ),
  ],
  [
    "PORT_MISMATCH",
    "the local port has no name",
    () =>
      run(client([namespace("bar"), service("bar/httpbin", [{ port: 8000, targetPort: 8080 }])]), server(), {
        as: ["SameName"],
      }),
  ],
  [
    "SIDECAR_MISSING",
    "local pods that remote endpoints would join have no sidecar",
    () =>
      run(client([namespace("bar"), service("bar/httpbin"), pod("bar/httpbin", { sidecar: false })]), server(), {
        as: ["SameName"],
      }),
  ],
  [
    "DESTINATION_RULE_CONFLICT",
    "a rule of a client's namespace covers the merged name",
    () =>
      run(
        client([namespace("bar"), service("bar/httpbin"), foreign("DestinationRule", "foo/all", { host: "*.local" })]),
        server(),
        {
          as: ["SameName"],
        },
      ),
  ],
  [
    "SELECTOR_SHARED",
    "a second local Service selects the same pods",
    () =>
      run(
        client([
          namespace("bar"),
          service("bar/httpbin"),
          service("bar/httpbin-headless", undefined, { selector: { app: "httpbin" }, clusterIP: "None" }),
        ]),
        server(),
        { as: ["SameName"] },
      ),
  ],
  [
    "SERVICE_ACCOUNT_UNKNOWN",
    "no pod stands behind the Service",
    () => run(client(), observedCluster("cluster2", "192.0.2.2", [service("bar/httpbin")])),
  ],
  [
    "SIDECAR_MISSING",
    "the pods have no sidecar",
    () =>
      run(
        client(),
        observedCluster("cluster2", "192.0.2.2", [service("bar/httpbin"), pod("bar/httpbin", { sidecar: false })]),
      ),
  ],
  [
    "SIDECAR_PARTIAL",
    "one pod has no sidecar",
    () => run(client(), server([pod("bar/old", { app: "httpbin", sidecar: false })])),
  ],
  [
    "NAMESPACE_MISSING",
    "a consuming namespace does not exist",
    () => run(observedCluster("cluster1", "192.0.2.1"), server()),
  ],
  [
    "NAMESPACE_MISSING",
    "the imported Service's namespace does not exist",
    () => run(client(), server(), { as: ["SameName"] }),
  ],
  [
    "CONSUMER_WITHOUT_SIDECAR",
    "the consuming namespace has no injection",
    () => run(observedCluster("cluster1", "192.0.2.1", [namespace("foo", {})]), server()),
  ],
  [
    "GATEWAY_MISSING",
    "no Service leads to the gateway",
    () =>
      run(client(), {
        ...server(),
        objects: server().objects.filter(({ metadata }) => metadata.name !== "istio-ingressgateway"),
      }),
  ],
  [
    "GATEWAY_PORT_MISSING",
    "the gateway Service lacks the port",
    () => run(client(), replaceGateway(gatewayService({ ports: [{ name: "https", port: 443, nodePort: 30443 }] }))),
  ],
  [
    "GATEWAY_NO_ADDRESS",
    "the gateway is a ClusterIP Service",
    () => run(client(), replaceGateway(gatewayService({ type: "ClusterIP", ports: [{ name: "tls", port: 15443 }] }))),
  ],
  [
    "GATEWAY_ADDRESS_UNSUPPORTED",
    "SameName needs IP addresses",
    () =>
      run(
        client([namespace("bar")]),
        replaceGateway(
          gatewayService({ type: "LoadBalancer" }, { loadBalancer: { ingress: [{ hostname: "lb.example.com" }] } }),
        ),
        { as: ["SameName"] },
      ),
  ],
  [
    "GATEWAY_HOST_CONFLICT",
    "a Gateway of the user terminates TLS for the host on the same port",
    () =>
      run(
        client(),
        server([
          foreign("Gateway", "istio-system/theirs", {
            selector: { istio: "ingressgateway" },
            servers: [
              { port: { number: 15443, name: "tls", protocol: "TLS" }, tls: { mode: "PASSTHROUGH" }, hosts: ["*"] },
            ],
          }),
        ]),
      ),
  ],
  [
    "TRUST_ROOTS_DIFFER",
    "the clusters trust different roots",
    () => run(client([], { trustRoots: [{ fingerprint: "bb", subject: "", notAfter: "" }] }), server()),
  ],
  ["TRUST_ROOT_UNKNOWN", "a cluster publishes no root", () => run(client([], { trustRoots: [] }), server())],
  [
    "HOST_CONFLICT",
    "a ServiceEntry of the user has the name",
    () => run(client([foreign("ServiceEntry", "other/theirs", { hosts: ["httpbin.bar.cluster2"] })]), server()),
  ],
  [
    "DESTINATION_RULE_CONFLICT",
    "a DestinationRule of the user is for the name",
    () => run(client([foreign("DestinationRule", "foo/theirs", { host: "httpbin.bar.cluster2" })]), server()),
  ],
  [
    "DESTINATION_RULE_CONFLICT",
    "a DestinationRule of the user is for the imported name",
    () =>
      run(
        client([
          namespace("bar"),
          foreign("DestinationRule", "bar/theirs", { host: "httpbin", trafficPolicy: { tls: { mode: "DISABLE" } } }),
        ]),
        server(),
        { as: ["SameName"] },
      ),
  ],
  [
    "NAME_TEMPLATE_INVALID",
    "the template yields no host name",
    () =>
      compile(
        intents([sharedService("bar/httpbin")], { mesh: mesh({ names: { perCluster: "{service}..{cluster}" } }) }),
        observed(client(), server()),
      ),
  ],
  [
    "VIP_POOL_INVALID",
    "the pool overlaps istiod's own",
    () =>
      compile(
        intents([sharedService("bar/httpbin")], { mesh: mesh({ addressPool: "240.240.3.0/24" }) }),
        observed(client(), server()),
      ),
  ],
  [
    "VIP_POOL_EXHAUSTED",
    "three names do not fit two addresses",
    () =>
      compile(
        intents([sharedService("bar/httpbin"), sharedService("bar/b"), sharedService("bar/c")], {
          mesh: mesh({ addressPool: "240.0.0.0/30" }),
        }),
        observed(client(), server([service("bar/b"), pod("bar/b"), service("bar/c"), pod("bar/c")])),
      ),
  ],
  [
    "SERVICE_SHARED_TWICE",
    "two declarations share one Service",
    () =>
      compile(
        intents([sharedService("bar/httpbin"), sharedService("bar/again", { service: "httpbin" })]),
        observed(client(), server()),
      ),
  ],
];

function run(one: ObservedCluster, two: ObservedCluster, spec: Record<string, unknown> = {}) {
  return compile(intents([sharedService("bar/httpbin", spec)]), observed(one, two));
}

function replaceGateway(gateway: KubeObject): ObservedCluster {
  const { objects, ...rest } = server();
  return { ...rest, objects: [...objects.filter(({ metadata }) => metadata.name !== "istio-ingressgateway"), gateway] };
}

test.each(cases)("%s where %s", (code, _reason, compiled) => {
  const { problems } = compiled();

  expect([...new Set(problems.map((problem) => problem.code))]).toEqual([code]);
});

test("a template without the namespace is refused where two tenants would meet, for both", () => {
  const declared = intents([sharedService("bar/httpbin"), sharedService("red/httpbin")], {
    mesh: mesh({ names: { perCluster: "{service}.{cluster}" } }),
  });
  const both = server([namespace("red"), service("red/httpbin"), pod("red/httpbin")]);

  const { problems, held, desired } = compile(declared, observed(client(), both));

  expect(problems.map(({ code, at }) => `${code} ${at}`)).toEqual([
    "HOST_CONFLICT SharedService bar/httpbin spec.as",
    "HOST_CONFLICT SharedService red/httpbin spec.as",
  ]);
  expect([...held.keys()]).toEqual(["SharedService.bar.httpbin", "SharedService.red.httpbin"]);
  expect(desired.get("cluster1")).toEqual([]);
});

test("a ServiceEntry of the user that copies an address of ours is named, and ours stays where it is", () => {
  const declared = intents([sharedService("bar/httpbin")]);
  const first = compile(declared, observed(client(), server())).desired.get("cluster1") ?? [];
  const spec = first.find(({ kind }) => kind === "ServiceEntry")?.spec as { readonly addresses: readonly string[] };
  const copied = foreign("ServiceEntry", "foo/copied", { ...spec, hosts: ["copied.example.com"] });

  const { problems, desired, held } = compile(declared, observed(client([...first, copied]), server()));

  expect(desired.get("cluster1")).toEqual(first);
  expect([...held]).toEqual([]);
  expect(problems).toMatchObject([
    {
      code: "VIP_SHARED",
      at: "cluster1: ServiceEntry foo/copied",
      message: `${spec.addresses[0]} of httpbin.bar.cluster2 in cluster1 is also an address of ServiceEntry foo/copied`,
    },
  ]);
});

test("an unreachable serving cluster holds what it serves, and nothing else", () => {
  const declared = intents([sharedService("bar/httpbin"), sharedService("bar/web", { servedBy: ["cluster3"] })], {
    clusters: [meshCluster("cluster1"), meshCluster("cluster2"), meshCluster("cluster3")],
  });
  const down = makeProblem({
    code: "CLUSTER_UNREACHABLE",
    at: { kind: "MeshCluster", name: "cluster3" },
    message: say`cluster cluster3: no answer`,
    hint: "",
  });
  const seen = { ...observed(client(), server()), unreachable: new Map([["cluster3", down]]) };

  const { held, problems, desired } = compile(declared, seen);

  expect([...held]).toEqual([["SharedService.bar.web", "cluster cluster3: no answer"]]);
  expect(problems).toEqual([]);
  expect(kinds(desired.get("cluster1"))).toEqual(["DestinationRule foo", "ServiceEntry foo"]);
});

test.each([
  ["bar", "htpbin", "did you mean bar/httpbin?"],
  ["prod", "httpbin", "did you mean bar/httpbin?"],
  ["bar", "unlike", "look at `kubectl --context cluster2 -n bar get services`, or correct spec.servedBy"],
])("a Service %s/%s that is not there is answered with the one that is meant, if any", (space, name, hint) => {
  const served = observedCluster("cluster2", "192.0.2.2", [
    ...["bar", "prod"].map((each) => namespace(each)),
    service("bar/httpbin"),
    pod("bar/httpbin"),
  ]);
  const called = observedCluster("cluster1", "192.0.2.1", [namespace("foo"), pod("foo/sleep")]);

  const { problems } = compile(intents([sharedService(`${space}/${name}`)]), {
    clusters: new Map([served, called].map((cluster) => [cluster.name, cluster])),
    unreachable: new Map(),
  });

  expect(problems).toContainEqual(expect.objectContaining({ code: "SERVICE_MISSING", hint }));
});

test("a namespace that is not there is answered with the one that is meant", () => {
  const served = observedCluster("cluster2", "192.0.2.2", [
    namespace("bar"),
    service("bar/httpbin"),
    pod("bar/httpbin"),
  ]);
  const called = observedCluster("cluster1", "192.0.2.1", [namespace("frontend"), pod("frontend/sleep")]);
  const share = sharedService("bar/httpbin", { consumers: [{ clusters: ["cluster1"], namespaces: ["fronted"] }] });

  const { problems } = compile(intents([share]), {
    clusters: new Map([served, called].map((cluster) => [cluster.name, cluster])),
    unreachable: new Map(),
  });

  expect(problems).toContainEqual(
    expect.objectContaining({
      code: "NAMESPACE_MISSING",
      hint: "did you mean frontend? Or kubectl --context cluster1 create namespace fronted",
    }),
  );
});
