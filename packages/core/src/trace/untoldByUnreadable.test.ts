import { observedOf, podYaml } from "@isthmus/testkit";
import { expect, test } from "vitest";
import { missingKind, type UnreadableObject } from "../shape/index.ts";
import { trace } from "./trace.ts";
import { traceWorld } from "./traceWorld.ts";

const cluster = `
{apiVersion: v1, kind: Namespace, metadata: {name: web}}
---
{apiVersion: v1, kind: Namespace, metadata: {name: shop}}
---
apiVersion: v1
kind: Service
metadata: {name: api, namespace: shop}
spec: {clusterIP: 10.96.0.1, selector: {app: api}, ports: [{name: http, port: 80}]}
---
${podYaml("web/client", "10.0.0.1")}${podYaml("shop/api", "10.0.0.2", { ports: [{ name: "http", containerPort: 80 }] })}`;

const unreadable = (kind: string, namespace: string, more: Partial<UnreadableObject> = {}): UnreadableObject => ({
  ...{ group: "", kind, namespace, name: "x", fault: "spec.a must be text", isOurs: false },
  ...{ hosts: undefined, selector: undefined, addresses: [] },
  ...more,
});

function traced(host: string, ...left: readonly UnreadableObject[]) {
  const { clusters, unreachable } = observedOf({ c1: { yaml: cluster } });
  const withLeft = new Map([...clusters].map(([name, each]) => [name, { ...each, unreadable: left }]));
  return trace(traceWorld({ clusters: withLeft, unreachable }), {
    from: { cluster: "c1", namespace: "web", workload: "client" },
    ...{ method: "GET", headers: {}, url: { scheme: "http", host, port: 80, path: "/" } },
  });
}

test("the request reaches while everything can be read", () => {
  expect(traced("api.shop").verdict).toBe("reaches");
});

test.each<[string, UnreadableObject]>([
  ["a policy of the server's namespace", unreadable("AuthorizationPolicy", "shop")],
  ["a policy of the root namespace", unreadable("PeerAuthentication", "istio-system")],
  ["a Sidecar of the caller's namespace", unreadable("Sidecar", "web")],
  ["a VirtualService of any hosts", unreadable("VirtualService", "other")],
  ["a VirtualService of a covering host", unreadable("VirtualService", "other", { hosts: ["*.shop"] })],
  [
    "a DestinationRule of the host in full",
    unreadable("DestinationRule", "other", { hosts: ["api.shop.svc.cluster.local"] }),
  ],
  ["a pod of the server's namespace", unreadable("Pod", "shop")],
  ["the server's Service", unreadable("Service", "shop")],
  ["the caller's namespace itself", unreadable("Namespace", "", { name: "web" })],
])("with %s left out it cannot be told, and why", (_, left) => {
  const { verdict, branches, blamed } = traced("api.shop", left);

  expect(verdict).toBe("unknown");
  expect(blamed).toBeUndefined();
  expect(branches[0]?.hops.at(-1)).toMatchObject({
    status: "unknown",
    code: "TRACE_UNREADABLE",
    detail: expect.stringContaining("may decide and cannot be read: spec.a must be text"),
  });
});

test.each<[string, UnreadableObject]>([
  ["a policy of another namespace", unreadable("AuthorizationPolicy", "other")],
  ["a VirtualService of another host", unreadable("VirtualService", "other", { hosts: ["reviews.other"] })],
  ["a pod elsewhere", unreadable("Pod", "other")],
  ["a gateway that is not passed", unreadable("Gateway", "other")],
])("with %s left out the verdict stands", (_, left) => {
  expect(traced("api.shop", left).verdict).toBe("reaches");
});

test("a name that nothing has is not broken where what cannot be read may have it", () => {
  expect(traced("pay.bank.svc.cluster.local").verdict).toBe("broken");
  expect(
    traced("pay.bank.svc.cluster.local", unreadable("ServiceEntry", "other", { hosts: ["pay.bank.svc.cluster.local"] }))
      .verdict,
  ).toBe("unknown");
  expect(traced("pay.bank.svc.cluster.local", unreadable("Service", "bank", { name: "pay" })).verdict).toBe("unknown");
  expect(
    traced("pay.bank.svc.cluster.local", unreadable("ServiceEntry", "other", { hosts: ["other.example"] })).verdict,
  ).toBe("broken");
});

const missing = (kind: string) => missingKind({ group: "", kind }, "shows none: it does not say whether there are any");

test.each(["AuthorizationPolicy", "VirtualService", "Sidecar", "Namespace"])(
  "whether there are %s that may decide cannot be told where a dump does not show the kind",
  (kind) => {
    const { verdict, branches } = traced("api.shop", missing(kind));

    expect(verdict).toBe("unknown");
    expect(branches[0]?.hops.at(-1)).toMatchObject({
      code: "TRACE_KIND_MISSING",
      detail: `${kind} may decide, and the dump of c1 shows none: it does not say whether there are any`,
    });
  },
);

test("a kind that a dump does not show and that cannot decide leaves the verdict as it is", () => {
  expect(traced("api.shop", missing("Node"), missing("ServiceImport"), missing("Gateway")).verdict).toBe("reaches");
});

test("policies that a dump does not show save no call that fails before it leaves the caller", () => {
  const policies = ["AuthorizationPolicy", "RequestAuthentication", "PeerAuthentication"].map(missing);

  expect(traced("pay.bank.svc.cluster.local", ...policies).verdict).toBe("broken");
  expect(traced("api.shop", ...policies).verdict).toBe("unknown");
  expect(traced("pay.bank.svc.cluster.local", missing("ServiceEntry")).verdict).toBe("unknown");
});

test("several kinds are named together, an object that is there and cannot be read before them", () => {
  const kinds = ["Sidecar", "VirtualService", "EnvoyFilter", "WasmPlugin", "ProxyConfig"].map(missing);

  const detailOf = (...left: readonly UnreadableObject[]) =>
    traced("api.shop", ...left).branches[0]?.hops.at(-1)?.detail;

  expect(detailOf(...kinds)).toContain("Sidecar, VirtualService, EnvoyFilter, WasmPlugin and 1 more may decide");
  expect(detailOf(...kinds, unreadable("Pod", "shop"))).toContain("Pod shop/x of c1 may decide and cannot be read");
});

test("what is known from manifests alone rests on there being nothing else", () => {
  const { clusters, unreachable } = observedOf({ c1: { yaml: cluster } });
  const whole = new Map([...clusters].map(([name, each]) => [name, { ...each, isTakenAsWhole: true as const }]));

  const { verdict, assumes } = trace(traceWorld({ clusters: whole, unreachable }), {
    from: { cluster: "c1", namespace: "web", workload: "client" },
    ...{ method: "GET", headers: {}, url: { scheme: "http", host: "api.shop", port: 80, path: "/" } },
  });

  expect(verdict).toBe("reaches");
  expect(assumes).toContainEqual({ about: "completeness", detail: "c1 holds nothing beside what was given" });
});
