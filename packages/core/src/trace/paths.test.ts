import { namespace, observedCluster, pod, service } from "@isthmus/testkit";
import { expect, test } from "vitest";
import type { KubeObject } from "../kinds/index.ts";
import { defaultMeshConfig, type MeshConfig } from "../model/index.ts";
import { trace } from "./trace.ts";
import type { TraceRequest } from "./traceRequest.ts";
import { traceWorld } from "./traceWorld.ts";

const mesh = [namespace("foo"), pod("foo/sleep"), namespace("bar"), service("bar/httpbin"), pod("bar/httpbin")];

function policy(action: string, operation: object): KubeObject {
  const spec = { action, rules: [{ to: [{ operation }] }] };
  return {
    apiVersion: "security.istio.io/v1",
    kind: "AuthorizationPolicy",
    metadata: { name: "paths", namespace: "bar" },
    spec,
  } as KubeObject;
}

function virtualService(http: object): KubeObject {
  return {
    apiVersion: "networking.istio.io/v1",
    kind: "VirtualService",
    metadata: { name: "routes", namespace: "bar" },
    spec: { hosts: ["httpbin.bar.svc.cluster.local"], http: [http] },
  } as KubeObject;
}

function traced(path: string, objects: readonly KubeObject[], changes: Partial<MeshConfig> = {}) {
  const meshConfig = { ...defaultMeshConfig, ...changes };
  const cluster = observedCluster("cluster1", "192.0.2.1", [...mesh, ...objects], { meshConfig });
  const request: TraceRequest = {
    from: { cluster: "cluster1", namespace: "foo", workload: "sleep" },
    method: "GET",
    url: { scheme: "http", host: "httpbin.bar", port: 8000, path },
    headers: {},
  };
  return trace(traceWorld({ clusters: new Map([["cluster1", cluster]]), unreachable: new Map() }), request);
}

/** The verdict, and the status where it is not the app's. */
function call(path: string, objects: readonly KubeObject[], changes: Partial<MeshConfig> = {}): string {
  const { verdict, branches } = traced(path, objects, changes);
  const outcome = branches[0]?.outcome;
  return outcome !== undefined && "status" in outcome && outcome.status !== undefined
    ? `${verdict} ${outcome.status}`
    : verdict;
}

const decoding = { pathNormalization: "DECODE_AND_MERGE_SLASHES" } as const;
const merging = { pathNormalization: "MERGE_SLASHES" } as const;
const none = { pathNormalization: "NONE" } as const;

test.each<[string, Partial<MeshConfig>, boolean]>([
  ["/env", {}, true],
  ["/x/../env", {}, true],
  ["/%65nv?a=b", {}, true],
  ["\\env", {}, true],
  ["//env", {}, false],
  ["//env", merging, true],
  ["/x%2F..%2Fenv", {}, false],
  ["/x%2F..%2Fenv", merging, false],
  ["/x%2F..%2Fenv", decoding, true],
  ["/x/../env", none, false],
  ["/%65nv", none, false],
  ["/ENV", {}, false],
])("%s is /env to a DENY and to an ALLOW policy, with %j: %s", (path, changes, isEnv) => {
  expect(call(path, [policy("DENY", { paths: ["/env"] })], changes)).toBe(isEnv ? "broken 403" : "reaches");
  expect(call(path, [policy("ALLOW", { paths: ["/env"] })], changes)).toBe(isEnv ? "reaches" : "broken 403");
});

test("routes match the normalised path", () => {
  const route = [{ destination: { host: "httpbin.bar.svc.cluster.local" } }];
  const onlyEnv = virtualService({ match: [{ uri: { exact: "/env" } }], route });

  expect(call("/x/../env", [onlyEnv])).toBe("reaches");
  expect(call("/x/../env", [onlyEnv], none)).toBe("broken 404");
});

test("what a route makes of a path is normalised again where it arrives", () => {
  const route = [{ destination: { host: "httpbin.bar.svc.cluster.local" } }];
  const rewrite = virtualService({ match: [{ uri: { prefix: "/api" } }], rewrite: { uri: "/x/.." }, route });

  expect(call("/api/env", [rewrite, policy("DENY", { paths: ["/env"] })])).toBe("broken 403");
});

test("a path with NUL is refused by the client's own sidecar", () => {
  const found = traced("/env%00", []);

  expect(found.branches[0]?.outcome).toEqual({ kind: "refused", status: 400 });
  expect(found.blamed).toMatchObject({ code: "TRACE_PATH_REFUSED", name: "listener" });
  expect(call("/env%00", [], none)).toBe("reaches");
});

test("escaped slashes are refused or redirected where the proxy's own settings say so", () => {
  const settings = (escapedSlashes: "reject" | "redirect") => ({
    connectionSettings: { isEdge: false, escapedSlashes },
  });

  expect(call("/a%2Fb", [], settings("reject"))).toBe("broken 400");
  expect(traced("/a%2Fb", [], settings("redirect")).branches[0]?.outcome).toEqual({
    kind: "answered",
    by: { type: "proxy" },
    status: 307,
  });
});

test("a changed path is shown", () => {
  const details = traced("/x/../env", []).branches[0]?.hops.map(({ detail }) => detail);

  expect(details).toContain("the sidecar of foo/sleep takes path /x/../env as /env");
});
