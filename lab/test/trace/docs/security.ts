import type { Scenario } from "../scenario.ts";
import { gateway, routesOf, task } from "./docRecipe.ts";

const httpbin = `
apiVersion: v1
kind: Service
metadata: {name: httpbin, labels: {app: httpbin}}
spec: {selector: {app: web}, ports: [{name: http, port: 8000, targetPort: 8080}]}
---`;
const callers = (path = "/get", more = "") => [
  `cluster2 $sv/sleep http://httpbin:8000${path}${more}`,
  `cluster2 $sv/plain http://httpbin:8000${path}${more}`,
];
const peer = (spec: string, name = "default", where = "$sv") => `
apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata: {name: ${name}, namespace: ${where}}
spec: ${spec}
---`;
const policy = (name: string, spec: string, where = "$sv", annotations = "{}") => `
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {name: ${name}, namespace: ${where}, annotations: ${annotations}}
spec: ${spec}
---`;
const web = "selector: {matchLabels: {app: web}}";

const authentication = task("authentication policy", [
  {
    name: "strict mutual TLS for the mesh",
    mesh: "{}",
    cluster2: `${httpbin}${peer("{mtls: {mode: STRICT}}", "default", "istio-system")}`,
    calls: callers(),
  },
  {
    name: "strict mutual TLS for a namespace",
    cluster2: `${httpbin}${peer("{mtls: {mode: STRICT}}")}`,
    calls: callers(),
  },
  {
    name: "strict for a workload, and the caller's rule with it",
    cluster2: `${httpbin}${peer(`{${web}, mtls: {mode: STRICT}}`, "httpbin")}
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: httpbin}
spec: {host: httpbin.$sv.svc.cluster.local, trafficPolicy: {tls: {mode: ISTIO_MUTUAL}, portLevelSettings: [{port: {number: 8000}, tls: {mode: DISABLE}}]}}
`,
    calls: callers(),
  },
  {
    name: "strict for a workload but for one port",
    cluster2: `${httpbin}${peer(`{${web}, mtls: {mode: STRICT}, portLevelMtls: {8080: {mode: DISABLE}}}`, "httpbin")}
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: httpbin}
spec: {host: httpbin.$sv.svc.cluster.local, trafficPolicy: {tls: {mode: ISTIO_MUTUAL}, portLevelSettings: [{port: {number: 8000}, tls: {mode: DISABLE}}]}}
`,
    calls: callers(),
  },
  {
    name: "the namespace's policy is overridden by a workload's",
    cluster2: `${httpbin}${peer("{mtls: {mode: STRICT}}")}${peer(`{${web}, mtls: {mode: DISABLE}}`, "overwrite-example")}
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: overwrite-example}
spec: {host: httpbin.$sv.svc.cluster.local, trafficPolicy: {tls: {mode: DISABLE}}}
`,
    calls: callers(),
  },
]);

const sleeper = '{source: {principals: ["cluster.local/ns/$sv/sa/sleep"]}}';
const http = task("authorization for HTTP traffic", [
  { name: "allow nothing", cluster2: `${httpbin}${policy("allow-nothing", "{}")}`, calls: callers() },
  {
    name: "viewers may GET",
    cluster2: `${httpbin}${policy("allow-nothing", "{}")}${policy("httpbin-viewer", `{${web}, action: ALLOW, rules: [{to: [{operation: {methods: [GET]}}]}]}`)}`,
    calls: [...callers(), "cluster2 $sv/sleep POST http://httpbin:8000/post"],
  },
  {
    name: "one account may GET",
    cluster2: `${httpbin}${policy("allow-nothing", "{}")}${policy("httpbin-viewer", `{${web}, action: ALLOW, rules: [{from: [${sleeper}], to: [{operation: {methods: [GET]}}]}]}`)}`,
    calls: callers(),
  },
]);

const tcpEcho = `
apiVersion: v1
kind: Service
metadata: {name: tcp-echo}
spec: {selector: {app: web}, ports: [{name: tcp, port: 9000}, {name: tcp-other, port: 9001}]}
---`;
const tcpCalls = ["cluster2 $sv/sleep tcp://tcp-echo:9000", "cluster2 $sv/sleep tcp://tcp-echo:9001"];
const tcp = task("authorization for TCP traffic", [
  {
    name: "two ports are allowed",
    cluster2: `${tcpEcho}${policy("tcp-policy", `{${web}, action: ALLOW, rules: [{to: [{operation: {ports: ["9000", "9001"]}}]}]}`)}`,
    calls: tcpCalls,
  },
  {
    name: "an HTTP attribute in an ALLOW rule",
    cluster2: `${tcpEcho}${policy("tcp-policy", `{${web}, action: ALLOW, rules: [{to: [{operation: {methods: [GET], ports: ["9000"]}}]}]}`)}`,
    calls: tcpCalls,
  },
  {
    name: "an HTTP attribute in a DENY rule",
    cluster2: `${tcpEcho}${policy("tcp-policy", `{${web}, action: DENY, rules: [{to: [{operation: {methods: [GET]}}]}]}`)}`,
    calls: tcpCalls,
  },
  {
    name: "an HTTP attribute and a port in a DENY rule",
    cluster2: `${tcpEcho}${policy("tcp-policy", `{${web}, action: DENY, rules: [{to: [{operation: {methods: [GET], ports: ["9000"]}}]}]}`)}`,
    calls: tcpCalls,
  },
]);

const issuer = "testing@secure.istio.io";
const jwt = (where: string, selector: string) => `
apiVersion: security.istio.io/v1
kind: RequestAuthentication
metadata: {name: jwt-example, namespace: ${where}}
spec: {selector: {matchLabels: ${selector}}, jwtRules: [{issuer: ${issuer}, jwks: '$jwks'}]}
---`;
const withToken = ` claim.iss=${issuer} claim.sub=${issuer}`;
const inMesh = "cluster2 $sv/sleep http://httpbin:8000/get";
const tokens = task("authorization with JWT", [
  {
    name: "a bad token is refused, none is not",
    cluster2: `${httpbin}${jwt("$sv", "{app: web}")}`,
    calls: [inMesh, `${inMesh}${withToken}`, `${inMesh} claim.iss=nobody@example.com claim.sub=x`],
  },
  {
    name: "a token is required",
    cluster2: `${httpbin}${jwt("$sv", "{app: web}")}${policy("require-jwt", `{${web}, action: ALLOW, rules: [{from: [{source: {requestPrincipals: ["${issuer}/${issuer}"]}}]}]}`)}`,
    calls: [inMesh, `${inMesh}${withToken}`, `${inMesh} claim.iss=${issuer} claim.sub=other`],
  },
  {
    name: "a group is required",
    cluster2: `${httpbin}${jwt("$sv", "{app: web}")}${policy("require-jwt", `{${web}, action: ALLOW, rules: [{from: [{source: {requestPrincipals: ["${issuer}/${issuer}"]}}], when: [{key: "request.auth.claims[groups]", values: [group1]}]}]}`)}`,
    calls: [`${inMesh}${withToken}`, `${inMesh}${withToken} claim.groups=group1,group2`],
  },
]);

const host = "httpbin.$id.example.com";
const edge = `${httpbin}${gateway("httpbin-gateway", `{port: {number: 80, name: http, protocol: HTTP}, hosts: ["${host}"]}`)}`;
const toHttpbin = "route: [{destination: {host: httpbin, port: {number: 8000}}}]";
const open = routesOf("httpbin-gateway", host, `http: [{${toHttpbin}}]`);
const outside = [`outside http://${host}/headers`, `outside http://${host}/ip`];
const gw = "selector: {matchLabels: {gateway: $gw}}";
const atIngress = task("authorization on the ingress gateway, and JWT routing", [
  {
    name: "a path is denied at the gateway",
    cluster2: `${edge}${open}${policy("ingress-policy", `{${gw}, action: DENY, rules: [{to: [{operation: {paths: ["/ip"]}}]}]}`, "$gw")}`,
    calls: outside,
  },
  {
    name: "a token is required at the gateway",
    cluster2: `${edge}${open}${jwt("$gw", "{gateway: $gw}")}${policy("frontend-ingress", `{${gw}, action: DENY, rules: [{from: [{source: {notRequestPrincipals: ["*"]}}]}]}`, "$gw")}`,
    calls: [`outside http://${host}/headers`, `outside http://${host}/headers${withToken}`],
  },
  {
    name: "a token is required for one path",
    cluster2: `${edge}${open}${jwt("$gw", "{gateway: $gw}")}${policy("frontend-ingress", `{${gw}, action: DENY, rules: [{from: [{source: {notRequestPrincipals: ["*"]}}], to: [{operation: {paths: ["/headers"]}}]}]}`, "$gw")}`,
    calls: [...outside, `outside http://${host}/headers${withToken}`],
  },
  {
    name: "a host is allowed",
    cluster2: `${edge}${open}${policy("ingress-policy", `{${gw}, action: ALLOW, rules: [{to: [{operation: {hosts: ["${host}", "${host}:*"]}}]}]}`, "$gw")}`,
    calls: [`outside http://${host}/headers`, "outside http://$addr:$http/headers host=other.$id.example.com"],
  },
  {
    name: "routes by a claim of the token",
    cluster2: `${edge}${jwt("$gw", "{gateway: $gw}")}${routesOf("httpbin-gateway", host, `http: [{match: [{uri: {prefix: /headers}, headers: {"@request.auth.claims.groups": {exact: group1}}}], ${toHttpbin}}]`)}`,
    calls: [`outside http://${host}/headers`, `outside http://${host}/headers${withToken} claim.groups=group1`],
  },
]);

const kinds = task("explicit deny, dry run and trust domain migration", [
  {
    name: "GET is denied to all",
    cluster2: `${httpbin}${policy("deny-method-get", `{${web}, action: DENY, rules: [{to: [{operation: {methods: [GET]}}]}]}`)}`,
    calls: [...callers(), "cluster2 $sv/sleep POST http://httpbin:8000/post"],
  },
  {
    name: "GET is denied unless a header says admin",
    cluster2: `${httpbin}${policy("deny-method-get", `{${web}, action: DENY, rules: [{to: [{operation: {methods: [GET]}}], when: [{key: "request.headers[x-token]", notValues: [admin]}]}]}`)}`,
    calls: [...callers("/get", " x-token=admin"), ...callers("/get", " x-token=guest")],
  },
  {
    name: "a path is allowed, and a header denies all the same",
    cluster2: `${httpbin}${policy("deny-method-get", `{${web}, action: DENY, rules: [{when: [{key: "request.headers[x-token]", values: [guest]}]}]}`)}${policy("allow-path-ip", `{${web}, action: ALLOW, rules: [{to: [{operation: {paths: ["/ip"]}}]}]}`)}`,
    calls: [...callers("/ip"), ...callers("/ip", " x-token=guest"), ...callers("/get")],
  },
  {
    name: "a dry run denies nothing",
    cluster2: `${httpbin}${policy("deny-path-headers", `{${web}, action: DENY, rules: [{to: [{operation: {paths: ["/headers"]}}]}]}`, "$sv", '{"istio.io/dry-run": "true"}')}`,
    calls: callers("/headers"),
  },
  {
    name: "the old trust domain in a policy, with an alias",
    mesh: "trustDomainAliases: [old-td]",
    cluster2: `${httpbin}${policy("service-httpbin.default.svc.cluster.local", `{${web}, rules: [{from: [{source: {principals: ["old-td/ns/$sv/sa/sleep"]}}], to: [{operation: {methods: [GET]}}]}]}`)}`,
    calls: callers(),
  },
]);

export const security: readonly Scenario[] = [...authentication, ...http, ...tcp, ...tokens, ...atIngress, ...kinds];
