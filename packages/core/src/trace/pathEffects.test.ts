import { externalAccess, intents, observedOf, podYaml, sharedService } from "@isthmus/testkit";
import { expect, test } from "vitest";
import type { DeclaredPath } from "../model/index.ts";
import { brokenPaths, pathEffects } from "./pathEffects.ts";

const path: DeclaredPath = {
  direction: "across",
  owner: "SharedService.bar.httpbin",
  host: "httpbin.bar.svc.cluster.local",
  port: 8000,
  portName: "http",
  protocol: "HTTP",
  consumer: { cluster: "c1", namespace: "foo" },
  server: { cluster: "c1", namespace: "bar", service: "httpbin" },
  sni: "",
  identities: [],
};

const namespace = "{apiVersion: v1, kind: Namespace, metadata: {name: foo, labels: {istio-injection: enabled}}}\n---\n";
const service = `{apiVersion: v1, kind: Service, metadata: {name: httpbin, namespace: bar}, spec: {clusterIP: 10.96.0.1, selector: {app: httpbin}, ports: [{name: http, port: 8000}]}}\n---\n`;
const works = namespace + service + podYaml("bar/httpbin", "10.0.0.2");
const otherPod = namespace + service + podYaml("bar/other", "10.0.0.3", { labels: { app: "httpbin" } });
const broken = namespace + service;

function effect(before: string, after: string) {
  const [found] = pathEffects({
    intents: intents([sharedService("bar/httpbin")]),
    paths: [path],
    before: observedOf({ c1: { yaml: before } }),
    after: observedOf({ c1: { yaml: after } }),
  });
  return found;
}

test.each([
  ["a path that works only afterwards is made", broken, works, "makes"],
  ["one that works before and after is kept", works, works, "keeps"],
  ["one that another pod answers is changed", works, otherPod, "changes"],
  ["one that works before only is broken", works, broken, "breaks"],
  ["one that works neither before nor after stays broken", broken, broken, "leaves broken"],
])("%s", (_, before, after, kind) => {
  expect(effect(before, after)?.kind).toBe(kind);
});

test("a plan that breaks a path is a problem that says why, and any other plan is none", () => {
  const breaking = effect(works, broken);
  const keeping = effect(works, works);

  expect(brokenPaths([...(breaking ? [breaking] : []), ...(breaking ? [breaking] : [])])).toMatchObject({
    code: "PATH_WOULD_BREAK",
    message: expect.stringMatching(
      /httpbin\.bar\.svc\.cluster\.local:8000 for c1\/foo, and 1 more: nothing serves port 8000/,
    ),
  });
  expect(brokenPaths(keeping ? [keeping] : [])).toBeUndefined();
});

test("paths in and out of the mesh are traced as their callers go, and a plan that breaks one is told", () => {
  const out: DeclaredPath = {
    ...{ direction: "out", owner: "ExternalService.foo.db", host: "db.example.com", port: 80, portName: "http-80" },
    ...{ protocol: "HTTP", consumer: { cluster: "c1", namespace: "foo" } },
  };
  const into: DeclaredPath = {
    ...{
      direction: "in",
      owner: "ExternalAccess.bar.httpbin",
      host: "httpbin.example.com",
      port: 443,
      portName: "https",
    },
    ...{ protocol: "HTTPS", server: { cluster: "c1", namespace: "bar", service: "httpbin" }, isRedirect: false },
  };
  const access = externalAccess("bar/httpbin", {
    tls: { mode: "Mutual", credential: { secret: "x" }, clients: { subjectAltNames: ["client.example.com"] } },
  });
  const entry = `{apiVersion: networking.istio.io/v1, kind: ServiceEntry, metadata: {name: db, namespace: foo}, spec: {hosts: [db.example.com], location: MESH_EXTERNAL, resolution: STATIC, ports: [{name: http, number: 80, protocol: HTTP}], endpoints: [{address: 203.0.113.7}]}}\n---\n`;
  const gateway = `{apiVersion: v1, kind: Service, metadata: {name: gateway, namespace: istio-system}, spec: {type: NodePort, clusterIP: 10.96.0.9, selector: {istio: ingressgateway}, ports: [{name: https, port: 443, targetPort: 8443, nodePort: 30443}]}}
---
{apiVersion: networking.istio.io/v1, kind: Gateway, metadata: {name: in, namespace: istio-system}, spec: {selector: {istio: ingressgateway}, servers: [{port: {number: 443, name: https, protocol: HTTPS}, tls: {mode: MUTUAL, credentialName: x, subjectAltNames: [client.example.com]}, hosts: ["bar/httpbin.example.com"]}]}}
---
{apiVersion: networking.istio.io/v1, kind: VirtualService, metadata: {name: in, namespace: bar}, spec: {hosts: [httpbin.example.com], gateways: [istio-system/in], http: [{route: [{destination: {host: httpbin.bar.svc.cluster.local, port: {number: 8000}}}]}]}}
---
`;
  const effects = (before: string, after: string) =>
    pathEffects({
      intents: intents([], { externalAccesses: [access] }),
      paths: [out, into],
      before: observedOf({ c1: { yaml: before, meshConfig: { outboundTrafficPolicy: "REGISTRY_ONLY" } } }),
      after: observedOf({ c1: { yaml: after, meshConfig: { outboundTrafficPolicy: "REGISTRY_ONLY" } } }),
    });
  const proxy = `{apiVersion: v1, kind: Pod, metadata: {name: gateway, namespace: istio-system, labels: {istio: ingressgateway}}, spec: {containers: [{name: istio-proxy}]}, status: {phase: Running, podIP: 10.0.0.9, conditions: [{type: Ready, status: "True"}]}}\n---\n`;
  const all = `${works}\n---\n${podYaml("foo/sleep", "10.0.0.4")}\n---\n${proxy}`;

  const made = effects(all, `${all}${entry}${gateway}`);
  const broken = effects(`${all}${entry}${gateway}`, `${all}${entry}`);

  expect(made.map(({ kind }) => kind)).toEqual(["makes", "makes"]);
  expect(broken.map(({ kind }) => kind)).toEqual(["keeps", "breaks"]);
  expect(brokenPaths(broken)?.message).toContain("httpbin.example.com:443 for clients outside, at c1");
});

test("a path that works now and of which nobody can tell afterwards is shown, guarded, and told why", () => {
  const filter = `---\n{apiVersion: networking.istio.io/v1alpha3, kind: EnvoyFilter, metadata: {name: lua, namespace: bar}, spec: {configPatches: [{applyTo: HTTP_FILTER, match: {context: SIDECAR_INBOUND}, patch: {operation: INSERT_FIRST, value: {name: lua, typed_config: {"@type": type.googleapis.com/envoy.extensions.filters.http.lua.v3.Lua}}}}]}}\n`;

  const hidden = effect(works, works + filter);
  const stillUnknown = effect(works + filter, works + filter);

  expect(hidden).toMatchObject({
    kind: "hides",
    after: "unknown",
    why: expect.stringContaining("EnvoyFilter bar/lua"),
  });
  expect(brokenPaths(hidden ? [hidden] : [])).toMatchObject({
    code: "PATH_WOULD_BE_UNPROVEN",
    message: expect.stringContaining("EnvoyFilter bar/lua"),
  });
  expect(stillUnknown).toMatchObject({ kind: "unclear", why: expect.stringContaining("EnvoyFilter bar/lua") });
  expect(brokenPaths(stillUnknown ? [stillUnknown] : [])).toBeUndefined();
});

test("a plan that breaks one path and hides another is told for the one that it breaks", () => {
  const breaking = effect(works, broken);
  if (breaking === undefined) throw new Error("one path is traced");

  expect(brokenPaths([{ ...breaking, kind: "hides" }, breaking])?.code).toBe("PATH_WOULD_BREAK");
});
