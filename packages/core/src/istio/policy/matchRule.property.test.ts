import fc from "fast-check";
import { expect, test } from "vitest";
import type { AuthorizationPolicy } from "../../kinds/index.ts";
import { defaultMeshConfig } from "../../model/index.ts";
import { spiffeId } from "../spiffeId.ts";
import type { ConnectionFacts } from "./connectionFacts.ts";
import { matchRule, type PolicyRule } from "./matchRule.ts";

const [domains, namespaces, accounts] = [
  ["td", "east"],
  ["foo", "foo2", "bar"],
  ["sleep", "web"],
];
const [methods, paths, ports] = [
  ["GET", "POST"],
  ["/", "/env", "/env/x"],
  [8080, 9090],
];

const few = (...values: readonly string[]) =>
  fc.option(fc.uniqueArray(fc.constantFrom(...values), { minLength: 1, maxLength: 2 }), { nil: undefined });
const without = <T extends object>(fields: T) =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));

const principals = [
  "*",
  "td/*",
  "td/ns/foo/*",
  "td/ns/f*",
  "*/sa/web",
  "*eep",
  "*/ns/foo/sa/web",
  "td/ns/bar/sa/sleep",
  "east/ns/foo/sa/web",
];
const source = fc
  .record({
    principals: few(...principals),
    notPrincipals: few(...principals),
    namespaces: few("foo", "f*", "*o", "*"),
    notNamespaces: few("foo", "b*"),
    serviceAccounts: few("foo/web", "web", "bar/sleep"),
    trustDomains: few("td", "e*", "*"),
    ipBlocks: few("10.0.0.0/8", "none"),
  })
  .map(without);
const operation = fc
  .record({
    ports: few("8080", "9090", "none"),
    notPorts: few("8080"),
    methods: few("GET", "*", "P*"),
    paths: few("/env", "/e*", "/*", "*", "/{**}", "/{*}"),
    notPaths: few("/env", "/*"),
    hosts: few("a.b", "*"),
  })
  .map(without);
const condition = fc.constantFrom(
  { key: "source.namespace", values: ["foo"] },
  { key: "connection.sni", notValues: ["*.local"] },
  { key: "request.headers[x]", values: ["y"] },
  { key: "destination.port", values: ["8080"] },
  { key: "source.moon", values: ["full"] },
);
const rule = fc
  .record({
    from: fc.option(
      fc.array(
        source.map((each) => ({ source: each })),
        { maxLength: 2 },
      ),
      { nil: undefined },
    ),
    to: fc.option(
      fc.array(
        operation.map((each) => ({ operation: each })),
        { maxLength: 2 },
      ),
      { nil: undefined },
    ),
    when: fc.option(fc.array(condition, { maxLength: 2 }), { nil: undefined }),
  })
  .map((fields) => without(fields) as PolicyRule);

/** One connection, and which of what is known of it is not known where one asks about all that are like it. */
const connection = fc.record({
  domain: fc.constantFrom(...domains),
  namespace: fc.constantFrom(...namespaces),
  account: fc.constantFrom(...accounts),
  method: fc.constantFrom(...methods),
  path: fc.constantFrom(...paths),
  port: fc.constantFrom(...ports),
  protocol: fc.constantFrom("http" as const, "tcp" as const),
});
const hidden = fc.record({
  domain: fc.boolean(),
  namespace: fc.boolean(),
  account: fc.boolean(),
  request: fc.boolean(),
  port: fc.boolean(),
  protocol: fc.boolean(),
});

test("what is said of all connections of a kind holds for each of them", () => {
  fc.assert(
    fc.property(
      rule,
      connection,
      hidden,
      fc.constantFrom("ALLOW" as const, "DENY" as const),
      (given, one, hides, action) => {
        const policy: AuthorizationPolicy = {
          apiVersion: "security.istio.io/v1",
          kind: "AuthorizationPolicy",
          metadata: { name: "p", namespace: "bar" },
          spec: { action },
        };
        const context = {
          policy,
          mesh: { ...defaultMeshConfig, trustDomain: "td" },
          workload: { proxy: "sidecar" },
        } as const;
        const request = {
          kind: "http",
          version: "http1",
          method: one.method,
          authority: "a.b",
          path: one.path,
          headers: {},
        } as const;
        const exact: ConnectionFacts = {
          protocol: one.protocol,
          caller: { kind: "identity", id: spiffeId(one.domain, one.namespace, one.account) },
          sourceAddress: "10.0.0.1",
          destinationAddress: "10.0.0.2",
          destinationPort: one.port,
          sni: "a.local",
          http: one.protocol === "tcp" ? undefined : request,
        };
        const isAny = hides.request || hides.protocol;
        const kind: ConnectionFacts = {
          ...exact,
          protocol: hides.protocol ? undefined : one.protocol,
          caller: {
            kind: "any of",
            ...(hides.domain ? {} : { trustDomain: one.domain }),
            ...(hides.namespace ? {} : { namespace: one.namespace }),
            ...(hides.account ? {} : { serviceAccount: one.account }),
          },
          sourceAddress: isAny ? undefined : "10.0.0.1",
          destinationPort: hides.port ? undefined : one.port,
          http: exact.protocol === "tcp" && !hides.protocol ? undefined : isAny ? "any" : exact.http,
        };
        const lostIsNone = (match: ReturnType<typeof matchRule>) => (match === "lost" ? false : match);

        const ofAll = lostIsNone(matchRule(given, { ...context, facts: kind }));

        if (ofAll !== "unknown") expect(lostIsNone(matchRule(given, { ...context, facts: exact }))).toBe(ofAll);
      },
    ),
    { numRuns: 2000 },
  );
});
