import { type Edit, type Recipe, scenarioOf, type Variant } from "./recipe.ts";
import { ingress } from "./recipes.ts";
import type { Scenario } from "./scenario.ts";

/** Gateway and routes of the Gateway API at a slot's gateway, and a Service's route within the mesh. */

const set = (on: string, path: string, to: unknown): Edit => ({ on, path, to });
const one = (title: string, ...edits: readonly Edit[]): Variant => ({ title, edits });

const service = (ingress.cluster2 ?? "").split("---")[0] ?? "";
const gateway = (listener: string) => `
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: $id, namespace: $gw}
spec:
  gatewayClassName: istio
  addresses: [{type: Hostname, value: gateway.$gw.svc.cluster.local}]
  listeners: [${listener}]
`;
const route = (kind: string, spec: string) => `
apiVersion: gateway.networking.k8s.io/v1
kind: ${kind}
metadata: {name: $id}
spec: {parentRefs: [{name: $id, namespace: $gw}], hostnames: [$id.acme.test], ${spec}}
`;
const backends = "rules: [{backendRefs: [{name: $id, port: 8000}]}]";
const open = "allowedRoutes: {namespaces: {from: All}}";

const http: Recipe = {
  name: "Gateway API, HTTP",
  reach: "names",
  cluster2: `${service}---${gateway(`{name: http, port: 80, protocol: HTTP, hostname: $id.acme.test, ${open}}`)}---${route("HTTPRoute", backends)}`,
  calls: ["outside http://$id.acme.test/env", "outside http://$id.acme.test/environment"],
};

const https: Recipe = {
  ...http,
  name: "Gateway API, HTTPS",
  cluster2: `${service}---${gateway(`{name: https, port: 443, protocol: HTTPS, hostname: $id.acme.test, tls: {mode: Terminate, certificateRefs: [{name: credential}]}, ${open}}`)}---${route("HTTPRoute", backends)}`,
  calls: ["outside https://$id.acme.test/env", "outside https://$id.acme.test/env cert=client.acme.test"],
};

const mesh: Recipe = {
  name: "Gateway API, in the mesh",
  reach: "slot",
  cluster1: `${service}---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: $id}
spec:
  parentRefs: [{group: "", kind: Service, name: $id}]
  rules: [{matches: [{path: {type: PathPrefix, value: /env}}], backendRefs: [{name: $id, port: 8000}]}]
`,
  calls: ["http://$id:8000/env", "http://$id:8000/get", "$cl/plain http://$id:8000/get"],
};

const ofHttp: readonly Variant[] = [
  one("as it should be"),
  one("the Gateway is gone", { on: "Gateway" }),
  one("the HTTPRoute is gone", { on: "HTTPRoute" }),
  one(
    "routes of its own namespace only",
    set("Gateway", "spec.listeners[0].allowedRoutes", { namespaces: { from: "Same" } }),
  ),
  one(
    "routes of a namespace by its labels",
    set("Gateway", "spec.listeners[0].allowedRoutes.namespaces", {
      from: "Selector",
      selector: { matchLabels: { "kubernetes.io/metadata.name": "$sv" } },
    }),
  ),
  one("another section", set("HTTPRoute", "spec.parentRefs[0].sectionName", "other")),
  one("another host at the route", set("HTTPRoute", "spec.hostnames", ["$idx.acme.test"])),
  one("another Service's address", set("Gateway", "spec.addresses[0].value", "other.$gw.svc.cluster.local")),
  one(
    "a prefix of segments",
    set("HTTPRoute", "spec.rules[0].matches", [{ path: { type: "PathPrefix", value: "/env" } }]),
  ),
  one("no backend", set("HTTPRoute", "spec.rules[0].backendRefs", undefined)),
  one("a Service that is not there", set("HTTPRoute", "spec.rules[0].backendRefs[0].name", "none")),
  one("a Service of another namespace", set("HTTPRoute", "spec.rules[0].backendRefs[0].namespace", "$gw")),
  one(
    "a prefix that is taken away",
    set("HTTPRoute", "spec.rules[0]", {
      matches: [{ path: { type: "PathPrefix", value: "/env" } }],
      filters: [{ type: "URLRewrite", urlRewrite: { path: { type: "ReplacePrefixMatch", replacePrefixMatch: "/" } } }],
      backendRefs: [{ name: "$id", port: 8000 }],
    }),
  ),
  one(
    "a redirect",
    set("HTTPRoute", "spec.rules[0]", {
      filters: [{ type: "RequestRedirect", requestRedirect: { scheme: "https", statusCode: 301 } }],
    }),
  ),
];

const ofHttps: readonly Variant[] = [
  one("as it should be"),
  one(
    "a client certificate is asked for",
    set("Gateway", "spec.listeners[0].tls.options", { "gateway.istio.io/tls-terminate-mode": "MUTUAL" }),
  ),
  one("another host at the listener", set("Gateway", "spec.listeners[0].hostname", "$idx.acme.test")),
];

const ofMesh: readonly Variant[] = [
  one("as it should be"),
  one("a Service that is not there", set("HTTPRoute", "spec.rules[0].backendRefs[0].name", "none")),
];

export function gatewayApiScenarios(): readonly Scenario[] {
  return [
    ...ofHttp.map((variant) => scenarioOf(http, variant)),
    ...ofHttps.map((variant) => scenarioOf(https, variant)),
    ...ofMesh.map((variant) => scenarioOf(mesh, variant)),
  ];
}
