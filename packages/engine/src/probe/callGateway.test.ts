import { once } from "node:events";
import { createServer, type Server } from "node:http";
import { createServer as createHttps } from "node:https";
import { type AddressInfo, createServer as createTcp, type Server as TcpServer } from "node:net";
import type { AcrossPath } from "@isthmus/core";
import { type Authority, authoritySigner, createKeyPair, createRoot, inspectBundle, issue } from "@isthmus/pki";
import { afterAll, beforeAll, expect, test } from "vitest";
import { caIdentity } from "./caIdentity.ts";
import { callGateway } from "./callGateway.ts";
import { judgeCall, judgeRefusal } from "./judgeCall.ts";
import { strangerIdentity } from "./strangerIdentity.ts";

const now = new Date();
const httpbin = "spiffe://cluster.local/ns/bar/sa/httpbin";
const sleep = "spiffe://cluster.local/ns/foo/sa/sleep";
const path: AcrossPath = {
  direction: "across",
  owner: "SharedService.bar.httpbin",
  host: "httpbin.bar.cluster2",
  port: 8000,
  portName: "http",
  consumer: { cluster: "cluster1", namespace: "foo" },
  server: { cluster: "cluster2", namespace: "bar", service: "httpbin" },
  sni: "outbound_.8000_._.httpbin.bar.svc.cluster.local",
  identities: [httpbin],
};

let root: Authority;
let server: Server | TcpServer;

async function certificate(profile: "server" | "client", identity: string) {
  return issue(authoritySigner(root, { description: "test", now: () => now }), {
    profile,
    commonName: "",
    organization: "test",
    names: { uri: [identity] },
    keyKind: "ecdsa",
    days: 1,
    subject: identity,
    now,
  });
}

/** As a server's sidecar: mutual TLS, whom it serves is answered by `status`. */
async function serve(status: number, body: string, headers: Record<string, string> = {}): Promise<number> {
  const { certificate: cert, key } = await certificate("server", httpbin);
  const tls = { cert, key, ca: root.certificate, requestCert: true, rejectUnauthorized: true };
  server = createHttps(tls, (_request, response) => response.writeHead(status, headers).end(body));
  return listen(server);
}

async function listen(started: Server | TcpServer): Promise<number> {
  started.listen(0, "127.0.0.1");
  await once(started, "listening");
  return (started.address() as AddressInfo).port;
}

const http = { method: "GET", host: "httpbin.bar.cluster2:8000", path: "/" };
const call = (port: number) => ({ address: "127.0.0.1", port, timeout: 5000, http });
const expected = (identity: string | undefined, changes: object = {}) => ({
  path,
  roots: inspectBundle(root.certificate),
  identity,
  isRestricted: false,
  now,
  ...changes,
});

beforeAll(async () => {
  root = await createRoot({ name: "test", organization: "test", keys: await createKeyPair("ecdsa"), now });
});

afterAll(() => server?.close());

test("the right server that answers is proven, with its identity", async () => {
  const port = await serve(200, "ok");
  const identity = await certificate("client", sleep);

  const answer = await callGateway({ ...call(port), tls: { sni: path.sni, alpn: [], identity } });

  expect(judgeCall(answer, expected(sleep))).toEqual({ status: "ok", detail: `200 from ${httpbin}` });
});

test("an identity that the mesh's CA gives is taken by a server, and is good for ten minutes", async () => {
  const port = await serve(200, "ok");
  const signer = authoritySigner(root, { description: "test", now: () => now });

  const { root: issuer, ...identity } = await caIdentity({ signer: async () => signer, now: () => now }, sleep);
  const answer = await callGateway({ ...call(port), tls: { sni: path.sni, alpn: [], identity } });

  expect(judgeCall(answer, expected(sleep))).toEqual({ status: "ok", detail: `200 from ${httpbin}` });
  expect(issuer).toBe(root.certificate);
  const [facts] = inspectBundle(identity.certificate);
  expect(facts).toMatchObject({ names: { uri: [sleep] }, isCa: false });
  expect(Date.parse(facts?.notAfter ?? "") - now.getTime()).toBeLessThanOrEqual(600_000);
});

test.each([
  [
    403,
    "RBAC: access denied",
    {},
    { status: "broken", detail: "an AuthorizationPolicy at the server denies the call (403)" },
  ],
  [
    503,
    "upstream connect error or disconnect/reset",
    { server: "istio-envoy" },
    { status: "broken", detail: expect.stringContaining("does not reach its app") },
  ],
  [503, "my own maintenance page", { server: "istio-envoy" }, { status: "ok", detail: `503 from ${httpbin}` }],
  [404, "not found", {}, { status: "ok", detail: `404 from ${httpbin}` }],
] as const)("an answer of %i %s is judged by what gives it", async (status, body, headers, judgement) => {
  const port = await serve(status, body, headers);
  const identity = await certificate("client", sleep);

  const answer = await callGateway({ ...call(port), tls: { sni: path.sni, alpn: [], identity } });

  expect(judgeCall(answer, expected(sleep))).toEqual(judgement);
});

test("a server of another identity, or of an unknown root, is broken whatever it answers", async () => {
  const port = await serve(200, "ok");
  const identity = await certificate("client", sleep);
  const other = await createRoot({ name: "other", organization: "test", keys: await createKeyPair("ecdsa"), now });

  const answer = await callGateway({ ...call(port), tls: { sni: path.sni, alpn: [], identity } });

  const wanted = { ...path, identities: ["spiffe://cluster.local/ns/bar/sa/other"] };
  expect(judgeCall(answer, expected(sleep, { path: wanted }))).toMatchObject({
    status: "broken",
    detail: `the server is ${httpbin}, not spiffe://cluster.local/ns/bar/sa/other`,
  });
  expect(judgeCall(answer, expected(sleep, { roots: inspectBundle(other.certificate) }))).toMatchObject({
    status: "broken",
    detail: expect.stringContaining("does not hold"),
  });
});

test("no certificate, and one of a stranger, are refused by mutual TLS and not by anything less", async () => {
  const port = await serve(200, "ok");
  const tls = { sni: path.sni, alpn: [] };

  const none = await callGateway({ ...call(port), tls });
  const stranger = await callGateway({ ...call(port), tls: { ...tls, identity: await strangerIdentity(sleep, now) } });
  const friend = await callGateway({ ...call(port), tls: { ...tls, identity: await certificate("client", sleep) } });

  expect(judgeRefusal(none)).toMatchObject({ status: "ok", detail: expect.stringContaining("certificate") });
  expect(judgeRefusal(stranger)).toMatchObject({ status: "ok" });
  expect(judgeRefusal(friend)).toEqual({ status: "broken", detail: "accepted: answered with 200" });
  // What it showed before it refused is enough to know it.
  expect(judgeCall(none, expected(undefined))).toMatchObject({
    status: "unknown",
    detail: `the right server, ${httpbin}; without an identity it is not asked`,
  });
});

test("where nobody listens nothing is known", async () => {
  const closed = createTcp();
  const port = await listen(closed);
  closed.close();
  await once(closed, "close");

  const answer = await callGateway(call(port));

  expect(answer).toEqual({ kind: "unreachable", detail: "nobody listens there" });
  expect(judgeRefusal(answer)).toMatchObject({ status: "unknown" });
});

test("a server that says nothing is given up in time, and at once where the caller stops or has no time left", async () => {
  server = createTcp();
  const port = await listen(server);

  const answer = await callGateway({ ...call(port), timeout: 50 });

  expect(answer).toMatchObject({ kind: "refused", detail: "no answer in time" });
  const stop = new AbortController();
  setTimeout(() => stop.abort(new Error("stopped")), 20);
  await expect(callGateway({ ...call(port), signal: stop.signal })).rejects.toThrow("stopped");
  expect(await callGateway({ ...call(port), signal: AbortSignal.timeout(20) })).toMatchObject({
    kind: "unreachable",
    detail: expect.stringContaining("--timeout"),
  });
});

test("plain HTTP behind a port that should speak TLS is found", async () => {
  server = createServer((_request, response) => response.end("hello"));
  const port = await listen(server);

  expect(judgeRefusal(await callGateway(call(port)))).toEqual({
    status: "broken",
    detail: "accepted: answered with 200",
  });
});
