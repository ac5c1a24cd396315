import { expect, test } from "vitest";
import type { KubeObject } from "../../kinds/index.ts";
import { defaultMeshConfig, type MeshConfig } from "../../model/index.ts";
import type { HttpPayload } from "../connection.ts";
import { istioCluster } from "../istioClusters.ts";
import type { Workload } from "../workload.ts";
import { authorize } from "./authorize.ts";
import type { ConnectionFacts } from "./connectionFacts.ts";

const workload: Workload = {
  cluster: "c",
  namespace: "bar",
  name: "httpbin-1",
  labels: { app: "httpbin" },
  annotations: {},
  serviceAccount: "httpbin",
  proxy: "sidecar",
  isMutualTls: true,
  isReady: true,
  isHostNetwork: false,
  address: "10.244.0.10",
  node: "node1",
  ports: [],
  proxyMetadata: {},
};

const request: HttpPayload = {
  kind: "http",
  version: "http1",
  method: "GET",
  authority: "httpbin.bar:8000",
  path: "/env?a=b",
  headers: { "x-who": "me" },
};

const fromFoo: ConnectionFacts = {
  protocol: "http",
  caller: { kind: "identity", id: "spiffe://cluster.local/ns/foo/sa/sleep" },
  sourceAddress: "10.244.0.20",
  destinationAddress: "10.244.0.10",
  destinationPort: 8080,
  sni: "outbound_.8000_._.httpbin.bar.svc.cluster.local",
  http: request,
};
const overTcp: ConnectionFacts = { ...fromFoo, protocol: "tcp", http: undefined };
const nobody: ConnectionFacts = { ...fromFoo, caller: { kind: "nobody" } };

let count = 0;
function policy(spec: object, metadata: Partial<KubeObject["metadata"]> = {}): KubeObject {
  return {
    apiVersion: "security.istio.io/v1",
    kind: "AuthorizationPolicy",
    metadata: { name: `p${count++}`, namespace: "bar", ...metadata },
    spec,
  };
}

function decide(facts: ConnectionFacts, objects: readonly KubeObject[], mesh: Partial<MeshConfig> = {}): string {
  const cluster = istioCluster({
    name: "c",
    source: "live",
    objects,
    istiodVersions: [],
    trustRoots: [],
    meshConfig: { ...defaultMeshConfig, ...mesh },
  });
  return authorize(cluster, workload, facts).kind;
}

const from = (source: object) => [{ from: [{ source }] }];
const to = (operation: object) => [{ to: [{ operation }] }];
const allowed = (rules: unknown, facts = fromFoo, mesh: Partial<MeshConfig> = {}) =>
  decide(facts, [policy({ rules })], mesh);
const denied = (rules: unknown, facts = fromFoo) => decide(facts, [policy({ action: "DENY", rules })]);

test("without a policy everything is allowed, with one that has no rules nothing", () => {
  expect(decide(fromFoo, [])).toBe("allowed");
  expect(decide(fromFoo, [policy({})])).toBe("denied");
  expect(allowed([{}])).toBe("allowed");
  expect(denied([{}])).toBe("denied");
});

test("policies of other pods and namespaces, for gateways of the Gateway API, and dry runs do not count", () => {
  expect(decide(fromFoo, [policy({ selector: { matchLabels: { app: "other" } } })])).toBe("allowed");
  expect(decide(fromFoo, [policy({}, { namespace: "foo" })])).toBe("allowed");
  expect(decide(fromFoo, [policy({}, { namespace: "istio-system" })])).toBe("denied");
  expect(decide(fromFoo, [policy({ targetRef: { kind: "Gateway", name: "g" } })])).toBe("allowed");
  expect(decide(fromFoo, [policy({}, { annotations: { "istio.io/dry-run": "true" } })])).toBe("allowed");
});

test.each<[string, object, string]>([
  ["whole", { principals: ["cluster.local/ns/foo/sa/sleep"] }, "allowed"],
  ["of another account", { principals: ["cluster.local/ns/foo/sa/other"] }, "denied"],
  ["by its end", { principals: ["*/sa/sleep"] }, "allowed"],
  ["by its beginning", { principals: ["cluster.local/ns/foo/*"] }, "allowed"],
  ["any", { principals: ["*"] }, "allowed"],
  ["but one", { notPrincipals: ["cluster.local/ns/foo/sa/sleep"] }, "denied"],
  ["by namespace", { namespaces: ["foo"] }, "allowed"],
  ["by a namespace's beginning", { namespaces: ["f*"] }, "allowed"],
  ["by part of a namespace only", { namespaces: ["fo"] }, "denied"],
  ["by account", { serviceAccounts: ["foo/sleep"] }, "allowed"],
  ["by account of the policy's own namespace", { serviceAccounts: ["sleep"] }, "denied"],
  ["by trust domain", { trustDomains: ["cluster.local"] }, "allowed"],
  ["by another trust domain", { trustDomains: ["other"] }, "denied"],
  ["by address", { ipBlocks: ["10.244.0.0/16"] }, "allowed"],
  ["by another address", { ipBlocks: ["192.0.2.1"] }, "denied"],
  ["by token", { requestPrincipals: ["*"] }, "denied"],
  ["with all that is asked for", { principals: ["*"], namespaces: ["baz"] }, "denied"],
])("a caller %s", (_, source, expected) => {
  expect(allowed(from(source))).toBe(expected);
});

test("who has no identity is not a principal, and none of those who may not", () => {
  expect(allowed(from({ principals: ["*"] }), nobody)).toBe("denied");
  expect(allowed(from({ notPrincipals: ["cluster.local/ns/foo/sa/sleep"] }), nobody)).toBe("allowed");
  expect(denied(from({ notNamespaces: ["foo"] }), nobody)).toBe("denied");
});

test("an address behind a gateway or node port is unknown", () => {
  expect(allowed(from({ ipBlocks: ["10.0.0.0/8"] }), { ...fromFoo, sourceAddress: undefined })).toBe("unknown");
});

test("principals hold in every trust domain of the mesh", () => {
  const caller = { ...fromFoo, caller: { kind: "identity", id: "spiffe://old/ns/foo/sa/sleep" } } as const;
  const mesh = { trustDomain: "new", trustDomainAliases: ["old"] };

  expect(allowed(from({ principals: ["new/ns/foo/sa/sleep"] }), caller, mesh)).toBe("allowed");
  expect(allowed(from({ principals: ["cluster.local/ns/foo/sa/sleep"] }), caller, mesh)).toBe("allowed");
  expect(allowed(from({ principals: ["other/ns/foo/sa/sleep"] }), caller, mesh)).toBe("denied");
});

test.each<[string, object, string]>([
  ["a path without the query", { paths: ["/env"] }, "allowed"],
  ["a path's beginning", { paths: ["/e*"] }, "allowed"],
  ["a path's end", { paths: ["*nv"] }, "allowed"],
  ["a path's template", { paths: ["/{*}"] }, "allowed"],
  ["a longer template", { paths: ["/{*}/x"] }, "denied"],
  ["but a path", { notPaths: ["/env"] }, "denied"],
  ["a method", { methods: ["GET"] }, "allowed"],
  ["another method", { methods: ["POST"] }, "denied"],
  ["a host with its port", { hosts: ["HTTPBIN.bar:8000"] }, "allowed"],
  ["a host without its port", { hosts: ["httpbin.bar"] }, "denied"],
  ["the pod's port", { ports: ["8080"] }, "allowed"],
  ["the Service's port", { ports: ["8000"] }, "denied"],
])("a request for %s", (_, operation, expected) => {
  expect(allowed(to(operation))).toBe(expected);
});

test.each<[string, object, string]>([
  ["a header", { key: "request.headers[x-who]", values: ["me"] }, "allowed"],
  ["another header's value", { key: "request.headers[x-who]", values: ["you"] }, "denied"],
  ["a header that is not sent", { key: "request.headers[x-tenant]", values: ["*"] }, "denied"],
  ["a header that a proxy may add", { key: "request.headers[x-request-id]", values: ["*"] }, "unknown"],
  ["the SNI", { key: "connection.sni", values: ["outbound_.8000_.*"] }, "allowed"],
  ["the port", { key: "destination.port", values: ["8080"] }, "allowed"],
  ["the address", { key: "destination.ip", values: ["10.244.0.0/24"] }, "allowed"],
  ["a claim", { key: "request.auth.claims[iss]", values: ["x"] }, "denied"],
  ["not a principal", { key: "source.principal", notValues: ["cluster.local/ns/foo/sa/sleep"] }, "denied"],
  ["a key that there is not", { key: "source.moon", values: ["full"] }, "denied"],
])("when %s is asked for", (_, when, expected) => {
  expect(allowed([{ when: [when] }])).toBe(expected);
});

test("over TCP an ALLOW rule with HTTP's fields is lost, and a DENY rule loses only them", () => {
  expect(allowed(to({ paths: ["/env"] }), overTcp)).toBe("denied");
  expect(allowed(to({ ports: ["8080"] }), overTcp)).toBe("allowed");
  expect(denied(to({ paths: ["/other"] }), overTcp)).toBe("denied");
  expect(denied(to({ paths: ["/other"], ports: ["9000"] }), overTcp)).toBe("allowed");
});

test("DENY counts more than ALLOW, and any of several policies may allow", () => {
  const allow = policy({ rules: from({ namespaces: ["foo"] }) });
  const other = policy({ rules: from({ namespaces: ["baz"] }) });

  expect(decide(fromFoo, [other, allow])).toBe("allowed");
  expect(decide(fromFoo, [allow, policy({ action: "DENY", rules: [{}] })])).toBe("denied");
});

test("CUSTOM asks an authorizer that we cannot ask, and denies where the mesh does not know it", () => {
  const custom = policy({ action: "CUSTOM", provider: { name: "opa" }, rules: to({ paths: ["/env"] }) });

  expect(decide(fromFoo, [custom])).toBe("denied");
  expect(decide(fromFoo, [custom], { extensionProviders: ["opa"] })).toBe("unknown");
  expect(decide({ ...fromFoo, http: { ...request, path: "/get" } }, [custom])).toBe("allowed");
});

test("what one kind of policy denies for certain is denied, whatever the others would say", () => {
  const custom = policy({ action: "CUSTOM", provider: { name: "opa" }, rules: [{}] });
  const unsure = policy({
    action: "DENY",
    rules: [{ when: [{ key: "request.headers[x-request-id]", values: ["x"] }] }],
  });
  const mesh = { extensionProviders: ["opa"] };

  expect(decide(fromFoo, [custom, policy({ action: "DENY", rules: [{}] })], mesh)).toBe("denied");
  expect(decide(fromFoo, [custom, policy({})], mesh)).toBe("denied");
  expect(decide(fromFoo, [unsure, policy({})])).toBe("denied");
  expect(decide(fromFoo, [unsure, policy({ rules: [{}] })])).toBe("unknown");
});

test("CUSTOM policies of several providers deny, and dry runs of them cannot be told", () => {
  const custom = (name: string, annotations = {}) =>
    policy({ action: "CUSTOM", provider: { name }, rules: [{}] }, { annotations });
  const mesh = { extensionProviders: ["opa", "oauth"] };

  expect(decide(fromFoo, [custom("opa"), custom("oauth")], mesh)).toBe("denied");
  expect(decide(fromFoo, [custom("opa"), custom("opa")], mesh)).toBe("unknown");
  expect(decide(fromFoo, [custom("opa", { "istio.io/dry-run": "true" })], mesh)).toBe("unknown");
});

test("which providers there are is not known without the mesh config", () => {
  const custom = policy({ action: "CUSTOM", provider: { name: "opa" }, rules: [{}] });
  const objects = [custom];
  const cluster = istioCluster({ name: "c", source: "live", objects, istiodVersions: [], trustRoots: [] });

  expect(authorize(cluster, workload, fromFoo).kind).toBe("unknown");
});

test("AUDIT decides nothing, and neither does an action that there is not", () => {
  expect(decide(fromFoo, [policy({ action: "AUDIT", rules: [{}] }), policy({ action: "LOG", rules: [{}] })])).toBe(
    "allowed",
  );
});

test("a policy without spec allows nothing", () => {
  const { spec: _, ...bare } = policy({});

  expect(decide(fromFoo, [bare as KubeObject])).toBe("denied");
});

test("all policies that deny are named", () => {
  const [first, second] = [policy({ action: "DENY", rules: [{}] }), policy({ action: "DENY", rules: [{}, {}] })];
  const objects = [first, second, policy({ rules: [{}] })];
  const meshConfig = defaultMeshConfig;
  const cluster = istioCluster({
    name: "c",
    source: "live",
    objects,
    istiodVersions: [],
    trustRoots: [],
    meshConfig,
  });

  expect(authorize(cluster, workload, fromFoo)).toMatchObject({
    action: "DENY",
    policies: [{ metadata: first.metadata }, { metadata: second.metadata }],
  });
  expect(authorize(cluster, workload, fromFoo, ({ spec }) => spec.action !== "DENY").kind).toBe("allowed");
});
