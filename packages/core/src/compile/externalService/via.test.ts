import { externalService, intents, meshCluster, namespace, observedCluster, pod } from "@isthmus/testkit";
import { expect, test } from "vitest";
import { say } from "../../findings/index.ts";
import type { KubeObject } from "../../kinds/index.ts";
import type { Problem } from "../../problem.ts";
import { makeProblem } from "../../problem.ts";
import { compile } from "../compile.ts";

const gatewayPod = pod("istio-system/gateway", { serviceAccount: "gateway" });
const gateway: KubeObject = {
  ...gatewayPod,
  metadata: { ...gatewayPod.metadata, labels: { istio: "ingressgateway" } },
};

function run(spec: Record<string, unknown>, { away = false, root = "aa" } = {}) {
  const all = [
    observedCluster("cluster1", "192.0.2.1", [namespace("foo"), pod("foo/sleep")]),
    observedCluster("cluster2", "192.0.2.2", [gateway], {
      trustRoots: [{ fingerprint: root.repeat(32), subject: "CN=Root", notAfter: "2036-01-01T00:00:00Z" }],
    }),
  ];
  const gone: Problem = makeProblem({
    code: "CLUSTER_UNREACHABLE",
    at: { cluster: "cluster2" },
    message: say`cluster2 is away`,
    hint: "",
  });
  const declared = intents([], {
    externalServices: [externalService("foo/api", { via: "cluster2", ...spec }), externalService("foo/direct")],
    clusters: [meshCluster("cluster1"), meshCluster("cluster2")],
  });
  return compile(declared, {
    clusters: new Map(all.filter(({ name }) => !away || name === "cluster1").map((each) => [each.name, each])),
    unreachable: new Map(away ? [["cluster2", gone]] : []),
  });
}

const ofApi = (compiled: ReturnType<typeof compile>, cluster: string) =>
  (compiled.desired.get(cluster) ?? [])
    .filter(({ metadata }) => metadata.labels?.["isthmus.io/owner"] === "ExternalService.foo.api")
    .map(({ kind, spec, metadata }) => ({ kind, namespace: metadata.namespace, spec }));

test("consumers go by mutual TLS to the gateway, which knows host and port by the SNI and goes on to the outside", () => {
  const compiled = run({ ports: [{ number: 80, protocol: "HTTP" }], tls: { mode: "Simple" } });

  const alias = expect.stringMatching(/^api-80-[a-z0-9]+\.egress\.isthmus\.io$/);
  const name = expect.stringMatching(/^api-80-[a-z0-9]+$/);
  expect(compiled.problems).toEqual([]);
  expect(ofApi(compiled, "cluster1")).toEqual([
    {
      kind: "DestinationRule",
      namespace: "foo",
      spec: {
        host: "api.example.com",
        exportTo: ["."],
        trafficPolicy: {
          portLevelSettings: [
            {
              port: { number: 80 },
              tls: {
                mode: "ISTIO_MUTUAL",
                sni: alias,
                subjectAltNames: ["spiffe://cluster.local/ns/istio-system/sa/gateway"],
              },
            },
          ],
        },
      },
    },
    {
      kind: "ServiceEntry",
      namespace: "foo",
      spec: {
        hosts: ["api.example.com"],
        exportTo: ["."],
        location: "MESH_EXTERNAL",
        resolution: "STATIC",
        ports: [{ name: "http-80", number: 80, protocol: "HTTP" }],
        endpoints: [{ address: "192.0.2.2", ports: { "http-80": 32001 } }],
      },
    },
  ]);
  const where = { namespace: "istio-system" };
  expect(ofApi(compiled, "cluster2")).toEqual([
    {
      kind: "DestinationRule",
      ...where,
      spec: {
        host: alias,
        exportTo: ["."],
        trafficPolicy: {
          tls: {
            mode: "SIMPLE",
            sni: "api.example.com",
            subjectAltNames: ["api.example.com"],
            caCertificates: "system",
          },
        },
      },
    },
    {
      kind: "Gateway",
      ...where,
      spec: {
        selector: { istio: "ingressgateway" },
        servers: [{ port: { number: 15443, name, protocol: "TLS" }, tls: { mode: "ISTIO_MUTUAL" }, hosts: [alias] }],
      },
    },
    {
      kind: "ServiceEntry",
      ...where,
      spec: {
        hosts: [alias],
        exportTo: ["."],
        location: "MESH_EXTERNAL",
        resolution: "DNS",
        ports: [{ name: "http-80", number: 80, protocol: "HTTP", targetPort: 443 }],
        endpoints: [{ address: "api.example.com" }],
      },
    },
    {
      kind: "VirtualService",
      ...where,
      spec: {
        hosts: [alias],
        exportTo: ["."],
        gateways: [expect.stringMatching(/^istio-system\/foo-api-[a-z0-9]+$/)],
        tcp: [{ match: [{ port: 15443 }], route: [{ destination: { host: alias, port: { number: 80 } } }] }],
      },
    },
    {
      kind: "AuthorizationPolicy",
      ...where,
      spec: {
        action: "DENY",
        selector: { matchLabels: { istio: "ingressgateway" } },
        rules: [
          {
            from: [{ source: { notPrincipals: ["cluster.local/ns/foo/*"] } }],
            when: [{ key: "connection.sni", values: [alias] }],
          },
        ],
      },
    },
  ]);
});

test("each host and port has an SNI of its own, and where every namespace may call nobody is turned away", () => {
  const compiled = run({
    hosts: ["b.example.com", "a.example.com"],
    ports: [
      { number: 5432, protocol: "TCP" },
      { number: 443, protocol: "HTTPS" },
    ],
    resolution: "Static",
    endpoints: ["203.0.113.7"],
    consumers: [{ clusters: ["cluster1"] }],
  });

  const objects = compiled.desired.get("cluster2") ?? [];
  const hosts = objects.flatMap(({ kind, spec }) => (kind === "ServiceEntry" ? Object(spec).hosts : []));
  expect(compiled.problems).toEqual([]);
  expect(new Set(hosts).size).toBe(4);
  expect(objects.map(({ kind }) => kind)).not.toContain("AuthorizationPolicy");
});

test("a cluster that is away holds only what goes through its gateway", () => {
  const compiled = run({}, { away: true });

  expect([...compiled.held]).toEqual([["ExternalService.foo.api", "cluster2 is away"]]);
  expect(ofApi(compiled, "cluster1")).toEqual([]);
  expect(compiled.desired.get("cluster1")).toHaveLength(1);
});

test("without a root in common there is no way through that gateway", () => {
  const compiled = run({}, { root: "bb" });

  expect(compiled.problems.map(({ code }) => code)).toEqual(["TRUST_ROOTS_DIFFER"]);
  expect(ofApi(compiled, "cluster1")).toEqual([]);
});
