import { expect, test } from "vitest";
import { parseIntents } from "./parseIntents.ts";

const apiVersion = "isthmus.io/v1alpha1";
const cluster = (name: string, spec: object = {}, labels: Record<string, string> = {}) => ({
  apiVersion,
  kind: "MeshCluster",
  metadata: { name, labels },
  spec,
});
const mesh = (names: object) => ({ apiVersion, kind: "Mesh", metadata: { name: "mesh" }, spec: { names } });
const resource = (kind: string, spec: object) => ({ apiVersion, kind, metadata: { name: "x", namespace: "ns" }, spec });
const shared = (spec: object) =>
  resource("SharedService", { servedBy: ["c1", "c2"], consumers: [{ clusters: ["c1"] }], ...spec });
const access = (tls: object) => resource("ExternalAccess", { hosts: ["a.example"], port: 80, clusters: ["c1"], tls });
const external = (spec: object) =>
  resource("ExternalService", {
    hosts: ["a.example"],
    ports: [{ number: 80, protocol: "HTTP" }],
    consumers: [{ clusters: ["c1"] }],
    ...spec,
  });

const c1 = cluster("c1", {}, { env: "prod" });
const c2 = cluster("c2");

/** The problems of resources that are each a file of its own, with the text that the place points at. */
function faults(...resources: readonly object[]) {
  const files = resources.map((each, index) => ({ name: `f${index}`, text: JSON.stringify(each) }));
  return parseIntents(files).problems.map(({ code, at, message }) => {
    const [name, , column] = at.split(":");
    const text = files.find((file) => file.name === name)?.text ?? "";
    return { code, message, points: text.slice(Number(column) - 1).split(/[,:}\]]/)[0] };
  });
}

test("what fits together has no problem", () => {
  expect(
    faults(
      c1,
      c2,
      cluster("c3", { access: { kubeconfig: { path: "k" } } }),
      mesh({ perCluster: "{service}-{namespace}.{cluster}.example", mesh: "{service}.all" }),
      shared({
        servedBy: ["env=prod", "c2"],
        ports: [80, 81],
        traffic: {
          split: [
            { cluster: "c1", weight: 30 },
            { cluster: "c2", weight: 0, labels: { v: "1" } },
            { cluster: "c2", weight: 70, labels: { v: "2" } },
          ],
          match: [
            { headers: { "X-Canary": { exact: "true" } }, to: { labels: { v: "2" } } },
            { path: { prefix: "/a" }, methods: ["GET", "PUT"], to: { cluster: "c1" } },
            { path: { regex: "/(?i)b/\\d+" }, to: { cluster: "c2", labels: { v: "1" } } },
          ],
          timeout: "2s",
          retries: { attempts: 3, perTryTimeout: "500ms", retryOn: "5xx,connect-failure,503" },
        },
        access: [{ ports: [81] }],
      }),
      access({ mode: "Mutual", credential: { issue: {} }, clients: { subjectAltNames: ["a"] } }),
      external({ resolution: "Static", endpoints: ["203.0.113.7"], via: "c2" }),
    ),
  ).toEqual([]);
});

test.each([
  [{ perCluster: "{service}.{namespace}" }, "the template {service}.{namespace} lacks {cluster}"],
  [{ perCluster: "{namespace}.{cluster}" }, "the template {namespace}.{cluster} lacks {service}"],
  [{ mesh: "{namespace}.mesh" }, "the template {namespace}.mesh lacks {service}"],
  [{ mesh: "{service}.{cluster}" }, "the template {service}.{cluster} has {cluster}, which stands for nothing there"],
  [
    { mesh: "{service}.{namespce}" },
    "the template {service}.{namespce} has {namespce}, which stands for nothing there",
  ],
  [{ mesh: "{service}..mesh" }, "the template {service}..mesh yields no valid host name"],
  [{ mesh: "{{service}}.mesh" }, "the template {{service}}.mesh yields no valid host name"],
])("a template of %j is refused", (names, message) => {
  expect(faults(mesh(names))).toMatchObject([{ code: "NAME_TEMPLATE_INVALID", message }]);
});

test.each([
  [{ signer: {} }, "spec.ca.signer must have one of file, certManager and exec, and has none"],
  [
    { external: { signer: { file: { path: "a" }, exec: { command: ["b"] } } } },
    "spec.ca.external.signer must have one of file, certManager and exec, and has file and exec",
  ],
])("a CA with %j is refused: one signer signs", (ca, message) => {
  expect(faults({ ...mesh({}), spec: { ca } })).toMatchObject([{ code: "FIELD_INVALID", message }]);
});

test("a cluster is reached in one way", () => {
  expect(faults(cluster("c1", { access: { context: "a", directory: "b" } }))).toEqual([
    {
      code: "FIELD_INVALID",
      message: "spec.access says how to reach c1 in 2 ways: context, directory",
      points: '"access"',
    },
  ]);
  for (const kubeconfig of [{}, { path: "a", secretRef: { name: "a", namespace: "b" } }]) {
    expect(faults(cluster("c1", { access: { kubeconfig } }))).toEqual([
      {
        code: "FIELD_INVALID",
        message: "spec.access.kubeconfig must have one of path and secretRef",
        points: '"kubeconfig"',
      },
    ]);
  }
});

test.each([
  [{ directory: "clusters/a" }, { directory: "./clusters/b/../a/" }, "directory"],
  [{ context: "a" }, { context: "a" }, "context"],
  [{ context: "c2" }, {}, "context"],
  [{ kubeconfig: { path: "a" } }, { kubeconfig: { path: "a" } }, "kubeconfig"],
])("two clusters that are one, by %j and %j, are refused", (one, other, way) => {
  expect(faults(cluster("c1", { access: one }), cluster("c2", { access: other }))).toMatchObject([
    { code: "FIELD_INVALID", message: `c2 and c1 are reached by the same ${way}, so they are one cluster` },
  ]);
});

test("directories are relative to the file that names them", () => {
  const files = (one: string, other: string, directory: string) =>
    [one, other].map((name, index) => ({
      name,
      text: JSON.stringify(cluster(`c${index}`, { access: { directory } })),
    }));

  expect(parseIntents(files("a/mesh.yaml", "b/mesh.yaml", "here")).problems).toEqual([]);
  expect(parseIntents(files("a/mesh.yaml", "b/mesh.yaml", "/here")).problems).toHaveLength(1);
  expect(parseIntents(files("a/mesh.yaml", "b/mesh.yaml", "../here")).problems).toHaveLength(1);
  expect(parseIntents(files("/a/mesh.yaml", "a/mesh.yaml", "here")).problems).toEqual([]);
});

test("weights sum to 100", () => {
  const split = [
    { cluster: "c1", weight: 50 },
    { cluster: "c2", weight: 40 },
  ];

  expect(faults(c1, c2, shared({ traffic: { split } }))).toEqual([
    { code: "FIELD_INVALID", message: "the weights of spec.traffic.split sum to 90, not to 100", points: '"split"' },
  ]);
});

test("a split goes to each serving cluster and version once, and to no other", () => {
  const split = [
    { cluster: "c1", weight: 50 },
    { cluster: "c2", weight: 25 },
    { cluster: "c1", weight: 25 },
  ];

  expect(faults(c1, c2, shared({ servedBy: ["env=prod"], traffic: { split } }))).toEqual([
    {
      code: "FIELD_INVALID",
      message: "spec.traffic.split sends calls to c2, which spec.servedBy does not list",
      points: '"c2"',
    },
    { code: "FIELD_INVALID", message: "spec.traffic.split[2] repeats c1 with the same labels", points: '"c1"' },
  ]);
});

const rule = { path: { exact: "/a" }, to: { cluster: "c1" } };

test.each<[object, string, string]>([
  [{ to: { cluster: "c1" } }, "spec.traffic.match[0] has no condition, so it would match every call", "{"],
  [{ ...rule, to: {} }, "spec.traffic.match[0].to needs at least one of cluster, labels", '"to"'],
  [{ ...rule, to: { labels: {} } }, "spec.traffic.match[0] names a version by no labels", '"labels"'],
  [
    { ...rule, to: { cluster: "c2" } },
    "spec.traffic.match[0] sends calls to c2, which spec.servedBy does not list",
    '"c2"',
  ],
  [
    { ...rule, headers: { "x y": { exact: "a" } } },
    "spec.traffic.match[0].headers: x y is not a header's name",
    '"x y"',
  ],
  [{ ...rule, headers: { x: {} } }, "spec.traffic.match[0].headers.x needs exactly one of exact, prefix, regex", '"x"'],
  [{ ...rule, path: { exact: "a" } }, "spec.traffic.match[0].path must begin with /", '"path"'],
  [
    { ...rule, path: { regex: "/a(?!b)" } },
    "spec.traffic.match[0].path.regex looks ahead, behind or back, which RE2 cannot",
    '"/a(?!b)"',
  ],
])("a rule of %j is refused", (match, message, points) => {
  const found = faults(c1, c2, shared({ servedBy: ["c1"], traffic: { match: [match] } }));

  expect(found).toMatchObject([{ code: "FIELD_INVALID", message }]);
  expect(found[0]?.points).toContain(points);
});

test("a rule that an earlier one covers is refused", () => {
  const match = [
    { ...rule, methods: ["GET", "PUT"] },
    { ...rule, methods: ["PUT", "GET"], to: { cluster: "c2" } },
  ];

  expect(faults(c1, c2, shared({ traffic: { match } }))).toMatchObject([
    {
      code: "FIELD_INVALID",
      message: "spec.traffic.match[1] is never reached: rule 0 matches the same calls",
    },
  ]);
});

test.each([
  [
    { attempts: 0, retryOn: "5xx" },
    "spec.traffic.retries tries nothing again, so perTryTimeout and retryOn mean nothing",
  ],
  [{ attempts: 1, retryOn: "5xx, reset,gone" }, 'spec.traffic.retries.retryOn: " reset", "gone" is not a condition'],
  [
    { attempts: 1, perTryTimeout: "2s" },
    "spec.traffic.retries.perTryTimeout of 2s is longer than spec.traffic.timeout of 1500ms",
  ],
])("retries of %j are refused", (retries, message) => {
  expect(faults(c1, c2, shared({ traffic: { timeout: "1500ms", retries } }))).toMatchObject([
    { code: "FIELD_INVALID", message },
  ]);
});

test("failover goes to clusters that serve, and to other regions, each once", () => {
  const failover = (...clusters: string[]) => shared({ servedBy: ["c1"], traffic: { locality: { clusters } } });

  expect(faults(c1, c2, failover("c1", "c2", "c3")).map(({ code, message }) => [code, message.split(";")[0]])).toEqual([
    ["FIELD_INVALID", "spec.traffic.locality.clusters names c2, which spec.servedBy does not list"],
    ["CLUSTER_UNKNOWN", "there is no MeshCluster c3"],
  ]);
  expect(faults(c1, c2, failover("c1", "c1"))).toMatchObject([{ code: "FIELD_INVALID" }]);
  const regions = (...pairs: [string, string][]) =>
    shared({ servedBy: ["c1"], traffic: { locality: { failover: pairs.map(([from, to]) => ({ from, to })) } } });
  expect(
    faults(c1, regions(["eu", "us"], ["us", "us"], ["eu", "asia"])).map(({ code, message }) => [code, message]),
  ).toEqual([
    ["FIELD_INVALID", "spec.traffic.locality.failover[1] leads from region us to itself"],
    ["FIELD_INVALID", "spec.traffic.locality.failover[2] repeats region eu, which fails over to one other region"],
  ]);
  expect(faults(c1, regions(["eu/a", "us"])).map(({ code }) => code)).toEqual(["FIELD_INVALID"]);
});

test("a rule to a cluster that nobody declares is refused", () => {
  const traffic = { match: [{ ...rule, to: { cluster: "c9" } }] };

  expect(faults(c1, c2, shared({ traffic }))).toMatchObject([{ code: "CLUSTER_UNKNOWN", points: '"c9"' }]);
});

test("settings that istiod would refuse are refused here", () => {
  const traffic = {
    connectionPool: {},
    loadBalancer: { simple: "RANDOM", consistentHash: { useSourceIp: true, httpHeaderName: "x-user" } },
  };

  expect(faults(c1, c2, shared({ traffic })).map(({ message }) => message)).toEqual([
    "spec.traffic.connectionPool needs at least one of tcp, http",
    "spec.traffic.loadBalancer needs exactly one of simple, consistentHash",
    "spec.traffic.loadBalancer.consistentHash needs exactly one of httpHeaderName, httpQueryParameterName, useSourceIp",
  ]);
});

test("an access rule opens no port that is not shared", () => {
  expect(faults(c1, c2, shared({ ports: [80], access: [{ ports: [80] }, { ports: [8080] }] }))).toEqual([
    {
      code: "FIELD_INVALID",
      message: "spec.access[1] opens port 8080, which spec.ports does not share",
      points: "8080",
    },
  ]);
});

test.each([
  ["servedBy", shared({ servedBy: ["c1", "c9"] })],
  ["consumers", shared({ consumers: [{ clusters: ["c9"] }] })],
  [
    "split",
    shared({
      traffic: {
        split: [
          { cluster: "c1", weight: 90 },
          { cluster: "c9", weight: 10 },
        ],
      },
    }),
  ],
  [
    "an ExternalAccess",
    { ...access({ mode: "None" }), spec: { hosts: ["a.b"], port: 1, clusters: ["c9"], tls: { mode: "None" } } },
  ],
  ["consumers of an ExternalService", external({ consumers: [{ clusters: ["c9"] }] })],
  ["via", external({ via: "c9" })],
])("a cluster that is not declared is refused in %s", (_, intent) => {
  expect(faults(c1, c2, intent)).toEqual([
    { code: "CLUSTER_UNKNOWN", message: "there is no MeshCluster c9; declared are c1, c2", points: '"c9"' },
  ]);
});

test("labels that no cluster carries are refused", () => {
  expect(faults(c1, c2, shared({ servedBy: ["env=prod", "env=test"] }))).toEqual([
    { code: "CLUSTER_NONE_SELECTED", message: "no MeshCluster carries the labels env=test", points: '"env=test"' },
  ]);
});

test.each([
  [
    { mode: "Mutual" },
    "FIELD_MISSING",
    "spec.tls.credential is missing: the gateway needs a certificate for tls.mode Mutual",
  ],
  [{ mode: "None", credential: { issue: {} } }, "FIELD_INVALID", "spec.tls.credential has no use with tls.mode None"],
  [{ mode: "Simple", credential: {} }, "FIELD_INVALID", "spec.tls.credential must have one of secret and issue"],
  [
    { mode: "Simple", credential: { secret: "a", issue: {} } },
    "FIELD_INVALID",
    "spec.tls.credential must have one of secret and issue",
  ],
  [
    { mode: "Simple", credential: { secret: "a" }, clients: { subjectAltNames: ["a"] } },
    "FIELD_INVALID",
    "spec.tls.clients has no use with tls.mode Simple",
  ],
  [
    { mode: "Passthrough", credential: { secret: "a" } },
    "FIELD_INVALID",
    "spec.tls.credential has no use with tls.mode Passthrough",
  ],
  [{ mode: "None", httpsRedirect: true }, "FIELD_INVALID", "spec.tls.httpsRedirect has no use with tls.mode None"],
])("external access by %j is refused", (tls, code, message) => {
  expect(faults(c1, access(tls))).toMatchObject([{ code, message }]);
});

test.each([
  [{ resolution: "Static" }, "FIELD_MISSING", "spec.endpoints is missing: resolution Static needs addresses"],
  [{ endpoints: ["203.0.113.7"] }, "FIELD_INVALID", "spec.endpoints has no use with resolution Dns"],
  [
    {
      ports: [
        { number: 80, protocol: "HTTP" },
        { number: 80, protocol: "TCP" },
      ],
    },
    "FIELD_INVALID",
    "spec.ports lists port 80 twice",
  ],
  [
    { resolution: "Static", endpoints: ["203.0.113.7", "db.example.com"] },
    "FIELD_INVALID",
    "spec.endpoints[1] is not an IP address: db.example.com",
  ],
  [{ hosts: ["*.a.example"] }, "FIELD_INVALID", "spec.hosts[0] is a wildcard, and resolution Dns needs exact names"],
  [
    { resolution: "None", ports: [{ number: 3306, protocol: "TCP" }] },
    "FIELD_INVALID",
    "spec.ports[0] is TCP, and resolution None tells hosts apart by what HTTP and TLS name",
  ],
  [
    { resolution: "None", via: "c1" },
    "FIELD_INVALID",
    "spec.via has no use with resolution None: the other cluster's gateway needs to know where to connect to",
  ],
  [
    { resolution: "None", tls: { mode: "Simple" } },
    "FIELD_INVALID",
    "spec.tls has no use with resolution None: the caller's own connection goes on to the port it names",
  ],
  [
    { resolution: "None", ports: [{ number: 80, protocol: "HTTP", targetPort: 8080 }] },
    "FIELD_INVALID",
    "spec.ports[0].targetPort has no use with resolution None",
  ],
  [
    { ports: [{ number: 443, protocol: "HTTPS" }], tls: { mode: "Simple" } },
    "FIELD_INVALID",
    "spec.tls has no use: callers of HTTPS and TLS ports speak TLS themselves",
  ],
])("an external service with %j is refused", (spec, code, message) => {
  expect(faults(c1, external(spec))).toMatchObject([{ code, message }]);
});

test("an ingress gateway with one port for TLS and plain HTTP is refused", () => {
  expect(faults(cluster("c1", { ingressGateway: { httpPort: 443 } }))).toMatchObject([
    {
      code: "FIELD_INVALID",
      message: "spec.ingressGateway.httpPort is 443 as port is, and one port takes either TLS or plain HTTP",
      points: "443",
    },
  ]);
});

test("a consumer whom no access rule admits is told, one whom a rule without `from` admits is not", () => {
  const consumers = [
    { clusters: ["cluster1"], namespaces: ["foo"], serviceAccounts: ["sleep"] },
    { clusters: ["cluster1"], namespaces: ["baz"] },
  ];
  const codesOf = (rules: readonly object[]) =>
    faults(cluster("cluster1"), c2, shared({ servedBy: ["c2"], consumers, access: rules })).map(({ code }) => code);

  expect(codesOf([{ from: ["sleep.foo"] }])).toEqual(["ACCESS_ADMITS_NOBODY"]);
  expect(codesOf([{ from: ["sleep.foo"] }, { methods: ["GET"] }])).toEqual([]);
});
