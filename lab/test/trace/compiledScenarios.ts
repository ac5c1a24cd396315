import type { Observed } from "@isthmus/core";
import { compiled, type Declared } from "./compiled.ts";
import type { Edit } from "./recipe.ts";
import type { Scenario } from "./scenario.ts";

const set = (on: string, path: string, to: unknown): Edit => ({ on, path, to });

function shared(title: string, spec: string, calls: readonly string[]): Declared {
  const declarations = `
apiVersion: isthmus.io/v1alpha1
kind: SharedService
metadata: {name: $id, namespace: $sv}
spec: {servedBy: [cluster2], consumers: [{clusters: [cluster1], namespaces: [$cl]}]${spec}}
`;
  return { title, declarations, calls };
}

const perCluster = ["http://$id.$sv.cluster2:8000/env", "$cl/plain http://$id.$sv.cluster2:8000/env"];
const rules = [
  "http://$id.$sv.cluster2:8000/env",
  "http://$id.$sv.cluster2:8000/get",
  "$cl/sleep POST http://$id.$sv.cluster2:8000/anything",
];

const sharedServices: readonly Declared[] = [
  shared("a name for each cluster", "", perCluster),
  shared("with ports", ", ports: [8000]", perCluster),
  shared("a name for all clusters", ", as: [Mesh]", ["http://$id.$sv.mesh:8000/env"]),
  shared("read only", ", access: [{methods: [GET], paths: [/env]}]", rules),
  shared("its own name", ", as: [SameName]", ["http://$id.$sv:8000/env", "$cl/plain http://$id.$sv:8000/env"]),
  {
    ...shared("its own name, and the WorkloadEntry's port is wrong", ", as: [SameName]", ["http://$id.$sv:8000/env"]),
    edits: [set("WorkloadEntry", "spec.ports", { http: 32996 })],
  },
  {
    ...shared("its own name without its DestinationRule", ", as: [SameName]", ["http://$id.$sv:8000/env"]),
    edits: [{ on: "DestinationRule" }],
  },
  {
    ...shared("its own name, and the other side has no Gateway", ", as: [SameName]", ["http://$id.$sv:8000/env"]),
    edits: [{ on: "Gateway" }],
  },
];

const entering = [
  "outside https://$id.acme.test/env",
  "outside https://$id.acme.test/env cert=client.acme.test",
  "outside https://$id.acme.test/env cert=other.acme.test",
  "outside http://$id.acme.test/env",
];

function access(title: string, spec: string, calls: readonly string[], ...edits: readonly Edit[]): Declared {
  const declarations = `
apiVersion: isthmus.io/v1alpha1
kind: ExternalAccess
metadata: {name: $id, namespace: $sv}
spec: {hosts: [$id.acme.test], service: $id, port: 8000, clusters: [cluster2], ${spec}}
`;
  return { title: `external access, ${title}`, declarations, calls, edits };
}

const mutual = "tls: {mode: Mutual, credential: {secret: credential}, clients: {subjectAltNames: [client.acme.test]}}";
const simple = "tls: {mode: Simple, credential: {secret: credential}}";
const tokens = `${simple}, jwt: {issuers: [{issuer: "https://issuer.test", jwks: '$jwks', audiences: [api]}], claims: [{name: groups, values: [staff]}], publicPaths: [/get]}`;
const carrying = [
  "outside https://$id.acme.test/env",
  "outside https://$id.acme.test/get",
  "outside https://$id.acme.test/env claim.iss=https://issuer.test claim.sub=alice claim.aud=api claim.groups=staff",
  "outside https://$id.acme.test/env claim.iss=https://issuer.test claim.sub=alice claim.aud=api claim.groups=guests",
  "outside https://$id.acme.test/env claim.iss=https://issuer.test claim.sub=alice claim.aud=else claim.groups=staff",
  "outside https://$id.acme.test/env claim.iss=https://other.test claim.sub=alice claim.aud=api claim.groups=staff",
];

const emitted = `
apiVersion: isthmus.io/v1alpha1
kind: Mesh
metadata: {name: mesh}
spec: {emit: GatewayApi}
---`;

const accesses: readonly Declared[] = [
  access("mutual TLS", mutual, entering),
  access("TLS", simple, entering),
  access("plain HTTP", "tls: {mode: None}", ["outside http://$id.acme.test/env", "outside https://$id.acme.test/env"]),
  access("mutual TLS without its Gateway", mutual, entering, { on: "Gateway" }),
  access("mutual TLS without its VirtualService", mutual, entering, { on: "VirtualService" }),
  access(
    "mutual TLS for another name",
    mutual,
    entering,
    set("Gateway", "spec.servers[0].tls.subjectAltNames", ["other.acme.test"]),
  ),
  access(
    "a VirtualService for another Gateway",
    simple,
    entering,
    set("VirtualService", "spec.gateways", ["$gw/other"]),
  ),
  access(
    "a VirtualService that the gateway does not see",
    simple,
    entering,
    set("VirtualService", "spec.exportTo", ["."]),
  ),
  access("tokens", tokens, carrying),
  access("tokens that are not copied", tokens, carrying, { on: "EnvoyFilter" }),
  access("tokens without their policy", tokens, carrying, { on: "AuthorizationPolicy" }),
  access("tokens without their rules", tokens, carrying, { on: "RequestAuthentication" }),
];

/** The same as objects of the Gateway API. */
const ofGatewayApi: readonly Declared[] = [
  access("mutual TLS", "tls: {mode: Mutual, credential: {secret: credential}}", entering),
  access("TLS", simple, entering),
  access("plain HTTP", "tls: {mode: None}", ["outside http://$id.acme.test/env", "outside https://$id.acme.test/env"]),
  access("mutual TLS without its route", "tls: {mode: Mutual, credential: {secret: credential}}", entering, {
    on: "HTTPRoute",
  }),
].map((declared) => ({
  ...declared,
  title: `${declared.title}, Gateway API`,
  declarations: `${emitted}${declared.declarations}`,
}));

function service(title: string, spec: string, calls: readonly string[], ...edits: readonly Edit[]): Declared {
  const declarations = `
apiVersion: isthmus.io/v1alpha1
kind: ExternalService
metadata: {name: $id, namespace: $cl}
spec: {consumers: [{clusters: [cluster1], namespaces: [$cl]}], ${spec}}
`;
  return { title: `external service, ${title}`, declarations, calls, edits };
}

const statically = "resolution: Static, endpoints: [$out]";
const http = `hosts: [$id.acme.test], ports: [{number: 8080, protocol: HTTP}], ${statically}`;
const tcp = `hosts: [$id.acme.test], ports: [{number: 3306, protocol: TCP}], ${statically}`;
const originated = `hosts: [$id.acme.test], ports: [{number: 80, protocol: HTTP}], ${statically}, tls: {mode: Simple, caCertificates: $ca}`;
const bySni = "hosts: [$id.acme.example.com], ports: [{number: 443, protocol: HTTPS}], resolution: None";
const wildcard = 'hosts: ["*.$id.example.com"], ports: [{number: 443, protocol: HTTPS}], resolution: None';
const viaTcp = `${tcp}, via: cluster2`;
const viaHttp = `${http}, via: cluster2`;
const overHttp = ["http://$id.acme.test:8080/x", "$cl/plain http://$id.acme.test:8080/x"];
const overTcp = ["tcp://$id.acme.test:3306", "$cl/plain tcp://$id.acme.test:3306"];

const services: readonly Declared[] = [
  service("HTTP", http, overHttp),
  service("HTTP for another namespace", http, overHttp, set("ServiceEntry", "spec.exportTo", ["other"])),
  service("HTTP at another port", http, overHttp, set("ServiceEntry", "spec.ports[0].number", 8081)),
  service("HTTP without its ServiceEntry", http, overHttp, { on: "ServiceEntry" }),
  service("TCP", tcp, overTcp),
  service("TCP as HTTP", tcp, overTcp, set("ServiceEntry", "spec.ports[0].protocol", "HTTP")),
  service("TCP without its address", tcp, overTcp, set("ServiceEntry", "spec.addresses", undefined)),
  service("TLS added by the sidecar", originated, ["http://$id.acme.test/x"]),
  service(
    "TLS added by the sidecar, mutual of the mesh",
    originated,
    ["http://$id.acme.test/x"],
    set("DestinationRule", "spec.trafficPolicy.tls", { mode: "ISTIO_MUTUAL" }),
  ),
  service("HTTPS by SNI", bySni, ["https://$id.acme.example.com/x resolve=$out"]),
  service(
    "HTTPS by SNI, spoken as HTTP",
    bySni,
    ["https://$id.acme.example.com/x resolve=$out"],
    set("ServiceEntry", "spec.ports[0].protocol", "HTTP"),
  ),
  service("HTTPS with a wildcard", wildcard, [
    "https://a.$id.example.com/x resolve=$out",
    "https://a.b.$id.example.com/x resolve=$out",
  ]),
  service("HTTP through another cluster", viaHttp, overHttp),
  service("TCP through another cluster", viaTcp, overTcp),
  service("TCP through another cluster, whose gateway lacks it", viaTcp, overTcp, { on: "Gateway" }),
  service("TCP through another cluster, whose route is gone", viaTcp, overTcp, {
    on: "VirtualService",
    cluster: "cluster2",
  }),
  service(
    "TCP through another cluster, for others",
    viaTcp,
    overTcp,
    set("AuthorizationPolicy", "spec.rules[0].from[0].source", { notNamespaces: ["other"] }),
  ),
];

/** What our own compiler makes, as it is and with something broken. */
export function compiledScenarios(observed: Observed): readonly Scenario[] {
  return [...sharedServices, ...accesses, ...ofGatewayApi, ...services].map((declared) => compiled(observed, declared));
}
