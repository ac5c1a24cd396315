import { expect, test } from "vitest";
import type { AuthorizationPolicy } from "../../kinds/index.ts";
import { defaultMeshConfig } from "../../model/index.ts";
import type { HttpPayload } from "../connection.ts";
import type { Caller } from "./caller.ts";
import type { ConnectionFacts } from "./connectionFacts.ts";
import { matchRule, type PolicyRule, type RuleMatch } from "./matchRule.ts";

const request: HttpPayload = {
  kind: "http",
  version: "http1",
  method: "GET",
  authority: "Web.bar:8000",
  path: "/env?a=/b#c",
  headers: { "x-empty": "" },
};
const known: ConnectionFacts = {
  protocol: "http",
  caller: { kind: "identity", id: "spiffe://td/ns/foo/sa/sleep" },
  sourceAddress: "10.0.0.1",
  destinationAddress: "10.0.0.2",
  destinationPort: 8080,
  sni: "outbound_.8000_._.web.bar.svc.cluster.local",
  http: request,
};
const anyRequest: ConnectionFacts = { ...known, http: "any", sourceAddress: undefined };

function match(rule: object, facts: ConnectionFacts = known, action: "ALLOW" | "DENY" = "ALLOW"): RuleMatch {
  const policy: AuthorizationPolicy = {
    apiVersion: "security.istio.io/v1",
    kind: "AuthorizationPolicy",
    metadata: { name: "p", namespace: "bar" },
    spec: { action, rules: [] },
  };
  const mesh = { ...defaultMeshConfig, trustDomain: "td" };
  return matchRule(rule as PolicyRule, { policy, mesh, workload: { proxy: "sidecar" }, facts });
}

const from = (source: object) => ({ from: [{ source }] });
const to = (operation: object) => ({ to: [{ operation }] });
const when = (key: string, ...values: string[]) => ({ when: [{ key, values }] });

const groups: Readonly<Record<string, Caller>> = {
  foo: { kind: "any of", trustDomain: "td", namespace: "foo" },
  sleeps: { kind: "any of", trustDomain: "td", serviceAccount: "sleep" },
  all: { kind: "any of", trustDomain: "td" },
};

test.each<[string, string, object, RuleMatch]>([
  ["foo", "a namespace", { principals: ["td/ns/foo/*"] }, true],
  ["foo", "the beginning of its name", { principals: ["td/ns/f*"] }, true],
  ["foo", "one account in it", { principals: ["td/ns/foo/sa/web"] }, "unknown"],
  ["foo", "some accounts in it", { principals: ["td/ns/foo/sa/w*"] }, "unknown"],
  ["foo", "an account anywhere", { principals: ["*/sa/web"] }, "unknown"],
  ["foo", "another namespace", { principals: ["td/ns/bar/*"] }, false],
  ["foo", "an account in another", { principals: ["td/ns/bar/sa/web"] }, false],
  ["foo", "another trust domain", { principals: ["other/ns/foo/*"] }, false],
  ["foo", "everybody", { principals: ["*"] }, true],
  ["foo", "all but one", { notPrincipals: ["td/ns/foo/sa/web"] }, "unknown"],
  ["foo", "all but others", { notPrincipals: ["td/ns/bar/*"] }, true],
  ["foo", "its namespace", { namespaces: ["bar", "foo"] }, true],
  ["foo", "namespaces like it", { namespaces: ["*oo"] }, true],
  ["foo", "all but its namespace", { notNamespaces: ["foo"] }, false],
  ["foo", "an account by name", { serviceAccounts: ["foo/sleep"] }, "unknown"],
  ["foo", "an account of the policy's namespace", { serviceAccounts: ["sleep"] }, false],
  ["foo", "its trust domain", { trustDomains: ["td"] }, true],
  ["foo", "the beginning of its trust domain", { trustDomains: ["t*"] }, true],
  ["foo", "another trust domain than its own", { trustDomains: ["other"] }, false],
  ["sleeps", "that account anywhere", { principals: ["*/sa/sleep"] }, true],
  ["sleeps", "another account anywhere", { principals: ["*/sa/web"] }, false],
  ["sleeps", "that account in one namespace", { principals: ["*/ns/foo/sa/sleep"] }, "unknown"],
  ["sleeps", "a namespace", { namespaces: ["foo"] }, "unknown"],
  ["sleeps", "any namespace", { namespaces: ["*"] }, true],
  ["sleeps", "an account of that name", { serviceAccounts: ["foo/sleep"] }, "unknown"],
  ["sleeps", "an account of another name", { serviceAccounts: ["foo/web"] }, false],
  ["all", "one account", { principals: ["td/ns/foo/sa/web"] }, "unknown"],
  ["all", "one account of another trust domain", { principals: ["other/ns/foo/sa/web"] }, false],
  ["all", "the trust domain", { principals: ["td/*"] }, true],
  ["all", "any of two", { principals: ["other/*", "*"] }, true],
])("for callers %s a rule of %s is told", (group, _, source, expected) => {
  expect(match(from(source), { ...known, caller: groups[group] ?? { kind: "nobody" } })).toBe(expected);
});

test.each<[object, RuleMatch]>([
  [from({ principals: ["*"] }), "unknown"],
  [from({ notPrincipals: ["td/ns/foo/sa/web"] }), "unknown"],
  [from({ namespaces: ["*"] }), "unknown"],
  [to({ ports: ["8080"] }), true],
])("of a caller whose certificate is not known %j is told", (rule, expected) => {
  expect(match(rule, { ...known, caller: { kind: "hidden" } })).toBe(expected);
});

test.each<[object, RuleMatch]>([
  [to({ paths: ["*"] }), true],
  [to({ paths: ["/*"] }), true],
  [to({ paths: ["/{**}"] }), true],
  [to({ paths: ["/env"] }), "unknown"],
  [to({ notPaths: ["/env"] }), "unknown"],
  [to({ methods: ["*"] }), true],
  [to({ methods: ["GET"] }), "unknown"],
  [to({ hosts: ["*"] }), true],
  [to({ hosts: ["web.bar"] }), "unknown"],
  [to({ ports: ["8080"], methods: ["GET"] }), "unknown"],
  [to({ ports: ["9090"], methods: ["GET"] }), false],
  [when("request.headers[x]", "*"), "unknown"],
  [when("request.auth.claims[a]", "b"), "unknown"],
  [from({ requestPrincipals: ["*"] }), "unknown"],
  [from({ ipBlocks: ["0.0.0.0/0"] }), "unknown"],
  [from({ remoteIpBlocks: ["10.0.0.0/8"] }), "unknown"],
])("of whatever request %j is told", (rule, expected) => {
  expect(match(rule, anyRequest)).toBe(expected);
});

test("a port that only has a name is not known, and one that is none is not a value", () => {
  const unnamed = { ...known, destinationPort: undefined };

  expect(match(to({ ports: ["8080"] }), unnamed)).toBe("unknown");
  expect(match(to({ notPorts: ["8080"] }), unnamed)).toBe("unknown");
  expect(match(to({ ports: ["08080"] }))).toBe(true);
  expect(match(to({ ports: ["http"] }))).toBe("lost");
  expect(match(to({ ports: ["70000"] }), known, "DENY")).toBe(true);
});

test.each<[string, object]>([
  ["a range that is none", from({ ipBlocks: ["10.0.0.0/8", "web"] })],
  ["a header without a name", when("request.headers", "x")],
  ["a claim without a name", when("request.auth.claims", "x")],
  ["metadata without a key", when("experimental.envoy.filters.x", "y")],
])("%s loses an ALLOW rule, and widens a DENY rule", (_, rule) => {
  expect(match(rule)).toBe("lost");
  expect(match(rule, known, "DENY")).toBe(true);
});

test("a key that istiod does not know loses any rule, also one without values", () => {
  expect(match(when("source.moon", "full"), known, "DENY")).toBe("lost");
  expect(match({ when: [{ key: "source.moon" }] }, known, "DENY")).toBe("lost");
  expect(match({ when: [{ key: "source.ip" }] })).toBe(true);
});

test.each<[object, RuleMatch, RuleMatch]>([
  [to({ paths: ["/other"] }), "lost", true],
  [to({ notPaths: ["/other"] }), "lost", true],
  [to({ methods: ["GET"], ports: ["9090"] }), "lost", false],
  [to({ hosts: ["x"], ports: ["8080"] }), "lost", true],
  [from({ requestPrincipals: ["*"] }), "lost", true],
  [from({ remoteIpBlocks: ["10.0.0.0/8"] }), true, true],
  [when("request.headers[x]", "y"), "lost", true],
  [when("connection.sni", "*.local"), true, true],
  [{ to: [{ operation: { paths: ["/x"] } }, { operation: { ports: ["8080"] } }] }, "lost", true],
])("on a TCP chain ALLOW %j is %s and DENY %s", (rule, allow, deny) => {
  const tcp = { ...known, protocol: "tcp", http: undefined } as const;

  expect([match(rule, tcp), match(rule, tcp, "DENY")]).toEqual([allow, deny]);
});

test("where a port may be served as HTTP or TCP, only what both say is told", () => {
  const either = { ...anyRequest, protocol: undefined };

  expect(match(to({ ports: ["8080"] }), either)).toBe(true);
  expect(match(to({ ports: ["9090"], paths: ["/x"] }), either)).toBe(false);
  expect(match(to({ paths: ["/x"] }), either)).toBe("unknown");
  expect(match(to({ paths: ["/*"] }), either)).toBe("unknown");
  expect(match(to({ paths: ["/*"] }), either, "DENY")).toBe(true);
});

test("neither query nor fragment belong to a path, and hosts are without case", () => {
  expect(match(to({ paths: ["/env"] }))).toBe(true);
  expect(match(to({ hosts: ["WEB.bar:8000"] }))).toBe(true);
  expect(match(to({ hosts: ["*.BAR:8000"] }))).toBe(true);
  expect(match(to({ methods: ["get"] }))).toBe(false);
});

test("a header that is there matches *, also an empty one", () => {
  expect(match(when("request.headers[X-Empty]", "*"))).toBe(true);
  expect(match(when("request.headers[x-other]", "*"))).toBe(false);
  expect(match(when("request.headers[:path]", "/env?a=*"))).toBe(true);
  expect(match(when("request.headers[:scheme]", "http"))).toBe("unknown");
});

test.each<[string, string, "sidecar" | "gateway", RuleMatch]>([
  ["192.0.2.7", "192.0.2.0/24", "sidecar", true],
  ["192.0.2.7, 198.51.100.1", "192.0.2.0/24", "sidecar", false],
  ["192.0.2.7, 198.51.100.1", "198.51.100.1", "sidecar", true],
  ["nobody", "10.0.0.0/8", "sidecar", true],
  ["192.0.2.7", "10.0.0.0/8", "gateway", "unknown"],
])("X-Forwarded-For %s in %s at a %s: %s", (forwarded, range, proxy, expected) => {
  const http = { ...request, headers: { "x-forwarded-for": forwarded } };
  const policy = { apiVersion: "", kind: "AuthorizationPolicy", metadata: { name: "p" }, spec: {} } as const;
  const facts = { ...known, http };
  const context = { policy, mesh: defaultMeshConfig, workload: { proxy }, facts };

  expect(matchRule({ from: [{ source: { remoteIpBlocks: [range] } }] }, context)).toBe(expected);
  expect(matchRule({ from: [{ source: { ipBlocks: ["10.0.0.1"] } }] }, context)).toBe(true);
});
