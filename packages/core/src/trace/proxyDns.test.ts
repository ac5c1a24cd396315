import { observedOf, podYaml } from "@isthmus/testkit";
import { expect, test } from "vitest";
import { trace } from "./trace.ts";
import { traceWorld } from "./traceWorld.ts";

/** `sleep` calls a ServiceEntry of resolution DNS with these endpoints. */
function called(endpoints: readonly string[], spec: Readonly<Record<string, unknown>> = {}) {
  const entry = {
    apiVersion: "networking.istio.io/v1",
    kind: "ServiceEntry",
    metadata: { name: "api", namespace: "foo" },
    spec: {
      hosts: ["api.shop.mesh"],
      location: "MESH_INTERNAL",
      resolution: "DNS",
      addresses: ["240.0.0.2"],
      ports: [{ name: "http", number: 80, protocol: "HTTP" }],
      ...(endpoints.length === 0 ? {} : { endpoints: endpoints.map((address) => ({ address })) }),
      ...spec,
    },
  };
  const other = {
    ...entry,
    metadata: { name: "b", namespace: "foo" },
    spec: { ...entry.spec, hosts: ["b.shop.mesh"] },
  };
  const yaml = `
{apiVersion: v1, kind: Namespace, metadata: {name: foo, labels: {istio-injection: enabled}}}
---
{apiVersion: v1, kind: Service, metadata: {name: web, namespace: foo}, spec: {clusterIP: 10.96.0.1, selector: {app: web}, ports: [{name: http, port: 80}]}}
---
{apiVersion: v1, kind: Service, metadata: {name: none, namespace: foo}, spec: {clusterIP: None, selector: {app: none}, ports: [{name: http, port: 80}]}}
---
${JSON.stringify(entry)}
---
${JSON.stringify({ ...other, spec: { ...other.spec, addresses: ["240.0.0.3"], endpoints: [{ address: "10.0.0.2" }] } })}
---
${podYaml("foo/sleep", "10.0.0.1")}${podYaml("foo/web", "10.0.0.2")}`;
  const found = trace(traceWorld(observedOf({ c1: { yaml } })), {
    from: { cluster: "c1", namespace: "foo", workload: "sleep" },
    method: "GET",
    url: { scheme: "http", host: "api.shop.mesh", port: 80, path: "/" },
    headers: {},
  });
  const outcomes = found.branches.map(({ outcome }) =>
    "responseFlag" in outcome ? `${outcome.kind} ${outcome.responseFlag}` : outcome.kind,
  );
  const { code = "", object, field = "" } = found.blamed ?? {};
  return `${outcomes.join(", ")} ${code} ${object?.name ?? ""} ${field}`.trim().replace(/ +/g, " ");
}

test.each([
  ["a Service's full name", "web.foo.svc.cluster.local"],
  ["a name of the world", "api.example.com"],
  ["an address", "10.0.0.2"],
  ["a short name, by its pod's search domains", "web"],
  ["one with its namespace", "web.foo"],
])("Envoy resolves %s", (_, address) => {
  expect(called([address])).toBe("answered");
});

test.each([
  ["the name of a ServiceEntry, as its own lookups are not captured", "b.shop.mesh"],
  ["a Service that is not there", "gone.foo.svc.cluster.local"],
])("Envoy does not resolve %s: no healthy upstream", (_, address) => {
  expect(called([address])).toBe("refused UH TRACE_ADDRESS_UNKNOWN api spec.endpoints[0].address");
});

test("an endpoint that has no address is as if it were not there", () => {
  expect(called(["b.shop.mesh", "web.foo.svc.cluster.local"])).toBe("answered");
});

test("without endpoints the host itself is asked for, and a wildcard is not a name to ask for", () => {
  expect(called([])).toBe("refused UH TRACE_ADDRESS_UNKNOWN api spec.hosts");
  expect(called([], { hosts: ["*.shop.mesh"] })).toBe("refused UH TRACE_ADDRESS_UNKNOWN api spec.hosts");
});

test("a headless Service without a ready pod has no address", () => {
  expect(called(["none.foo.svc.cluster.local"])).toMatch(/^refused UH TRACE_ADDRESS_UNKNOWN/);
});
