import { observedCluster, pod, service } from "@isthmus/testkit";
import { expect, test } from "vitest";
import { type ProxyTls, workloadOfPod } from "../../istio/index.ts";
import type { Attempt } from "../attempt.ts";
import { passed } from "../hop.ts";
import { serveAttempt } from "../serveAttempt.ts";
import { traceWorld } from "../traceWorld.ts";

const httpbin = pod("bar/httpbin");
const server = workloadOfPod("cluster2", httpbin);
const mutual: ProxyTls = {
  mode: "ISTIO_MUTUAL",
  sni: "outbound_.8000_._.httpbin.bar.svc.cluster.local",
  alpn: ["istio-http/1.1", "istio"],
  clientIdentity: "spiffe://cluster.local/ns/foo/sa/sleep",
  acceptedSubjectAltNames: [],
  trusts: "mesh",
};
const http = {
  kind: "http",
  version: "http1",
  method: "GET",
  authority: "httpbin.bar:8000",
  path: "/",
  headers: {},
} as const;
const hopOf = (cluster: string) =>
  passed({ name: "client", cluster, detail: `calls from ${cluster}`, source: "pkg/kube/inject/inject.go" });

function attempt(changes: Partial<Attempt> = {}, from = "cluster1"): Attempt {
  const caller = workloadOfPod(from, pod("foo/sleep"));
  if (server === undefined) throw new Error("no server");
  return {
    kind: "attempt",
    probability: 0.5,
    pick: "",
    hosts: 1,
    retries: undefined,
    proxied: "http",
    caller: { workload: caller && { ...caller, address: undefined }, trustRoots: ["aa".repeat(32)] },
    destination: { kind: "pod", workload: server, port: 8080 },
    transport: mutual,
    payload: http,
    hops: [hopOf(from)],
    ...changes,
  };
}

const readers = {
  apiVersion: "security.istio.io/v1",
  kind: "AuthorizationPolicy",
  metadata: { name: "readers", namespace: "bar" },
  spec: {
    rules: [
      {
        from: [{ source: { principals: ["cluster.local/ns/foo/sa/sleep"] } }],
        to: [{ operation: { methods: ["GET"] } }],
      },
    ],
  },
};
function worldOf(trustRoots: readonly string[] = ["aa".repeat(32)]) {
  const cluster = observedCluster("cluster2", "192.0.2.2", [httpbin, service("bar/httpbin"), readers]);
  const roots = trustRoots.map((fingerprint) => ({ fingerprint, subject: "", notAfter: "" }));
  return traceWorld({ clusters: new Map([["cluster2", { ...cluster, trustRoots: roots }]]), unreachable: new Map() });
}

test("whatever came before, a connection is served as if it were the first", () => {
  const others: readonly Attempt[] = [
    attempt(),
    attempt({ payload: { ...http, method: "POST" } }),
    attempt({ transport: { ...mutual, clientIdentity: "spiffe://cluster.local/ns/foo/sa/other" } }),
    attempt({ transport: { mode: "none" } }),
    attempt({ transport: { mode: "none" }, proxied: "tcp" }),
    attempt({ caller: { workload: undefined, trustRoots: ["bb".repeat(32)] } }),
    attempt({}, "cluster3"),
  ];
  for (const trustRoots of [["aa".repeat(32)], []]) {
    const world = worldOf(trustRoots);
    const one = others.map((each) => serveAttempt(world, each));
    expect(one).toEqual(others.map((each) => serveAttempt(worldOf(trustRoots), each)));
    expect(new Set(one.flatMap((branches) => branches.map(({ outcome }) => outcome.kind))).size).toBeGreaterThan(1);
  }
});

test("of connections that come alike each has its own way and the same hops from there", () => {
  const world = worldOf();
  const [first, second] = [serveAttempt(world, attempt()), serveAttempt(world, attempt({}, "cluster3"))];
  expect([first[0]?.hops[0]?.cluster, second[0]?.hops[0]?.cluster]).toEqual(["cluster1", "cluster3"]);
  expect(second[0]?.hops.at(-1)).toBe(first[0]?.hops.at(-1));
});
