import { intents, namespace, observedCluster, pod, service, sharedService } from "@isthmus/testkit";
import { expect, test } from "vitest";
import type { KubeObject } from "../../kinds/index.ts";
import { defaultMeshConfig, type MeshConfig } from "../../model/index.ts";
import { compile } from "../compile.ts";

const consumers = [{ clusters: ["cluster1"], namespaces: ["foo"], serviceAccounts: ["sleep"] }];

function policy(where: string, spec: object, annotations: Record<string, string> = {}): KubeObject {
  const [space = "", name = ""] = where.split("/");
  const metadata = { name, namespace: space, annotations };
  return { apiVersion: "security.istio.io/v1", kind: "AuthorizationPolicy", metadata, spec };
}

interface Settings {
  readonly portName?: string;
  readonly client?: Partial<MeshConfig>;
  readonly server?: Partial<MeshConfig>;
}

function warnings(
  policies: readonly KubeObject[],
  spec: Record<string, unknown> = {},
  { portName = "http", client, server }: Settings = {},
) {
  const told = (config: Partial<MeshConfig> | undefined) =>
    config === undefined ? {} : { meshConfig: { ...defaultMeshConfig, ...config } };
  const all = [
    observedCluster("cluster1", "192.0.2.1", [namespace("foo"), pod("foo/sleep")], told(client)),
    observedCluster(
      "cluster2",
      "192.0.2.2",
      [
        namespace("bar"),
        service("bar/httpbin", [{ name: portName, port: 8000, targetPort: 8080 }]),
        pod("bar/httpbin"),
        ...policies,
      ],
      told(server),
    ),
  ];
  return compile(intents([sharedService("bar/httpbin", { consumers, ...spec })]), {
    clusters: new Map(all.map((cluster) => [cluster.name, cluster])),
    unreachable: new Map(),
  }).problems;
}

const denied = (rule: object, spec: Record<string, unknown> = {}) =>
  warnings([policy("bar/p", { action: "DENY", rules: [rule] })], spec).length > 0;
const shut = (rule: object, spec: Record<string, unknown> = {}) =>
  warnings([policy("bar/p", { rules: [rule] })], spec).length > 0;
const from = (source: object) => ({ from: [{ source }] });
const to = (operation: object) => ({ to: [{ operation }] });
const when = (key: string, values: string[]) => ({ when: [{ key, values }] });

test("a namespace that admits nobody is named, with the rule that admits the consumer", () => {
  const problems = warnings([
    policy("bar/deny-all", {}),
    policy("istio-system/base", { rules: [to({ ports: ["9090"] })] }),
  ]);

  expect(problems).toMatchObject([
    {
      code: "CONSUMER_DENIED",
      at: "SharedService bar/httpbin spec.consumers",
      message:
        "AuthorizationPolicy bar/deny-all and istio-system/base in cluster2 admits others only and so denies cluster.local/ns/foo/sa/sleep at port 8000 of bar/httpbin",
      hint: 'add a rule to it: from: [{source: {principals: ["cluster.local/ns/foo/sa/sleep"]}}]',
    },
  ]);
});

test.each([
  [{}, "other/p"],
  [{ selector: { matchLabels: { app: "web" } } }, "bar/p"],
  [{ targetRefs: [{ kind: "Gateway", name: "waypoint" }] }, "bar/p"],
  [{ action: "CUSTOM", rules: [{}] }, "bar/p"],
  [{ action: "AUDIT" }, "bar/p"],
  [{ action: "DENY" }, "bar/p"],
])("a policy %j at %s is not in the way", (spec, where) => {
  expect(warnings([policy(where, spec)])).toEqual([]);
});

test("a dry run is not in the way", () => {
  expect(warnings([policy("bar/p", {}, { "istio.io/dry-run": "true" })])).toEqual([]);
});

test.each([
  [{}],
  [from({ principals: ["cluster.local/ns/foo/sa/sleep"] })],
  [from({ principals: ["*"] })],
  [from({ notPrincipals: ["cluster.local/ns/ops/*"] })],
  [from({ namespaces: ["foo"] })],
  [from({ notNamespaces: ["bar"] })],
  [from({ serviceAccounts: ["foo/sleep"] })],
  [{ ...from({ namespaces: ["f*"] }), ...to({ ports: ["8080"] }) }],
  [to({ notPorts: ["9090"] })],
  [when("source.principal", ["*/sa/sleep"])],
  [when("connection.sni", ["outbound_.8000_._.httpbin-entry*"])],
])("a DENY rule %j turns the consumer away, and an ALLOW rule like it admits it", (rule) => {
  expect([denied(rule), shut(rule)]).toEqual([true, false]);
});

test.each([
  [from({ principals: ["cluster.local/ns/foo/sa/web"] })],
  [from({ notPrincipals: ["cluster.local/ns/foo/*"] })],
  [from({ namespaces: ["bar", "baz"] })],
  [from({ serviceAccounts: ["sleep"] })],
  [{ ...from({ namespaces: ["foo"] }), ...to({ ports: ["9090"] }) }],
  [when("source.namespace", ["bar"])],
  [when("connection.sni", ["*.shop.svc.cluster.local"])],
])("a DENY rule %j is for others, and an ALLOW rule like it admits others only", (rule) => {
  expect([denied(rule), shut(rule)]).toEqual([false, true]);
});

test.each([
  [to({ methods: ["GET"] })],
  [to({ paths: ["/get"], ports: ["8080"] })],
  [from({ requestPrincipals: ["*"] })],
  [from({ ipBlocks: ["10.0.0.0/8"] })],
  [when("request.headers[x]", ["y"])],
])("a rule %j depends on the request, so nothing is said", (rule) => {
  expect([denied(rule), shut(rule)]).toEqual([false, false]);
});

test("of consumers that a policy divides nothing is said, nor of a port that only has a name", () => {
  const all = { consumers: [{ clusters: ["cluster1"], namespaces: ["foo"] }] };
  const some = from({ principals: ["cluster.local/ns/foo/sa/sleep"] });

  expect([denied(some, all), shut(some, all)]).toEqual([false, false]);
  expect([denied(from({ namespaces: ["foo"] }), all), shut(from({ namespaces: ["bar"] }), all)]).toEqual([true, true]);
  expect(
    shut(from({ principals: ["*/sa/web"] }), { consumers: [{ clusters: ["cluster1"], serviceAccounts: ["sleep"] }] }),
  ).toBe(true);
});

const codes = (...given: Parameters<typeof warnings>) => warnings(...given).map(({ code }) => code);

test("the root namespace is the one of the cluster's mesh config", () => {
  const shutAll = [policy("istio-config/p", {})];

  expect(codes(shutAll)).toEqual([]);
  expect(codes(shutAll, {}, { server: { rootNamespace: "istio-config" } })).toEqual(["CONSUMER_DENIED"]);
  expect(codes([policy("istio-system/p", {})], {}, { server: { rootNamespace: "istio-config" } })).toEqual([]);
});

test.each([["cluster.local/ns/foo/sa/sleep"], ["east/ns/foo/sa/sleep"], ["west/ns/foo/*"], ["*/ns/foo/sa/sleep"]])(
  "%s admits a consumer of a trust domain that is an alias at the server",
  (principal) => {
    const settings = { client: { trustDomain: "east" }, server: { trustDomain: "west", trustDomainAliases: ["east"] } };
    const rule = from({ principals: [principal] });

    const admits = principal !== "west/ns/foo/*";
    expect(codes([policy("bar/p", { rules: [rule] })], {}, settings)).toEqual(admits ? [] : ["CONSUMER_DENIED"]);
    expect(codes([policy("bar/p", { action: "DENY", rules: [rule] })], {}, settings)).toEqual(
      admits ? ["CONSUMER_DENIED"] : [],
    );
  },
);

test("on a port of TCP a DENY rule loses what only HTTP has, and an ALLOW rule is lost with it", () => {
  const rules = [to({ paths: ["/other"] })];
  const deny = [policy("bar/p", { action: "DENY", rules })];
  const allow = [policy("bar/p", { rules })];

  expect([codes(deny), codes(allow)]).toEqual([[], []]);
  expect(codes(deny, {}, { portName: "tcp" })).toEqual(["CONSUMER_DENIED"]);
  expect(codes(allow, {}, { portName: "tcp" })).toEqual(["CONSUMER_DENIED"]);
  expect([codes(deny, {}, { portName: "web" }), codes(allow, {}, { portName: "web" })]).toEqual([[], []]);
});

test("a CUSTOM policy whose provider the mesh config lacks denies, where that is known", () => {
  const custom = [policy("bar/p", { action: "CUSTOM", provider: { name: "opa" }, rules: [{}] })];

  expect(codes(custom)).toEqual([]);
  expect(codes(custom, {}, { server: { extensionProviders: ["opa"] } })).toEqual([]);
  expect(codes(custom, {}, { server: {} })).toEqual(["CONSUMER_DENIED"]);
});

test("each pod has its own policies: what one admits does not open another", () => {
  const other = pod("bar/httpbin-2", { app: "httpbin" });
  const second = { ...other, metadata: { ...other.metadata, labels: { ...other.metadata.labels, track: "canary" } } };
  const canary = { matchLabels: { track: "canary" } };
  const stable = policy("bar/open", { rules: [{}] });

  expect(codes([second, stable])).toEqual([]);
  expect(codes([second, policy("bar/shut", { selector: canary })])).toEqual(["CONSUMER_DENIED"]);
  expect(codes([second, policy("bar/shut", { selector: canary }), stable])).toEqual([]);
});
