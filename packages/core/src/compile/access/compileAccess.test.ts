import { intents, mesh, meshCluster, namespace, observedCluster, pod, service, sharedService } from "@isthmus/testkit";
import { expect, test } from "vitest";
import type { AuthorizationPolicy, KubeObject } from "../../kinds/index.ts";
import { checkIntents } from "../../model/index.ts";
import { compile } from "../compile.ts";

const ports = [
  { name: "http", port: 8000, targetPort: 8080 },
  { name: "tcp-raw", port: 9000 },
];

function compiled(spec: Record<string, unknown>, extra: readonly KubeObject[] = []) {
  const all = [
    observedCluster("cluster1", "192.0.2.1", [namespace("foo"), pod("foo/sleep")]),
    observedCluster("cluster2", "192.0.2.2", [
      namespace("bar"),
      service("bar/httpbin", ports),
      pod("bar/httpbin"),
      ...extra,
    ]),
  ];
  const { desired, problems } = compile(intents([sharedService("bar/httpbin", spec)]), {
    clusters: new Map(all.map((cluster) => [cluster.name, cluster])),
    unreachable: new Map(),
  });
  const policies = [...desired.values()].flat().filter(({ kind }) => kind === "AuthorizationPolicy");
  return { policies: policies as AuthorizationPolicy[], problems, codes: problems.map(({ code }) => code) };
}

const foo = { clusters: ["cluster1"], namespaces: ["foo"] };

test("without access rules and service accounts no policy is written", () => {
  expect(compiled({}).policies).toEqual([]);
});

test("what is not allowed is denied to callers that carry the SNI of the entry Service, port by port", () => {
  const access = [{ methods: ["GET"], paths: ["/get"], ports: [8000] }, { ports: [9000] }];

  const { policies, problems } = compiled({ consumers: [{ ...foo, serviceAccounts: ["sleep"] }], access });

  const sni = (port: number) => [
    {
      key: "connection.sni",
      values: [expect.stringMatching(`^outbound_.${port}_._.httpbin-entry-[a-z0-9]+.bar.svc.cluster.local$`)],
    },
  ];
  const strangers = [{ source: { notPrincipals: ["cluster.local/ns/foo/sa/sleep"] } }];
  expect(problems).toEqual([]);
  expect(policies).toEqual([
    {
      apiVersion: "security.istio.io/v1",
      kind: "AuthorizationPolicy",
      metadata: {
        name: expect.stringMatching(/^httpbin-access-[a-z0-9]+$/),
        namespace: "bar",
        labels: {
          "app.kubernetes.io/managed-by": "isthmus",
          "isthmus.io/owner": "SharedService.bar.httpbin",
          "isthmus.io/side": "server",
        },
      },
      spec: {
        action: "DENY",
        selector: { matchLabels: { app: "httpbin" } },
        rules: [
          { from: strangers, when: sni(8000) },
          { to: [{ operation: { notMethods: ["GET"], ports: ["8080"] } }], when: sni(8000) },
          { to: [{ operation: { notPaths: ["/get"], ports: ["8080"] } }], when: sni(8000) },
          { from: strangers, when: sni(9000) },
        ],
      },
    },
  ]);
});

test("a port that no rule names is closed to other clusters", () => {
  const { policies } = compiled({ access: [{ ports: [8000] }] });

  expect(policies[0]?.spec.rules?.[1]).toEqual({
    when: [{ key: "connection.sni", values: [expect.stringContaining("outbound_.9000_.")] }],
  });
});

test.each([
  [[foo], ["cluster.local/ns/foo/*"]],
  [[{ clusters: ["cluster1"] }], ["*"]],
  [[foo, { clusters: ["cluster1"] }], ["*"]],
  [[{ clusters: ["cluster1"], serviceAccounts: ["sleep"] }], ["*/sa/sleep"]],
  [[{ ...foo, serviceAccounts: ["b", "a"] }], ["cluster.local/ns/foo/sa/a", "cluster.local/ns/foo/sa/b"]],
])("consumers %j are the principals %j", (consumers, principals) => {
  const { policies } = compiled({ ports: [9000], consumers, access: [{}] });

  expect(policies[0]?.spec.rules?.map(({ from }) => from)).toEqual([[{ source: { notPrincipals: principals } }]]);
});

test("a dry run is Istio's annotation", () => {
  const { policies } = compiled({ access: [{}], accessDryRun: true });

  expect(policies.map(({ metadata }) => metadata.annotations)).toEqual([{ "istio.io/dry-run": "true" }]);
});

test("methods of a port that is not HTTP are refused, and nothing is written", () => {
  const { policies, codes } = compiled({ access: [{ methods: ["GET"] }] });

  expect(codes).toEqual(["ACCESS_NOT_HTTP"]);
  expect(policies).toEqual([]);
});

test("rules that multiply beyond the limit are refused", () => {
  const access = [..."abcdef"].map((name) => ({
    methods: [name.toUpperCase()],
    paths: [`/${name}`],
    from: [`${name}.foo`],
    ports: [8000],
  }));

  expect(compiled({ access }).codes).toEqual(["ACCESS_TOO_COMPLEX"]);
});

test("a gateway that passes every local name through would let callers in past the rules", () => {
  const open = {
    apiVersion: "networking.istio.io/v1",
    kind: "Gateway",
    metadata: { name: "cross-network", namespace: "istio-system" },
    spec: {
      selector: { istio: "eastwestgateway" },
      servers: [{ port: { number: 15443 }, tls: { mode: "AUTO_PASSTHROUGH" }, hosts: ["*.local"] }],
    },
  };

  expect(compiled({ access: [{}] }, [open]).codes).toEqual(["ACCESS_BYPASSED"]);
});

test("local callers of a merged name are warned of", () => {
  const consumers = [foo, { clusters: ["cluster2"] }];

  expect(compiled({ as: ["SameName"], consumers, access: [{}] }).codes).toContain("ACCESS_LOCAL_CALLERS");
});

test.each([
  [{ consumers: [foo], access: [{ from: ["sleep.baz"] }] }, "spec.access[0].from[0]"],
  [{ consumers: [{ ...foo, serviceAccounts: ["sleep"] }], access: [{ from: ["curl.foo"] }] }, "spec.access[0].from[0]"],
  [{ accessDryRun: true }, "spec.accessDryRun"],
])("%j is a mistake at %s", (spec, place) => {
  const problems = checkIntents({
    mesh: mesh(),
    clusters: [meshCluster("cluster1"), meshCluster("cluster2")],
    sharedServices: [sharedService("bar/httpbin", spec)],
    externalAccesses: [],
    externalServices: [],
  });

  expect(problems).toMatchObject([{ code: "FIELD_INVALID", at: expect.stringContaining(place) }]);
});

test.each(["/get", "/status/*", "*.json", "*", "/users/{*}/orders", "/a/{**}", "/a/{*}/{**}/end"])(
  "path %s is taken",
  (path) => {
    expect(() => sharedService("bar/httpbin", { access: [{ paths: [path] }] })).not.toThrow();
  },
);

test.each(["get", "", "/a*b", "/a/{**}/{*}", "/a/{x}", "/a{*}", "/a/{*}/b*", "*/{*}"])("path %j is refused", (path) => {
  expect(() => sharedService("bar/httpbin", { access: [{ paths: [path] }] })).toThrow();
});
