import type { Scenario } from "../scenario.ts";
import { httpbin, ingress, mysql, passthrough, usersOf } from "./userRecipe.ts";

const served = `${httpbin}${passthrough("httpbin.$sv.svc.cluster.local")}`;
const entry = (where = "$cl", exportTo = "") => `
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: {name: httpbin-west, namespace: ${where}}
spec:
  hosts: [httpbin.$sv.west]
  location: MESH_INTERNAL
  resolution: STATIC
  ports: [{name: http, number: 8000, protocol: HTTP}]
  endpoints: [{address: $addr, ports: {http: $tls}}]
  ${exportTo}
---`;
const sni = "outbound_.8000_._.httpbin.$sv.svc.cluster.local";
const mutual = (where = "$cl", more = "") => `
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: httpbin-west, namespace: ${where}}
spec: {host: httpbin.$sv.west, trafficPolicy: {tls: {mode: ISTIO_MUTUAL, sni: ${sni}}}${more}}
---`;
const sidecar = (spec: string, name = "default") => `
apiVersion: networking.istio.io/v1
kind: Sidecar
metadata: {name: ${name}}
spec: ${spec}
---`;
const across = ["http://httpbin.$sv.west:8000/env"];
const local = ["cluster2 $sv/sleep http://httpbin:8000/env"];

const hidden = usersOf("the user's Sidecar hides it", [
  {
    name: "it shows istio-system alone, and only what is known may be called",
    cluster1: `${entry("$cl", 'exportTo: ["."]')}${mutual()}${sidecar('{egress: [{hosts: ["istio-system/*"]}], outboundTrafficPolicy: {mode: REGISTRY_ONLY}}')}`,
    cluster2: served,
    calls: across,
  },
  {
    name: "it shows the own namespace's Services of the cluster's domain",
    cluster1: `${entry("$cl", 'exportTo: ["."]')}${mutual()}${sidecar('{egress: [{hosts: ["./*.svc.cluster.local", "istio-system/*"]}]}')}`,
    cluster2: served,
    calls: across,
  },
  {
    name: "it shows the ServiceEntry's namespace, and the DestinationRule lies in another",
    cluster1: `${entry()}${mutual("default", ', exportTo: ["*"]')}${sidecar('{egress: [{hosts: ["./*"]}]}')}`,
    cluster2: served,
    calls: across,
  },
  {
    name: "it is for other pods",
    cluster1: `${entry()}${mutual()}${sidecar('{workloadSelector: {labels: {app: batch}}, egress: [{hosts: ["istio-system/*"]}]}', "batch")}`,
    cluster2: served,
    calls: across,
  },
]);

const peer = (spec: string) => `
apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata: {name: default}
spec: ${spec}
---`;
const onlyCallers = `
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {name: callers}
spec: {selector: {matchLabels: {app: web}}, rules: [{from: [{source: {principals: ["cluster.local/ns/$sv/sa/sleep"]}}]}]}
---`;

const noIdentity = usersOf("an identity is asked for, and mutual TLS is off", [
  {
    name: "by the server's PeerAuthentication",
    cluster2: `${httpbin}${peer("{mtls: {mode: DISABLE}}")}${onlyCallers}`,
    calls: local,
  },
  {
    name: "by the caller's DestinationRule",
    cluster2: `${httpbin}${onlyCallers}
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: httpbin}
spec: {host: httpbin, trafficPolicy: {tls: {mode: DISABLE}}}
`,
    calls: local,
  },
  {
    name: "through the passthrough gateway, by PeerAuthentication of the pods",
    cluster1: `${entry()}${mutual()}`,
    cluster2: `${served}${peer("{selector: {matchLabels: {app: web}}, mtls: {mode: DISABLE}}")}`,
    calls: across,
  },
  {
    name: "for the port alone, by PeerAuthentication",
    cluster2: `${httpbin}${mysql}${peer("{selector: {matchLabels: {app: web}}, portLevelMtls: {8080: {mode: DISABLE}}}")}${onlyCallers}`,
    calls: [...local, "cluster2 $sv/sleep tcp://mysql:3306"],
  },
]);

const unruled = usersOf("the DestinationRule is not the one", [
  {
    name: "it is missing",
    cluster1: entry(),
    cluster2: served,
    calls: across,
  },
  {
    name: "it lies in another namespace and is not exported",
    cluster1: `${entry()}${mutual("default", ', exportTo: ["."]')}`,
    cluster2: served,
    calls: across,
  },
  {
    name: "a rule of the caller's namespace for all hosts shadows it",
    cluster1: `${entry("default")}${mutual("default")}
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: everything}
spec: {host: "*.west", trafficPolicy: {connectionPool: {http: {maxRequestsPerConnection: 10}}}}
`,
    cluster2: served,
    calls: across,
  },
  {
    name: "a rule for these pods alone has no TLS of its own",
    cluster1: `${entry()}${mutual()}
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: callers}
spec: {host: httpbin.$sv.west, workloadSelector: {matchLabels: {app: sleep}}, trafficPolicy: {outlierDetection: {consecutive5xxErrors: 3}}}
`,
    cluster2: served,
    calls: across,
  },
]);

const root = (delegate: string) => `
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: {name: edge}
spec: {selector: {gateway: $gw}, servers: [{port: {number: 80, name: http, protocol: HTTP}, hosts: [shop.$id.example.com]}]}
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: root}
spec:
  hosts: [shop.$id.example.com]
  gateways: [edge]
  http:
  - match: [{uri: {prefix: /env}}]
    delegate: {name: env, namespace: $sv}
  - match: [{uri: {prefix: /get}}]
    delegate: ${delegate}
---`;
const delegate = (name: string, prefix: string, more = "") => `
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: ${name}}
spec: {${more}http: [{match: [{uri: {prefix: ${prefix}}}], route: [{destination: {host: httpbin.$sv.svc.cluster.local, port: {number: 8000}}}]}]}
---`;
const shopCalls = ["outside http://shop.$id.example.com/env", "outside http://shop.$id.example.com/get"];

const delegates = usersOf("delegates", [
  {
    name: "one of two is missing",
    cluster2: `${httpbin}${root("{name: nobody, namespace: $sv}")}${delegate("env", "/env")}`,
    calls: shopCalls,
  },
  {
    name: "one matches a path that the root does not hand on",
    cluster2: `${httpbin}${root("{name: get, namespace: $sv}")}${delegate("env", "/env")}${delegate("get", "/post")}`,
    calls: shopCalls,
  },
  {
    name: "both are there",
    cluster2: `${httpbin}${root("{name: get, namespace: $sv}")}${delegate("env", "/env")}${delegate("get", "/get")}`,
    calls: shopCalls,
  },
  {
    name: "one has hosts of its own, and so is none",
    cluster2: `${httpbin}${root("{name: get, namespace: $sv}")}${delegate("env", "/env")}${delegate("get", "/get", "hosts: [get.$id.example.com], ")}`,
    calls: shopCalls,
  },
]);

const abort = (status: number) =>
  `[{fault: {abort: {httpStatus: ${status}, percentage: {value: 100}}}, route: [{destination: {host: httpbin.$sv.svc.cluster.local, port: {number: 8000}}}]}]`;
const routesOf = (name: string, host: string, http: string) => `
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: ${name}}
spec: {hosts: ["${host}"], http: ${http}}
---`;

const ignored = usersOf("the same host twice", [
  {
    name: "two VirtualServices of one host for sidecars",
    cluster2: `${httpbin}${routesOf("a-canary", "httpbin.$sv.svc.cluster.local", abort(418))}${routesOf("z-stable", "httpbin.$sv.svc.cluster.local", abort(410))}`,
    calls: local,
  },
  {
    name: "one by its short name, one by its full one",
    cluster2: `${httpbin}${routesOf("a-short", "httpbin", abort(418))}${routesOf("z-full", "httpbin.$sv.svc.cluster.local", abort(410))}`,
    calls: local,
  },
  {
    name: "two ServiceEntries of one host, and the second has another endpoint",
    cluster1: `
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: {name: a-first}
spec: {hosts: [api.$id.acme.test], resolution: STATIC, location: MESH_EXTERNAL, ports: [{name: http, number: 8080, protocol: HTTP}], endpoints: [{address: $out}]}
---
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: {name: z-second}
spec: {hosts: [api.$id.acme.test], resolution: STATIC, location: MESH_EXTERNAL, ports: [{name: http, number: 8080, protocol: HTTP}, {name: http-more, number: 8081, protocol: HTTP}], endpoints: [{address: $out, ports: {http-more: 8080}}]}
`,
    calls: ["http://api.$id.acme.test:8080/x", "http://api.$id.acme.test:8081/x"],
  },
  {
    name: "a wildcard and an exact host",
    cluster2: `${httpbin}${routesOf("a-wild", "*.$sv.svc.cluster.local", abort(418))}${routesOf("z-exact", "httpbin.$sv.svc.cluster.local", abort(410))}`,
    calls: local,
  },
  {
    name: "two VirtualServices of one host at a gateway, which are merged",
    cluster2: `${httpbin}${ingress("api.$id.example.com", "[{match: [{uri: {prefix: /env}}], route: [{destination: {host: httpbin.$sv.svc.cluster.local, port: {number: 8000}}}]}]")}
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: z-more}
spec: {hosts: [api.$id.example.com], gateways: [edge], http: [{match: [{uri: {prefix: /get}}], directResponse: {status: 299}}]}
`,
    calls: ["outside http://api.$id.example.com/env", "outside http://api.$id.example.com/get"],
  },
]);

const shop = (protocol: string, port: string, more = "", address = "$out") => `
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: {name: shop}
spec:
  hosts: [shop.$id.acme.test]
  addresses: [$vip]
  location: MESH_EXTERNAL
  resolution: STATIC
  ports: [{name: main, number: 8080, protocol: ${protocol}}]
  endpoints: [{address: ${address}, ports: {main: ${port}}}]
---${more}`;
const simple = (more = "insecureSkipVerify: true") => `
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: shop}
spec: {host: shop.$id.acme.test, trafficPolicy: {tls: {mode: SIMPLE, ${more}}}}
---`;

const ends = usersOf("what the client sees", [
  {
    name: "HTTP, and nothing listens",
    cluster1: shop("HTTP", "32999", "", "$addr"),
    calls: ["http://shop.$id.acme.test:8080/x"],
  },
  {
    name: "TCP, and nothing listens",
    cluster1: shop("TCP", "32999", "", "$addr"),
    calls: ["tcp://shop.$id.acme.test:8080"],
  },
  {
    name: "TLS to a server of plain text",
    cluster1: shop("HTTP", "8080", simple()),
    untrue: ["server"],
    calls: ["http://shop.$id.acme.test:8080/x"],
  },
  {
    name: "TLS to a server that another authority has signed",
    cluster1: shop("HTTP", "8443", simple("sni: shop.$id.acme.test")),
    untrue: ["credential"],
    calls: ["http://shop.$id.acme.test:8080/x"],
  },
  {
    name: "plain text, by bare connection, to a server of TLS",
    cluster1: shop("TCP", "8443"),
    untrue: ["server"],
    calls: ["http://shop.$id.acme.test:8080/x"],
  },
  {
    name: "mutual TLS of the mesh to a server outside",
    cluster1: shop("HTTP", "8443", simple().replace("SIMPLE, insecureSkipVerify: true", "ISTIO_MUTUAL")),
    calls: ["http://shop.$id.acme.test:8080/x"],
  },
  {
    name: "the app's own port is closed",
    untrue: ["application"],
    cluster2: httpbin.replace("targetPort: 8080", "targetPort: 8099"),
    calls: local,
  },
  {
    name: "a client without a sidecar, and the server asks for mutual TLS",
    cluster2: `${httpbin}${peer("{mtls: {mode: STRICT}}")}`,
    calls: ["cluster2 $sv/plain http://httpbin:8000/env"],
  },
]);

/** Who is to blame, and at which end. */
export const blame: readonly Scenario[] = [...hidden, ...noIdentity, ...unruled, ...delegates, ...ignored, ...ends];
