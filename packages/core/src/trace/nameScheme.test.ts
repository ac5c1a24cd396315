import { intents, meshCluster, observedOf, podYaml } from "@isthmus/testkit";
import { expect, test } from "vitest";
import { trace } from "./trace.ts";
import { traceWorld } from "./traceWorld.ts";

/** What becomes of a call of a name that no object has, in a mesh with clusters `east` and `prod`. */
function called(host: string, scheme: "declared" | "unknown" = "declared"): string {
  const observed = observedOf({
    east: {
      yaml: `{apiVersion: v1, kind: Namespace, metadata: {name: shop, labels: {istio-injection: enabled}}}\n---\n${podYaml("shop/web", "10.0.0.1")}`,
    },
    prod: {
      yaml: "{apiVersion: v1, kind: Service, metadata: {name: api, namespace: shop}, spec: {clusterIP: 10.96.0.1, ports: [{port: 80}]}}\n---\n{apiVersion: v1, kind: Service, metadata: {name: gw, namespace: istio-system}, spec: {type: LoadBalancer, ports: [{port: 80}]}, status: {loadBalancer: {ingress: [{hostname: gw.lab.test}]}}}",
    },
  });
  const declared = intents([], { clusters: [meshCluster("east"), meshCluster("prod")] });
  const world = traceWorld(observed, scheme === "declared" ? declared : {});
  const found = trace(world, {
    from: { cluster: "east", namespace: "shop", workload: "web" },
    method: "GET",
    url: { scheme: "http", host, port: 80, path: "/" },
    headers: {},
  });
  return `${found.verdict} ${found.blamed?.code ?? ""}`.trim();
}

test("a name of the mesh's scheme is not a name of the outside world, whatever its last label is", () => {
  expect(called("api.shop.prod")).toBe("broken TRACE_HOST_UNKNOWN");
  expect(called("api.shop.mesh")).toBe("broken TRACE_HOST_UNKNOWN");
  expect(called("www.example.prod")).toBe("unknown");
  expect(called("www.example.com")).toBe("reaches");
});

test("without declarations the scheme is not known, and what clusters hold is", () => {
  expect(called("api.shop.prod", "unknown")).toBe("reaches");
  expect(called("api.shop.esat", "unknown")).toBe("broken TRACE_HOST_UNKNOWN");
});

test("the host name of a load balancer is one that resolves", () => {
  expect(called("gw.lab.test")).not.toContain("TRACE_HOST_UNKNOWN");
});
