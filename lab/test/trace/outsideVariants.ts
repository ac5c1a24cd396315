import { type Edit, type Recipe, scenarioOf, type Variant } from "./recipe.ts";
import { ingress } from "./recipes.ts";
import type { Scenario } from "./scenario.ts";

/** Clients outside of the clusters come in through a gateway. */

const set = (on: string, path: string, to: unknown): Edit => ({ on, path, to });
const one = (title: string, ...edits: readonly Edit[]): Variant => ({ title, edits });

const http: Recipe = {
  ...ingress,
  name: "outside, HTTP",
  calls: ["outside http://$id.acme.test/env", "outside http://$addr:$http/env host=$id.acme.test"],
};

const https: Recipe = {
  ...http,
  name: "outside, HTTPS",
  cluster2: (ingress.cluster2 ?? "").replace(
    "port: {number: 80, name: http, protocol: HTTP}",
    "port: {number: 443, name: https-$id, protocol: HTTPS}\n    tls: {mode: SIMPLE, credentialName: credential}",
  ),
  calls: ["outside https://$id.acme.test/env", "outside https://$id.acme.test/env cert=client.acme.test"],
};

const both = (title: string, ...edits: readonly Edit[]) => one(title, ...edits);
const toWeb = { destination: { host: "$id.$sv.svc.cluster.local", port: { number: 8000 } } };

const ofRoutes: readonly Variant[] = [
  both("as it should be"),
  both("the Gateway is gone", { on: "Gateway" }),
  both("the VirtualService is gone", { on: "VirtualService" }),
  both("a wildcard at the Gateway", set("Gateway", "spec.servers[0].hosts", ["*.acme.test"])),
  both("the Gateway's host of another namespace", set("Gateway", "spec.servers[0].hosts", ["other/$id.acme.test"])),
  both("a VirtualService for sidecars only", { on: "VirtualService", path: "spec.gateways", to: ["mesh"] }),
  both("a redirect", set("VirtualService", "spec.http[0]", { redirect: { uri: "/elsewhere", redirectCode: 302 } })),
  both(
    "a path that is rewritten",
    set("VirtualService", "spec.http[0]", {
      match: [{ uri: { prefix: "/env" } }],
      rewrite: { uri: "/nowhere" },
      route: [toWeb],
    }),
  ),
  both(
    "a header that is asked for",
    set("VirtualService", "spec.http[0]", { match: [{ headers: { "x-a": { exact: "b" } } }], route: [toWeb] }),
  ),
  both(
    "an abort",
    set("VirtualService", "spec.http[0].fault", { abort: { httpStatus: 418, percentage: { value: 100 } } }),
  ),
  both("a port that the Service lacks", set("VirtualService", "spec.http[0].route[0].destination.port.number", 8001)),
  both(
    "a Service that is not there",
    set("VirtualService", "spec.http[0].route[0].destination.host", "none.$sv.svc.cluster.local"),
  ),
  both("pods without a sidecar", set("Service", "spec.selector", { app: "plainweb" })),
];

const ofTls: readonly Variant[] = [
  one("a client certificate is asked for", set("Gateway", "spec.servers[0].tls.mode", "MUTUAL")),
  one(
    "a client certificate is taken where there is one",
    set("Gateway", "spec.servers[0].tls.mode", "OPTIONAL_MUTUAL"),
  ),
  one(
    "a client certificate with this name",
    set("Gateway", "spec.servers[0].tls.mode", "MUTUAL"),
    set("Gateway", "spec.servers[0].tls.subjectAltNames", ["client.acme.test"]),
  ),
  one(
    "a client certificate with another name",
    set("Gateway", "spec.servers[0].tls.mode", "MUTUAL"),
    set("Gateway", "spec.servers[0].tls.subjectAltNames", ["other.acme.test"]),
  ),
  one("another SNI", set("Gateway", "spec.servers[0].hosts", ["$idx.acme.test"])),
  one(
    "the redirect of plain HTTP",
    set("Gateway", "spec.servers[1]", {
      port: { number: 80, name: "http", protocol: "HTTP" },
      tls: { httpsRedirect: true },
      hosts: ["$id.acme.test"],
    }),
  ),
].map((variant) => ({ ...variant, calls: [...https.calls, "outside http://$id.acme.test/env"] }));

const policy = (title: string, spec: string, calls: readonly string[] = http.calls): Variant => ({
  title,
  edits: [],
  reach: "slot",
  cluster2: `
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {name: $id, namespace: $gw}
spec: ${spec}
`,
  calls,
});

const tokens = (rules: string) => `
apiVersion: security.istio.io/v1
kind: RequestAuthentication
metadata: {name: $id, namespace: $gw}
spec: {selector: {matchLabels: {gateway: $gw}}, jwtRules: ${rules}}
`;
const rule = `{issuer: "https://issuer.test", jwks: '$jwks', audiences: [api]}`;
const carrying = [
  "outside http://$id.acme.test/env",
  "outside http://$id.acme.test/env claim.iss=https://issuer.test claim.sub=alice claim.aud=api claim.groups=staff,x",
  "outside http://$id.acme.test/env claim.iss=https://issuer.test claim.sub=alice claim.aud=api",
  "outside http://$id.acme.test/env claim.iss=https://issuer.test claim.sub=alice claim.aud=else",
  "outside http://$id.acme.test/env claim.iss=https://other.test claim.sub=alice",
  "outside http://$id.acme.test/env authorization=Basic",
];
const asked = (title: string, spec: string, rules = `[${rule}]`): Variant => ({
  ...policy(title, spec, carrying),
  cluster2: `${tokens(rules)}---${policy("", spec).cluster2}`,
});

const ofPolicies: readonly Variant[] = [
  policy("nothing is allowed", "{}"),
  policy("a path is allowed", "{rules: [{to: [{operation: {paths: [/env]}}]}]}", [
    ...http.calls,
    "outside http://$id.acme.test/get",
  ]),
  policy("a host is denied", '{action: DENY, rules: [{to: [{operation: {hosts: ["$id.acme.test"]}}]}]}'),
  policy("the gateway's own port is allowed", '{rules: [{to: [{operation: {ports: ["8080"]}}]}]}'),
  policy("the Service's port is allowed", '{rules: [{to: [{operation: {ports: ["80"]}}]}]}'),
  policy("an identity is asked for", '{rules: [{from: [{source: {principals: ["*"]}}]}]}'),
  asked("tokens are taken", "{rules: [{}]}"),
  asked("a token is asked for", '{rules: [{from: [{source: {requestPrincipals: ["*"]}}]}]}'),
  asked("a subject is asked for", '{rules: [{from: [{source: {requestPrincipals: ["https://issuer.test/alice"]}}]}]}'),
  asked("a group is asked for", '{rules: [{when: [{key: "request.auth.claims[groups]", values: [staff]}]}]}'),
  asked(
    "whoever lacks a group is denied",
    '{action: DENY, rules: [{when: [{key: "request.auth.claims[groups]", notValues: [staff]}]}]}',
  ),
  asked(
    "tokens of two issuers",
    '{rules: [{from: [{source: {requestPrincipals: ["*"]}}]}]}',
    `[${rule}, {issuer: "https://other.test", jwks: '$jwks'}]`,
  ),
];

const ofCertificates: readonly Variant[] = [
  policy(
    "a certificate's name is allowed",
    '{rules: [{from: [{source: {principals: ["client.acme.test"]}}]}]}',
    https.calls,
  ),
  policy("any certificate is allowed", '{rules: [{from: [{source: {principals: ["*"]}}]}]}', https.calls),
  policy("the SNI is allowed", '{rules: [{when: [{key: connection.sni, values: ["$id.acme.test"]}]}]}', https.calls),
].map((variant) => ({ ...variant, edits: [set("Gateway", "spec.servers[0].tls.mode", "MUTUAL")] }));

export function outsideScenarios(): readonly Scenario[] {
  return [
    ...[...ofRoutes, ...ofPolicies].map((variant) => scenarioOf(http, variant)),
    ...[...ofTls, ...ofCertificates].map((variant) => scenarioOf(https, variant)),
  ];
}
