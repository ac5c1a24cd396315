import { observedOf, podYaml } from "@isthmus/testkit";
import { expect, test } from "vitest";
import { trace } from "./trace.ts";
import { traceWorld } from "./traceWorld.ts";

const on = (node: string | undefined, pod: string) =>
  node === undefined ? pod : pod.replace('"spec":{', `"spec":{"nodeName":"${node}",`);

interface Setting {
  readonly caller: string | undefined;
  readonly pods: readonly (string | undefined)[];
  readonly sidecar?: boolean;
  readonly policy?: string;
  readonly more?: string;
}

/** `sleep` calls Service `web`, which is for pods of the caller's own node. */
function called({ caller, pods, sidecar = true, policy = "Local", more = "" }: Setting) {
  const yaml = `
{apiVersion: v1, kind: Namespace, metadata: {name: foo, labels: {istio-injection: enabled}}}
---
{apiVersion: v1, kind: Node, metadata: {name: one}}
---
{apiVersion: v1, kind: Node, metadata: {name: two}}
---
{apiVersion: v1, kind: Service, metadata: {name: web, namespace: foo}, spec: {clusterIP: 10.96.0.1, internalTrafficPolicy: ${policy}, selector: {of: web}, ports: [{name: http, port: 80}]}}
---
${on(caller, podYaml("foo/sleep", "10.0.0.1", { sidecar }))}
${pods.map((node, index) => on(node, podYaml(`foo/web-${index}`, `10.0.1.${index}`, { labels: { of: "web" } }))).join("")}${more}`;
  const found = trace(traceWorld(observedOf({ c1: { yaml } })), {
    from: { cluster: "c1", namespace: "foo", workload: "sleep" },
    method: "GET",
    url: { scheme: "http", host: "web", port: 80, path: "/" },
    headers: {},
  });
  const { outcome } = found.branches[0] ?? {};
  const flag = outcome !== undefined && "responseFlag" in outcome ? ` ${outcome.responseFlag}` : "";
  return `${found.verdict}: ${outcome?.kind}${flag} ${found.blamed?.object?.kind ?? ""} ${found.blamed?.field ?? ""}`.trim();
}

const blame = "Service spec.internalTrafficPolicy";

test.each([
  ["has a pod on the caller's node", { caller: "one", pods: ["one", "two"] }, "reaches: answered"],
  ["has pods elsewhere only", { caller: "one", pods: ["two", "two"] }, `broken: refused UH ${blame}`],
  ["is for all nodes", { caller: "one", pods: ["two"], policy: "Cluster" }, "reaches: answered"],
  ["has pods whose node is not known", { caller: "one", pods: [undefined] }, "unknown: unknown"],
  ["is called from a node that is not known", { caller: undefined, pods: ["one"] }, "unknown: unknown"],
  ["has no pods", { caller: undefined, pods: [] }, "broken: refused UH Service spec.selector"],
])("a Service with internalTrafficPolicy Local that %s, called through a sidecar", (_, setting, expected) => {
  expect(called(setting)).toBe(expected);
});

test("kube-proxy drops calls of such a Service from a node without a pod of it", () => {
  expect(called({ caller: "one", pods: ["one"], sidecar: false })).toBe("reaches: answered");
  expect(called({ caller: "one", pods: ["two"], sidecar: false })).toBe(`broken: timeout ${blame}`);
  expect(called({ caller: undefined, pods: ["two"], sidecar: false })).toBe("unknown: unknown");
});

test("a machine of a WorkloadEntry is on no node", () => {
  const more =
    "{apiVersion: networking.istio.io/v1, kind: WorkloadEntry, metadata: {name: vm, namespace: foo}, spec: {address: 192.0.2.9, labels: {of: web}}}";

  expect(called({ caller: "one", pods: [], more })).toBe(`broken: refused UH ${blame}`);
  expect(called({ caller: "one", pods: [], policy: "Cluster", more })).toBe("reaches: answered");
});
