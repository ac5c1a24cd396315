import { expect, test } from "vitest";
import type { Trace, WorkloadRequest } from "../trace/index.ts";
import { diagnose } from "./diagnose.ts";
import type { Evidence, IstiodEvidence, Knock, ProxyEvidence, ProxyState, WireCall } from "./evidence.ts";

const request: WorkloadRequest = {
  from: { cluster: "cluster1", namespace: "foo", workload: "sleep" },
  method: "GET",
  url: { scheme: "http", host: "httpbin.bar.cluster2", port: 8000, path: "/" },
  headers: {},
};
const reaches: Trace = { request, branches: [], verdict: "reaches" } as unknown as Trace;
const blames = (cluster: string, code: string, object?: object): Trace =>
  ({
    request,
    branches: [],
    verdict: "broken",
    blamed: { code, cluster, object, field: "spec.rules[0]", detail: "it is denied", fix: "Allow it." },
  }) as unknown as Trace;

const answered: WireCall = { exitCode: 0, status: 200, server: "envoy", body: "{}", error: "", seconds: 0.1 };
const unanswered: WireCall = { ...answered, exitCode: 56, status: 0, server: "", body: "", error: "reset" };
const refused = (status: number, body: string, server = "envoy"): WireCall => ({ ...answered, status, body, server });

const sound: ProxyState = {
  certificates: [
    { identity: "spiffe://td/ns/foo/sa/sleep", notBefore: "2026-01-01T00:00:00Z", notAfter: "2026-01-03T00:00:00Z" },
  ],
  rejections: [],
  upstreams: [{ cluster: "outbound|8000||x", address: "192.0.2.2", port: 15443, isHealthy: true, failures: 0 }],
};

function proxy(role: ProxyEvidence["role"], changes: Partial<ProxyEvidence> = {}): ProxyEvidence {
  const places = {
    client: { cluster: "cluster1", namespace: "foo", pod: "sleep-1" },
    gateway: { cluster: "cluster2", namespace: "istio-system", pod: "gateway-1" },
    server: { cluster: "cluster2", namespace: "bar", pod: "httpbin-1" },
  };
  return { role, ...places[role], isReady: true, state: sound, ...changes };
}

function istiod(cluster: string, changes: Partial<IstiodEvidence> = {}): IstiodEvidence {
  const of =
    {
      cluster1: ["sleep-1.foo"],
      cluster2: ["gateway-1.istio-system", "gateway-2.istio-system", "httpbin-1.bar", "httpbin-2.bar"],
    }[cluster] ?? [];
  return { cluster, pods: 1, ready: 1, proxies: of.map((name) => ({ proxy: name, unacknowledged: [] })), ...changes };
}

const client = proxy("client");
const others = [proxy("gateway"), proxy("server")];

function evidence(changes: Partial<Evidence> = {}): Evidence {
  return {
    request,
    paper: reaches,
    wire: answered,
    proxies: [client, ...others],
    istiods: [istiod("cluster1"), istiod("cluster2")],
    knocks: [],
    destinations: ["192.0.2.2:15443"],
    now: "2026-01-02T00:00:00Z",
    ...changes,
  };
}

/** Verdict on the wire, then each finding's code and place. */
function found(changes: Partial<Evidence> = {}): readonly string[] {
  const { wire, findings } = diagnose(evidence(changes));
  return [wire, ...findings.map(({ code, at }) => `${code} ${at}`)];
}

test("a request that is answered has no findings where nothing is wrong", () => {
  expect(diagnose(evidence())).toEqual({ wire: "works", findings: [], unseen: [] });
});

test.each<[string, WireCall | { unseen: string }, string]>([
  ["an answer", answered, "works"],
  ["an application's error", refused(503, '{"error": "later"}'), "works"],
  ["an application's error without a proxy", refused(503, "", "nginx"), "works"],
  ["no connection", unanswered, "fails"],
  ["a denial", refused(403, "RBAC: access denied"), "fails"],
  ["a denial of the server's sidecar", refused(403, "RBAC: access denied", "istio-envoy"), "fails"],
  ["an upstream that closes", refused(503, "upstream connect error or disconnect/reset before headers"), "fails"],
  ["a time-out", refused(504, "upstream request timeout"), "fails"],
  ["no endpoints", refused(503, "no healthy upstream"), "fails"],
  ["no route", refused(404, ""), "fails"],
  ["a token that ended", refused(401, "Jwt is expired"), "fails"],
  ["a token for others", refused(403, "Audiences in Jwt are not allowed"), "fails"],
  ["keys that cannot be had", refused(401, "Jwks remote fetch is failed"), "fails"],
  ["a route's abort", refused(418, "fault filter abort"), "fails"],
  ["a call that could not be made", { unseen: "no container has curl" }, "untold"],
])("%s on the wire", (_, wire, verdict) => {
  expect(diagnose(evidence({ wire })).wire).toBe(verdict);
});

test("what could not be looked at is said", () => {
  const state = { unseen: "no exec" };
  const { unseen } = diagnose(
    evidence({
      wire: { unseen: "no curl" },
      proxies: [proxy("client", { state })],
      istiods: [istiod("cluster1", { proxies: { unseen: "forbidden" } })],
    }),
  );

  expect(unseen).toEqual([
    "the request could not be tried: no curl",
    "Pod foo/sleep-1 in cluster1 could not be asked: no exec",
    "istiod of cluster1 could not be asked: forbidden",
  ]);
});

test("the client's own sidecar that does not answer comes first", () => {
  const down = proxy("client", { state: { down: "connection refused" } });
  const paper = blames("cluster2", "TRACE_DENIED", { kind: "AuthorizationPolicy", namespace: "bar", name: "p" });

  expect(found({ wire: unanswered, proxies: [down, ...others], paper })).toEqual([
    "fails",
    "DOCTOR_PROXY_DOWN cluster1: Pod foo/sleep-1",
    "TRACE_DENIED cluster2: AuthorizationPolicy bar/p spec.rules[0]",
  ]);
});

test("so does the server's, where none of its pods has one that answers", () => {
  const down = { state: { down: "connection refused" } };
  const second = proxy("server", { pod: "httpbin-2" });

  expect(found({ wire: unanswered, proxies: [client, proxy("server", down)] })).toEqual([
    "fails",
    "DOCTOR_PROXY_DOWN cluster2: Pod bar/httpbin-1",
  ]);
  expect(found({ wire: unanswered, proxies: [client, proxy("server", down), second] })).toEqual(["fails"]);
});

test("a gateway counts as down where no pod of that cluster's is up", () => {
  const notReady = proxy("gateway", { isReady: false });
  const second = proxy("gateway", { pod: "gateway-2" });
  const elsewhere = proxy("gateway", { cluster: "cluster3" });

  expect(found({ wire: unanswered, proxies: [client, notReady] })).toEqual([
    "fails",
    "DOCTOR_GATEWAY_DOWN cluster2: Pod istio-system/gateway-1",
  ]);
  expect(found({ wire: unanswered, proxies: [client, notReady, second] })).toEqual(["fails"]);
  expect(found({ wire: unanswered, proxies: [client, notReady, elsewhere] })).toEqual([
    "fails",
    "DOCTOR_GATEWAY_DOWN cluster2: Pod istio-system/gateway-1",
  ]);
});

test("a name that does not resolve in the pod, though it is on paper", () => {
  const wire = { ...unanswered, exitCode: 6, error: "Could not resolve host" };
  const late = { ...unanswered, exitCode: 28, error: "Resolving timed out" };

  expect(found({ wire })).toEqual(["fails", "DOCTOR_NAME cluster1: Pod foo/sleep"]);
  expect(found({ wire: late })).toEqual(["fails", "DOCTOR_NAME cluster1: Pod foo/sleep"]);
  expect(found({ wire: { ...late, error: "Operation timed out" } })).toEqual(["fails"]);
});

test("a sidecar that lacks its newest configuration does not know new names: that is why, also where a cluster is called alike", () => {
  const wire = { ...unanswered, exitCode: 6 };
  const stale = (cluster: string, name: string) =>
    istiod(cluster, { proxies: [{ proxy: name, unacknowledged: ["Listener"] }] });
  const alike = proxy("server", { cluster: "cluster10" });

  expect(found({ wire, istiods: [stale("cluster1", "sleep-1.foo")] })).toEqual([
    "fails",
    "DOCTOR_PROXY_STALE cluster1: Pod foo/sleep-1",
  ]);
  expect(found({ wire, proxies: [client, alike], istiods: [stale("cluster10", "httpbin-1.bar")] })).toEqual([
    "fails",
    "DOCTOR_NAME cluster1: Pod foo/sleep",
    "DOCTOR_PROXY_STALE cluster10: Pod bar/httpbin-1",
  ]);
});

test.each([
  ["client", "2026-01-03T00:00:00Z", ["DOCTOR_CERTIFICATE cluster1: Pod foo/sleep-1"]],
  ["client", "2025-12-31T00:00:00Z", ["DOCTOR_CERTIFICATE cluster1: Pod foo/sleep-1"]],
  ["server", "2026-01-03T00:00:00Z", ["DOCTOR_CERTIFICATE cluster2: Pod bar/httpbin-1"]],
  ["gateway", "2026-01-03T00:00:00Z", []],
] as const)("the certificate of a %s at %s", (role, now, expected) => {
  const istiods = [istiod("cluster1"), istiod("cluster2")];

  expect(found({ wire: unanswered, proxies: [proxy(role)], istiods, now })).toEqual(["fails", ...expected]);
});

test.each<[Knock["result"], readonly string[]]>([
  ["timeout", ["DOCTOR_ADDRESS_TIMEOUT 192.0.2.2:15443"]],
  ["refused", ["DOCTOR_ADDRESS_REFUSED 192.0.2.2:15443"]],
  ["silent", ["DOCTOR_GATEWAY_SILENT 192.0.2.2:15443"]],
  ["open", []],
  ["unknown", []],
])("an address where the knock is %s", (result, expected) => {
  const knock = { address: "192.0.2.2", port: 15443, result, detail: "x" } as const;
  const knocks = [{ ...knock, from: "client" } as const, { ...knock, from: "here" } as const];

  expect(found({ wire: unanswered, knocks })).toEqual(["fails", ...expected]);
});

test("the app that does not listen is found by its sidecar, and only where the request fails", () => {
  const upstream = { cluster: "inbound|8080||", address: "10.0.0.2", port: 8080, isHealthy: true, failures: 2 };
  const [second, fine] = [
    { ...upstream, cluster: "inbound|9090||" },
    { ...upstream, failures: 0 },
  ];
  const proxies = [client, proxy("server", { state: { ...sound, upstreams: [upstream, second, fine] } })];
  const { findings } = diagnose(evidence({ wire: refused(503, "upstream connect error"), proxies }));

  expect(findings.map(({ code, message }) => `${code} ${message}`)).toEqual([
    "DOCTOR_APP_DOWN the app does not listen on port 8080: its sidecar cannot connect to it",
    "DOCTOR_APP_DOWN the app does not listen on port 9090: its sidecar cannot connect to it",
  ]);
  expect(found({ proxies })).toEqual(["works"]);
});

test("a sidecar that does not know where the paper leads", () => {
  const state = { ...sound, upstreams: [] };

  expect(found({ wire: unanswered, proxies: [proxy("client", { state })] })).toEqual([
    "fails",
    "DOCTOR_PROXY_STALE cluster1: Pod foo/sleep-1",
  ]);
  expect(found({ proxies: [proxy("client", { state })] })).toEqual(["works"]);
  expect(found({ wire: unanswered, proxies: [proxy("client", { state })], destinations: [] })).toEqual(["fails"]);
});

test("each configuration that Envoy rejects is named", () => {
  const rejections = ["a", "b"].map((name) => ({ type: "listener", name, reason: "duplicate" }));
  const { findings } = diagnose(
    evidence({ proxies: [proxy("client", { state: { ...sound, rejections } }), ...others] }),
  );

  expect(findings.map(({ message }) => message)).toEqual([
    "Envoy rejects listener a and keeps the one before: duplicate",
    "Envoy rejects listener b and keeps the one before: duplicate",
  ]);
});

test("a proxy that istiod does not know works with what it had", () => {
  expect(found({ istiods: [istiod("cluster1", { proxies: [] })] })).toEqual([
    "works",
    "DOCTOR_PROXY_STALE cluster1: Pod foo/sleep-1",
  ]);
});

test.each<[Partial<IstiodEvidence>, boolean]>([
  [{ pods: 0, ready: 0 }, true],
  [{ ready: 0 }, true],
  [{ proxies: { down: "connection refused" } }, true],
  [{ proxies: { unseen: "forbidden" } }, false],
])("istiod with %j is down: %s", (changes, isDown) => {
  expect(found({ istiods: [istiod("cluster1", changes)] })).toEqual([
    "works",
    ...(isDown ? ["DOCTOR_ISTIOD_DOWN cluster1"] : []),
  ]);
});

test("what the paper says comes after what is down, and is only a remark where the request works", () => {
  const paper = blames("", "TRACE_HOST_UNKNOWN");
  const knocks = [{ address: "192.0.2.2", port: 15443, from: "here", result: "refused", detail: "x" }] as const;

  expect(found({ wire: unanswered, paper, knocks })).toEqual([
    "fails",
    "DOCTOR_ADDRESS_REFUSED 192.0.2.2:15443",
    "TRACE_HOST_UNKNOWN spec.rules[0]",
  ]);
  expect(found({ paper })).toEqual(["works", "TRACE_HOST_UNKNOWN spec.rules[0]"]);
});
