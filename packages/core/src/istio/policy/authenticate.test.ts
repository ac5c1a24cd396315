import { expect, test } from "vitest";
import type { KubeObject } from "../../kinds/index.ts";
import type { HttpPayload } from "../connection.ts";
import { istioCluster } from "../istioClusters.ts";
import type { Workload } from "../workload.ts";
import { type Authentication, authenticate } from "./authenticate.ts";
import type { TokenClaims } from "./tokenClaims.ts";

const workload = {
  cluster: "c",
  namespace: "bar",
  name: "web-1",
  labels: { app: "web" },
} as Partial<Workload> as Workload;
const iss = "https://issuer.example.com";
const claims: TokenClaims = { iss: [iss], sub: ["anna"], aud: ["web"], roles: ["a b"] };

function request(headers: Record<string, string> = {}, changes: Partial<HttpPayload> = {}): HttpPayload {
  return { kind: "http", version: "http1", method: "GET", authority: "web.bar", path: "/", headers, ...changes };
}
const withToken = request({ authorization: "Bearer {token}" }, { claims });

let count = 0;
function tokens(jwtRules: unknown, metadata: object = {}, spec: object = {}): KubeObject {
  return {
    apiVersion: "security.istio.io/v1",
    kind: "RequestAuthentication",
    metadata: { name: `tokens-${count++}`, namespace: "bar", ...metadata },
    spec: { ...(jwtRules === undefined ? {} : { jwtRules }), ...spec },
  } as KubeObject;
}

function ask(payload: HttpPayload, ...objects: readonly KubeObject[]): Authentication {
  const cluster = istioCluster({ name: "c", source: "live", objects, istiodVersions: [], trustRoots: [] });
  return authenticate(cluster, workload, payload);
}

/** The kind, and the status of what is refused. */
function outcome(payload: HttpPayload, ...objects: readonly KubeObject[]): string {
  const found = ask(payload, ...objects);
  return found.kind === "refused" ? `refused ${found.status}` : found.kind;
}

test("without a policy, without rules and without a token a request passes, and claims nothing", () => {
  expect(ask(request(), tokens([{ issuer: iss }]))).toEqual({ kind: "passed", payload: request() });
  expect(outcome(withToken)).toBe("passed");
  expect(outcome(withToken, tokens(undefined))).toBe("passed");
});

test("a good token passes, of another issuer it is refused with 401, for another audience with 403", () => {
  expect(ask(withToken, tokens([{ issuer: iss }]))).toMatchObject({ kind: "passed", claims });
  expect(outcome(withToken, tokens([{ issuer: "other" }]))).toBe("refused 401");
  expect(outcome(withToken, tokens([{ issuer: iss, audiences: ["api"] }]))).toBe("refused 403");
  expect(outcome(withToken, tokens([{ issuer: iss, audiences: ["api", "web"] }]))).toBe("passed");
});

test("of several rules one is enough, and what is wrong beside the issuer counts more", () => {
  expect(outcome(withToken, tokens([{ issuer: "other" }]), tokens([{ issuer: iss }]))).toBe("passed");
  expect(outcome(withToken, tokens([{ issuer: "a" }, { issuer: iss, audiences: ["api"] }]))).toBe("refused 403");
});

test("a token that is not known cannot be told", () => {
  expect(outcome(request({ authorization: "Bearer abc" }), tokens([{ issuer: iss }]))).toBe("unknown");
});

test.each<[string, object, HttpPayload]>([
  [
    "a header, whatever its case",
    { fromHeaders: [{ name: "X-Token" }] },
    request({ "x-token": "{token}" }, { claims }),
  ],
  [
    "a header with a prefix",
    { fromHeaders: [{ name: "x", prefix: "Jwt " }] },
    request({ x: "Jwt {token}" }, { claims }),
  ],
  ["a parameter", { fromParams: ["t"] }, request({}, { claims, path: "/a?b=c?d&t={token}" })],
  ["the default parameter", {}, request({}, { claims, path: "/?access_token={token}" })],
  ["a cookie", { fromCookies: ["t"] }, request({ cookie: "a=b; t={token}" }, { claims })],
])("a token is found in %s", (_, rule, payload) => {
  expect(ask(payload, tokens([{ issuer: iss, ...rule }]))).toMatchObject({ kind: "passed", claims });
});

test("a rule with a place of its own does not look elsewhere", () => {
  const found = ask(withToken, tokens([{ issuer: iss, fromHeaders: [{ name: "x-token" }] }]));

  expect(found).toEqual({ kind: "passed", payload: withToken });
});

test("all tokens that a rule finds must be good", () => {
  const two = request({ authorization: "Bearer {token}" }, { claims, path: "/?access_token=other" });

  expect(outcome(two, tokens([{ issuer: iss }]))).toBe("unknown");
});

test("the token is taken out unless it is to be forwarded, and claims become headers", () => {
  const kept = ask(withToken, tokens([{ issuer: iss, forwardOriginalToken: true }]));
  const named = ask(withToken, tokens([{ issuer: iss, outputClaimToHeaders: [{ header: "X-Sub", claim: "sub" }] }]));

  expect(kept).toMatchObject({ payload: { headers: { authorization: "Bearer {token}" } } });
  expect(named).toMatchObject({ payload: { headers: { "x-sub": "anna" } } });
  expect(named).not.toHaveProperty("payload.headers.authorization");
});

test("a claim that is listed as one of words is a list of them", () => {
  const found = ask(withToken, tokens([{ issuer: iss, spaceDelimitedClaims: ["roles"] }]));
  const scoped = { ...withToken, claims: { ...claims, scope: ["read write"] } };

  expect(found).toMatchObject({ claims: { roles: ["a", "b"], sub: ["anna"] } });
  expect(ask(scoped, tokens([{ issuer: iss }]))).toMatchObject({
    claims: { scope: ["read", "write"], roles: ["a b"] },
  });
});

test("a CORS preflight needs no token", () => {
  const headers = { authorization: "Bearer abc", origin: "https://a", "access-control-request-method": "POST" };

  expect(outcome(request(headers, { method: "OPTIONS" }), tokens([{ issuer: iss }]))).toBe("passed");
  expect(outcome(request(headers), tokens([{ issuer: iss }]))).toBe("unknown");
});

test("only policies for the workload count", () => {
  const other = { selector: { matchLabels: { app: "other" } } };

  expect(outcome(withToken, tokens([{ issuer: "x" }], {}, other))).toBe("passed");
  expect(outcome(withToken, tokens([{ issuer: "x" }], { namespace: "foo" }))).toBe("passed");
  expect(outcome(withToken, tokens([{ issuer: "x" }], { namespace: "istio-system" }))).toBe("refused 401");
  expect(outcome(withToken, tokens([{ issuer: "x" }], {}, { targetRef: { kind: "Gateway", name: "g" } }))).toBe(
    "passed",
  );
});
