import type { DeclaredPath } from "@isthmus/core";
import type { Action } from "@isthmus/core/plan";
import { expect, test } from "vitest";
import { renderPlan } from "./plan.ts";
import { createStyle } from "./style.ts";

const plain = createStyle(false);

const gateway: Action = {
  verb: "create",
  cluster: "cluster2",
  ref: { group: "networking.istio.io", kind: "Gateway", namespace: "istio-system", name: "httpbin-bar" },
  owner: "SharedService.bar.httpbin",
  side: "server",
  phase: 1,
  desired: {
    apiVersion: "networking.istio.io/v1",
    kind: "Gateway",
    metadata: { name: "httpbin-bar", namespace: "istio-system" },
    spec: {
      selector: { istio: "ingressgateway" },
      servers: [{ port: { number: 15443, name: "tls", protocol: "TLS" }, hosts: ["httpbin.bar.svc.cluster.local"] }],
    },
  },
  changes: [],
};

const entry: Action = {
  verb: "update",
  cluster: "cluster1",
  ref: { group: "networking.istio.io", kind: "ServiceEntry", namespace: "foo", name: "httpbin-bar" },
  owner: "SharedService.bar.httpbin",
  side: "consumer",
  phase: 2,
  desired: { apiVersion: "networking.istio.io/v1", kind: "ServiceEntry", metadata: { name: "httpbin-bar" } },
  live: { uid: "1", resourceVersion: "7" },
  changes: [
    { path: "spec.endpoints[0].address", before: "192.168.121.9", after: "192.168.121.10" },
    { path: "spec.endpoints[1]", after: { address: "192.168.121.11", ports: { http: 32001 } } },
    { path: "spec.exportTo", before: ["*"], after: ["foo"] },
    { path: 'metadata.labels["isthmus.io/side"]', before: "server" },
    { path: "spec.ports[8000/HTTP].number", before: 80, after: 8000 },
  ],
};

const rule: Action = {
  verb: "delete",
  cluster: "cluster1",
  ref: { group: "networking.istio.io", kind: "DestinationRule", namespace: "foo", name: "old" },
  owner: "SharedService.bar.old",
  side: "consumer",
  phase: 3,
  live: { uid: "2", resourceVersion: "8" },
  changes: [],
};

const keptFor: Action = {
  verb: "noop",
  cluster: "cluster1",
  ref: { group: "networking.istio.io", kind: "ServiceEntry", namespace: "foo", name: "web" },
  owner: "SharedService.shop.web",
  side: "consumer",
  phase: 0,
  changes: [{ path: "spec.addresses[0]", before: "240.0.0.1", after: "240.0.0.2" }],
  reason: "waits for cluster cluster3, which cannot be read",
};

const right: Action = { ...gateway, verb: "noop", phase: 0 };

const path: DeclaredPath = {
  direction: "across",
  owner: "SharedService.bar.httpbin",
  host: "httpbin.bar.cluster2",
  port: 8000,
  portName: "http",
  protocol: "HTTP",
  consumer: { cluster: "cluster1", namespace: "foo" },
  server: { cluster: "cluster2", namespace: "bar", service: "httpbin" },
  sni: "outbound_.8000_._.httpbin.bar.svc.cluster.local",
  identities: ["spiffe://cluster.local/ns/bar/sa/httpbin"],
};

const view = {
  plan: { actions: [gateway, entry, rule, keptFor, right], stages: [] },
  paths: [path, { ...path, host: "db.bar.cluster2", port: 5432, protocol: "TCP" }],
  held: new Map([["SharedService.shop.web", "cluster3 does not answer"]]),
};

test("a plan shows per cluster each change with its fields, what is kept and why, the paths and a summary", async () => {
  const text = renderPlan(view, plain);

  await expect(text).toMatchFileSnapshot("testdata/plan.golden.txt");
});

test("colours mark what is added, changed and removed", async () => {
  const text = renderPlan(view, createStyle(true));

  await expect(text).toMatchFileSnapshot("testdata/planColored.golden.txt");
});

test("objects that are right appear only when asked for", () => {
  const plan = { actions: [right], stages: [] };

  const brief = renderPlan({ plan, paths: [], held: new Map() }, plain);
  const full = renderPlan({ plan, paths: [], held: new Map() }, plain, { unchanged: true });

  expect(brief).toBe("Plan: 0 to create, 0 to update, 0 to delete, 1 unchanged.\n");
  expect(full).toContain("= keep Gateway istio-system/httpbin-bar");
});
