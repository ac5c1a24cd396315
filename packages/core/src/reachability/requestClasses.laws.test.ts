import { observedOf, podYaml } from "@isthmus/testkit";
import fc from "fast-check";
import { expect, test } from "vitest";
import type { HttpRoute } from "../istio/index.ts";
import { matchesClaim, matchPolicyPath, matchPolicyText, type TokenClaims } from "../istio/policy/index.ts";
import { authorityOf, isPresence, matchesString, rewrittenPath, trace, traceWorld } from "../trace/index.ts";
import { answerKey, answerOf } from "./answer.ts";
import { requestOf } from "./answersOf.ts";
import { reachability } from "./reachability.ts";
import type { RequestParts } from "./requestClasses.ts";

/** `npm run laws` draws more meshes. */
const runs = Number(process.env.LAW_RUNS ?? 25);
const requestsOfMesh = 20;

const some = <T>(...values: readonly T[]) => fc.subarray([...values], { minLength: 1, maxLength: 2 });
const maybe = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined, freq: 1 });

const paths = ["/a", "/a*", "/ab*", "*/b", "*.png", "/a/{*}/c", "/a/{**}", "/A*", "*"] as const;
const hosts = ["httpbin.bar", "httpbin.bar*", "*.local", "HTTPBIN.bar.svc", "*:8000", "other.example", "*"] as const;
const methods = ["GET", "POST", "P*", "*T", "*"] as const;
const texts = ["a", "ab", "a*", "*b", "*"] as const;
const principals = ["iss/a", "iss/a*", "*/a", "*", "other/a", "iss*", "*a"] as const;
const headers = ["x-a", "x-b"] as const;
const claimKeys = [
  "request.auth.principal",
  "request.auth.audiences",
  "request.auth.presenter",
  "request.auth.claims[group]",
  "request.auth.claims[a][b]",
] as const;

const operation = fc.record(
  {
    methods: some(...methods),
    notMethods: some(...methods),
    paths: some(...paths),
    notPaths: some(...paths),
    hosts: some(...hosts),
    notHosts: some(...hosts),
  },
  { requiredKeys: [] },
);
const condition = fc.oneof(
  fc.record({ key: fc.constantFrom(...headers.map((name) => `request.headers[${name}]`)), values: some(...texts) }),
  fc.record({ key: fc.constantFrom(...headers.map((name) => `request.headers[${name}]`)), notValues: some(...texts) }),
  fc.record({ key: fc.constantFrom(...claimKeys), values: some(...texts) }),
  fc.record({ key: fc.constantFrom(...claimKeys), notValues: some(...texts) }),
);
const source = fc.oneof(
  fc.record({ requestPrincipals: some(...principals) }),
  fc.record({ notRequestPrincipals: some(...principals) }),
  fc.record({ namespaces: some("foo", "bar") }),
);
const rule = fc
  .record({ from: maybe(source), to: maybe(operation), when: fc.array(condition, { maxLength: 2 }) })
  .map(({ from, to, when }) => ({
    ...(from === undefined ? {} : { from: [{ source: from }] }),
    ...(to === undefined || Object.keys(to).length === 0 ? {} : { to: [{ operation: to }] }),
    ...(when.length === 0 ? {} : { when }),
  }));
const policy = fc.record({
  action: fc.constantFrom("ALLOW", "DENY"),
  rules: fc.array(rule, { minLength: 1, maxLength: 2 }),
});

const text = fc.oneof(
  fc.record({ exact: fc.constantFrom("a", "ab") }),
  fc.record({ prefix: fc.constant("a") }),
  fc.record({ regex: fc.constantFrom("a+b?", "[^b]*", ".*b", "*") }),
);
const uri = fc.oneof(
  fc.record({ exact: fc.constantFrom("/a", "/a/b") }),
  fc.record({ prefix: fc.constantFrom("/a", "/a/", "/", "/ab") }),
  fc.record({ regex: fc.constantFrom("/a.*", String.raw`.*\.png`, "/[ab]+/?", "/v[0-9]{1,2}(/.*)?") }),
);
const match = fc.record(
  {
    uri,
    ignoreUriCase: fc.boolean(),
    method: fc.record({ exact: fc.constantFrom("GET", "POST") }),
    headers: fc.dictionary(fc.constantFrom(...headers), text, { maxKeys: 1 }),
    withoutHeaders: fc.dictionary(fc.constantFrom(...headers), text, { maxKeys: 1 }),
    queryParams: fc.dictionary(fc.constant("q"), text, { maxKeys: 1 }),
    authority: fc.record({ prefix: fc.constantFrom("httpbin.bar.svc", "httpbin.bar:") }),
  },
  { requiredKeys: [] },
);
const route = fc.record({
  match: fc.array(match, { minLength: 1, maxLength: 2 }),
  directResponse: maybe(fc.constant({ status: 418 })),
  rewrite: maybe(fc.record({ uri: fc.constantFrom("/", "/a", "/a/b") })),
});

const segments = ["a", "ab", "b", "c", "A", "v1", "x.png", "B"] as const;
const value = fc.constantFrom("a", "ab", "b", "abb", "xb", "c");
const request = fc
  .record({
    method: fc.constantFrom("GET", "POST", "PUT", "TRACE", "HEAD"),
    path: fc.array(fc.constantFrom(...segments), { maxLength: 3 }).map((all) => `/${all.join("/")}`),
    query: maybe(value),
    headers: fc.dictionary(fc.constantFrom(...headers), value, { maxKeys: 2 }),
    host: fc.constantFrom(undefined, "httpbin.bar", "httpbin.bar.svc"),
    claims: maybe(
      fc.record(
        {
          iss: fc.constantFrom(["iss"], ["iss"], ["iss2"], ["else"]),
          sub: fc.tuple(value),
          azp: fc.tuple(value),
          aud: fc.subarray(["a", "ab", "c"], { minLength: 1 }),
          group: fc.subarray(["a", "ab", "b", "c"], { minLength: 1 }),
          "a[b]": fc.subarray(["a", "xb"], { minLength: 1 }),
        },
        { requiredKeys: ["iss"] },
      ),
    ),
  })
  .map(
    ({ path, query, host, claims, ...parts }): RequestParts => ({
      ...parts,
      path: query === undefined ? path : `${path}?q=${query}`,
      ...(host === undefined ? {} : { host }),
      ...(claims === undefined ? {} : { claims: claims as TokenClaims }),
    }),
  );

const around = `${["foo", "bar"].map((name) => `{apiVersion: v1, kind: Namespace, metadata: {name: ${name}, labels: {istio-injection: enabled}}}\n---\n`).join("")}
${podYaml("foo/sleep", "10.0.0.2")}
${podYaml("bar/httpbin", "10.0.0.1")}
apiVersion: v1
kind: Service
metadata: {name: httpbin, namespace: bar}
spec: {clusterIP: 10.96.0.1, selector: {app: httpbin}, ports: [{name: http, port: 8000, targetPort: 80}]}
`;

const mesh = fc
  .record({
    policies: fc.array(policy, { minLength: 1, maxLength: 2 }),
    routes: fc.array(route, { maxLength: 2 }),
    issuers: fc.constantFrom<readonly string[]>([], ["iss"], ["iss", "iss2"]),
  })
  .map(({ policies, routes, issuers }) => {
    const destination = { host: "httpbin.bar.svc.cluster.local", port: { number: 8000 } };
    const last = { route: [{ destination }] };
    const http = [...routes.map((each) => (each.directResponse === undefined ? { ...each, ...last } : each)), last];
    const of = (apiVersion: string, kind: string, name: string, spec: object) =>
      JSON.stringify({ apiVersion, kind, metadata: { name, namespace: "bar" }, spec });
    const objects = [
      ...policies.map((spec, index) => of("security.istio.io/v1", "AuthorizationPolicy", `p${index}`, spec)),
      ...(issuers.length === 0
        ? []
        : [
            of("security.istio.io/v1", "RequestAuthentication", "j", {
              jwtRules: issuers.map((issuer) => ({ issuer, jwksUri: "https://keys.example" })),
            }),
          ]),
      ...(routes.length === 0
        ? []
        : [of("networking.istio.io/v1", "VirtualService", "v", { hosts: [destination.host], http })]),
    ];
    return { yaml: [around, ...objects].join("\n---\n"), policies, routes, issuers };
  });

type Mesh = typeof mesh extends fc.Arbitrary<infer T> ? T : never;

/** All that the mesh may ask of a request, with the answers; nobody looks into a token that is not accepted. */
function traitsOf({ policies, routes, issuers }: Mesh, { method, path: whole, headers, host, claims }: RequestParts) {
  const [path = "", query] = whole.split("?q=");
  const authority = authorityOf({ scheme: "http", host: host ?? "httpbin.bar.svc.cluster.local", port: 8000 });
  const isAccepted = claims !== undefined && issuers.includes(claims.iss?.[0] ?? "");
  const token = claims === undefined ? "none" : issuers.length === 0 ? "none" : isAccepted ? "good" : "bad";
  const traits: unknown[] = [token];
  const written = (routes as readonly HttpRoute[]).flatMap((each) =>
    (each.match ?? []).map((match) => rewrittenPath(path, each, match)),
  );
  for (const each of principals) traits.push(isAccepted && matchesClaim("request.auth.principal", each, claims));
  for (const rule of policies.flatMap(({ rules }) => rules)) {
    const { operation = {} } = rule.to?.[0] ?? {};
    for (const each of [...(operation.paths ?? []), ...(operation.notPaths ?? [])])
      traits.push(...[path, ...written].map((one) => matchPolicyPath(each, one)));
    for (const each of [...(operation.methods ?? []), ...(operation.notMethods ?? [])])
      traits.push(matchPolicyText(each, method));
    for (const each of [...(operation.hosts ?? []), ...(operation.notHosts ?? [])])
      traits.push(matchPolicyText(each.toLowerCase(), authority));
    for (const condition of rule.when ?? []) {
      const all = [
        ...("values" in condition ? condition.values : []),
        ...("notValues" in condition ? condition.notValues : []),
      ];
      const [, name] = /^request\.headers\[(.*)\]$/.exec(condition.key) ?? [];
      for (const each of all) {
        const given = headers[name ?? ""];
        if (name === undefined) traits.push(isAccepted && matchesClaim(condition.key, each, claims));
        else traits.push(given !== undefined && (each === "*" || matchPolicyText(each, given)));
      }
    }
  }
  for (const match of (routes as readonly HttpRoute[]).flatMap((each) => each.match ?? [])) {
    if (match.uri !== undefined) traits.push(matchesString(match.uri, path, match.ignoreUriCase === true));
    if (match.method !== undefined) traits.push(matchesString(match.method, method));
    if (match.authority !== undefined) traits.push(matchesString(match.authority, authority));
    for (const [name, each] of Object.entries({ ...match.headers }))
      traits.push(headers[name] !== undefined && (isPresence(each) || matchesString(each, headers[name])));
    for (const [name, each] of Object.entries({ ...match.withoutHeaders }))
      traits.push(isPresence(each) ? headers[name] !== undefined : matchesString(each, headers[name] ?? ""));
    for (const each of Object.values(match.queryParams ?? {}))
      traits.push(query !== undefined && (isPresence(each) || matchesString(each, query)));
  }
  return JSON.stringify(traits);
}

test("any request is one of a class, and is answered as the class is", () => {
  let [told, classes] = [0, 0];
  fc.assert(
    fc.property(
      mesh,
      fc.array(request, { minLength: requestsOfMesh, maxLength: requestsOfMesh }),
      (drawn, requests) => {
        const world = traceWorld(observedOf({ c1: { yaml: drawn.yaml } }));
        const reach = reachability(world, { isCaller: ({ namespace }) => namespace === "foo" });
        const { target, groups } = reach.targets[0] ?? expect.fail("no target");
        for (const { callers, answers, untold } of groups) {
          const [caller = expect.fail("no caller")] = callers;
          const known = answers.flatMap(({ examples, answer }) =>
            examples.map((parts) => ({ traits: traitsOf(drawn, parts), answer: answerKey(answer), parts })),
          );
          classes += known.length;
          for (const parts of requests) {
            const same = known.filter(({ traits }) => traits === traitsOf(drawn, parts));
            if (untold.length > 0) continue;
            expect(same.length, `no class has ${JSON.stringify(parts)}`).toBeGreaterThan(0);
            const answer = answerKey(answerOf(world, trace(world, requestOf(caller, target, parts))));
            for (const each of same) expect(answer, JSON.stringify([parts, each.parts])).toBe(each.answer);
            told += 1;
          }
        }
      },
    ),
    { numRuns: runs },
  );
  expect(told).toBeGreaterThan(runs * requestsOfMesh * 0.3);
  expect(classes).toBeGreaterThan(runs * 4);
});
