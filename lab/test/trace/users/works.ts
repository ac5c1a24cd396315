import type { Scenario } from "../scenario.ts";
import { httpbin, httpsGateway, ingress, passthrough, usersOf } from "./userRecipe.ts";

const rule = (spec: string, name = "httpbin") => `
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: ${name}}
spec: ${spec}
---`;
const routes = (host: string, http: string) => `
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: ${host.split(".")[0]}}
spec: {hosts: [${host}], http: ${http}}
---`;
const local = ["cluster2 $sv/sleep http://httpbin:8000/env"];

const meshTls = (endpointPort: string, gatewayPort: number) => ({
  client: `
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: {name: api-corp}
spec:
  hosts: [api.$id.acme.test]
  addresses: [$vip]
  location: MESH_INTERNAL
  resolution: STATIC
  ports: [{name: http, number: 80, protocol: HTTP}]
  endpoints: [{address: $addr, ports: {http: ${endpointPort}}}]
---
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: api-corp}
spec: {host: api.$id.acme.test, trafficPolicy: {tls: {mode: ISTIO_MUTUAL, sni: api.$id.acme.test}}}
`,
  server: `${httpbin}
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: {name: api}
spec: {selector: {gateway: $gw}, servers: [{port: {number: ${gatewayPort}, name: tls, protocol: TLS}, tls: {mode: PASSTHROUGH}, hosts: [api.$id.acme.test]}]}
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: api}
spec:
  hosts: [api.$id.acme.test]
  gateways: [api]
  tls: [{match: [{port: ${gatewayPort}, sniHosts: [api.$id.acme.test]}], route: [{destination: {host: httpbin.$sv.svc.cluster.local, port: {number: 8000}}}]}]
---`,
});
const strict = `
apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata: {name: default}
spec: {mtls: {mode: STRICT}}
---`;
const over15443 = meshTls("$tls", 15443);
const over443 = meshTls("$https", 443);

const throughPassthrough = usersOf("the mesh's mutual TLS through a PASSTHROUGH gateway", [
  {
    name: "the server's DestinationRule is DISABLE, and it asks for mutual TLS",
    cluster1: over15443.client,
    cluster2: `${over15443.server}${strict}${rule("{host: httpbin, trafficPolicy: {tls: {mode: DISABLE}}}")}`,
    calls: ["http://api.$id.acme.test/env"],
  },
  {
    name: "without a DestinationRule the gateway wraps it once more",
    cluster1: over15443.client,
    cluster2: over15443.server,
    calls: ["http://api.$id.acme.test/env"],
  },
  {
    name: "on port 443, and a policy that names the caller",
    cluster1: over443.client,
    cluster2: `${over443.server}${rule("{host: httpbin, trafficPolicy: {tls: {mode: DISABLE}}}")}
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {name: callers}
spec: {selector: {matchLabels: {app: web}}, rules: [{from: [{source: {principals: ["cluster.local/ns/$cl/sa/sleep"]}}]}]}
`,
    calls: ["http://api.$id.acme.test/env"],
  },
  {
    name: "the server's mutual TLS is off",
    cluster1: over15443.client,
    cluster2: `${over15443.server}${strict.replace("STRICT", "DISABLE")}${rule("{host: httpbin, trafficPolicy: {tls: {mode: DISABLE}}}")}`,
    calls: ["http://api.$id.acme.test/env"],
  },
]);

const bySubset = (label: string, value: string) =>
  `${httpbin}${rule(`{host: httpbin, subsets: [{name: here, labels: {${label}: ${value}}}]}`)}${routes("httpbin", "[{route: [{destination: {host: httpbin, subset: here}}]}]")}`;

const addedLabels = usersOf("subsets by labels that istiod adds", [
  { name: "the cluster", cluster2: bySubset("topology.istio.io/cluster", "cluster2"), calls: local },
  { name: "another cluster", cluster2: bySubset("topology.istio.io/cluster", "cluster1"), calls: local },
  { name: "the network", cluster2: bySubset("topology.istio.io/network", "cluster2"), calls: local },
  { name: "the node's name", cluster2: bySubset("kubernetes.io/hostname", "cluster2-node1"), calls: local },
  { name: "a region that the node has not", cluster2: bySubset("topology.kubernetes.io/region", "eu"), calls: local },
  { name: "the canonical revision", cluster2: bySubset("service.istio.io/canonical-revision", "v2"), calls: local },
  { name: "the tlsMode label", cluster2: bySubset("security.istio.io/tlsMode", "istio"), calls: local },
]);

const member = (name: string, subdomain: string) => `
apiVersion: apps/v1
kind: Deployment
metadata: {name: ${name}}
spec:
  selector: {matchLabels: {app: db, member: ${name}}}
  template:
    metadata: {labels: {app: db, member: ${name}, sidecar.istio.io/inject: "true"}}
    spec:
      serviceAccountName: web
      hostname: ${name}
      subdomain: ${subdomain}
      containers: [{name: httpbin, image: go-httpbin, ports: [{containerPort: 8080, name: http}]}]
---`;
const headless = `
apiVersion: v1
kind: Service
metadata: {name: db}
spec: {clusterIP: None, selector: {app: db}, ports: [{name: http, port: 8080}]}
---`;

const podNames = usersOf("names of a headless Service's pods", [
  {
    name: "each member by its name",
    cluster2: `${headless}${member("db-0", "db")}${member("db-1", "db")}`,
    calls: [
      "cluster2 $sv/sleep http://db-0.db:8080/env",
      "cluster2 $sv/sleep http://db-1.db.$sv.svc.cluster.local:8080/env",
      "cluster2 $sv/sleep http://db-2.db:8080/env",
    ],
  },
  {
    name: "the members all together",
    cluster2: `${headless}${member("db-0", "db")}${member("db-1", "db")}`,
    calls: ["cluster2 $sv/sleep http://db:8080/env"],
  },
  {
    name: "a member where the server asks for mutual TLS",
    cluster2: `${headless}${member("db-0", "db")}${strict}`,
    calls: ["cluster2 $sv/sleep http://db-0.db.$sv:8080/env", "cluster2 $sv/plain http://db.$sv:8080/env"],
  },
]);

const alias = (target: string, name = "api-x") => `
apiVersion: v1
kind: Service
metadata: {name: ${name}}
spec: {type: ExternalName, externalName: ${target}, ports: [{name: http, port: 8000}]}
---`;

const aliases = usersOf("ExternalName as a route's destination", [
  {
    name: "a gateway's route to a Service of the mesh",
    cluster2: `${httpbin}${alias("httpbin.$sv.svc.cluster.local")}${ingress("api.$id.example.com", "[{route: [{destination: {host: api-x.$sv.svc.cluster.local, port: {number: 8000}}}]}]")}`,
    calls: ["outside http://api.$id.example.com/env"],
  },
  {
    name: "a sidecar's route to a Service of the mesh",
    cluster2: `${httpbin}${alias("httpbin.$sv.svc.cluster.local")}${routes("shop.$id.example.com", "[{route: [{destination: {host: api-x, port: {number: 8000}}}]}]")}
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: {name: shop}
spec: {hosts: [shop.$id.example.com], resolution: NONE, ports: [{name: http, number: 8000, protocol: HTTP}], addresses: [$vip]}
`,
    calls: ["cluster2 $sv/sleep http://shop.$id.example.com:8000/env resolve=$vip"],
  },
  {
    name: "called by its own name",
    cluster2: `${httpbin}${alias("httpbin.$sv.svc.cluster.local")}`,
    calls: [
      "cluster2 $sv/sleep http://api-x:8000/env",
      "cluster2 $sv/sleep http://api-x.$sv.svc.cluster.local:8000/env",
    ],
  },
  {
    name: "to a Service that is not there",
    cluster2: `${alias("nobody.$sv.svc.cluster.local")}${ingress("api.$id.example.com", "[{route: [{destination: {host: api-x.$sv.svc.cluster.local, port: {number: 8000}}}]}]")}`,
    calls: ["outside http://api.$id.example.com/env"],
  },
]);

const twoPods = (denied: string) => `
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {name: ${denied}}
spec: {selector: {matchLabels: {app: web, version: ${denied}}}, action: DENY, rules: [{}]}
---`;
const shop = (endpoints: string) => `
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: {name: shop}
spec:
  hosts: [shop.$id.acme.test]
  location: MESH_EXTERNAL
  resolution: STATIC
  ports: [{name: http, number: 80, protocol: HTTP}]
  endpoints: ${endpoints}
---`;
/** The second one takes TLS only. */
const half = "[{address: $out, ports: {http: 8080}}, {address: $addr, ports: {http: $https}}]";
/** Nothing listens at the second one. */
const halfClosed = half.replace("$https", "32999");
const retrying = (host: string, retries: string) =>
  routes(host, `[{retries: ${retries}, route: [{destination: {host: ${host}}}]}]`);

const retries = usersOf("a custom retryOn", [
  {
    name: "403 of one of two pods is tried again",
    cluster2: `${httpbin}${twoPods("v2")}${retrying("httpbin", '{attempts: 5, retryOn: "403"}')}`,
    spread: "pod",
    calls: local,
  },
  {
    name: "403 of one of two pods is not tried again by default",
    cluster2: `${httpbin}${twoPods("v2")}`,
    spread: "pod",
    calls: local,
  },
  {
    name: "a reset is tried again",
    cluster1: `${shop(half)}${retrying("shop.$id.acme.test", "{attempts: 5, retryOn: reset}")}`,
    cluster2: httpsGateway,
    spread: "pod",
    calls: ["http://shop.$id.acme.test/x"],
  },
  {
    name: "5xx is tried again",
    cluster1: `${shop(half)}${retrying("shop.$id.acme.test", "{attempts: 5, retryOn: 5xx}")}`,
    cluster2: httpsGateway,
    spread: "pod",
    calls: ["http://shop.$id.acme.test/x"],
  },
  {
    name: "nothing is tried again, and one endpoint refuses",
    cluster1: `${shop(halfClosed)}${retrying("shop.$id.acme.test", "{attempts: 0}")}`,
    spread: "pod",
    calls: ["http://shop.$id.acme.test/x"],
  },
  {
    name: "only gateway errors are tried again, and one endpoint refuses",
    cluster1: `${shop(halfClosed)}${retrying("shop.$id.acme.test", "{attempts: 2, retryOn: gateway-error}")}`,
    spread: "pod",
    calls: ["http://shop.$id.acme.test/x"],
  },
]);

const machine = (spec: string, name = "legacy") => `
apiVersion: networking.istio.io/v1
kind: WorkloadEntry
metadata: {name: ${name}}
spec: {address: $out, ${spec}}
---`;
const legacy = (ports = "[{name: http, port: 80, targetPort: 8080}]") => `
apiVersion: v1
kind: Service
metadata: {name: legacy}
spec: {selector: {app: legacy}, ports: ${ports}}
---`;

const machines = usersOf("a machine behind a Service", [
  {
    name: "as its only endpoint",
    cluster1: `${legacy()}${machine("labels: {app: legacy}")}`,
    calls: ["http://legacy/x", "$cl/plain http://legacy/x"],
  },
  {
    name: "its port by name",
    cluster1: `${legacy("[{name: http, port: 80, targetPort: web}]")}${machine("labels: {app: legacy}, ports: {web: 8080}")}`,
    calls: ["http://legacy/x"],
  },
  {
    name: "beside pods of the cluster, with a weight",
    cluster1: `${httpbin}${machine("labels: {app: web}, weight: 3")}`,
    spread: "pod",
    calls: ["http://httpbin:8000/env"],
  },
  {
    name: "said to have a sidecar that it has not",
    cluster1: `${legacy()}${machine("labels: {app: legacy, security.istio.io/tlsMode: istio}, serviceAccount: legacy")}`,
    untrue: ["application", "server"],
    calls: ["http://legacy/x"],
  },
  {
    name: "behind a ServiceEntry that selects it",
    cluster1: `${machine("labels: {app: vm}")}
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: {name: vm}
spec:
  hosts: [vm.$id.acme.test]
  location: MESH_INTERNAL
  resolution: STATIC
  ports: [{name: http, number: 8080, protocol: HTTP}]
  workloadSelector: {labels: {app: vm}}
`,
    calls: ["http://vm.$id.acme.test:8080/x"],
  },
]);

const named = (name: string, more = "") => `
apiVersion: v1
kind: Service
metadata: {name: httpbin}
spec: {selector: {app: web}, ports: [{name: ${name}, port: 8000, targetPort: 8080${more}}]}
---`;

const portNames = usersOf("ports named for HTTP/2", [
  {
    name: "http2-web in front of an app of HTTP/1.1",
    untrue: ["application"],
    cluster2: named("http2-web"),
    calls: local,
  },
  {
    name: "an appProtocol of h2c",
    untrue: ["application"],
    cluster2: named("web", ", appProtocol: kubernetes.io/h2c"),
    calls: local,
  },
  {
    name: "an appProtocol of http over a name of tcp",
    cluster2: named("tcp-web", ", appProtocol: http"),
    calls: local,
  },
  {
    name: "http2-web, and a gateway calls it",
    untrue: ["application"],
    cluster2: `${named("http2-web")}${ingress("api.$id.example.com", "[{route: [{destination: {host: httpbin, port: {number: 8000}}}]}]")}`,
    calls: ["outside http://api.$id.example.com/env"],
  },
]);

const entry = `
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: {name: httpbin-west}
spec:
  hosts: [httpbin.$sv.west]
  location: MESH_INTERNAL
  resolution: STATIC
  ports: [{name: http, number: 8000, protocol: HTTP}]
  endpoints: [{address: $addr, ports: {http: $tls}}]
---`;
const served = `${httpbin}${passthrough("httpbin.$sv.svc.cluster.local")}`;

/** Weights, and clusters side by side. */
const shares = usersOf("shares", [
  {
    name: "one tenth for the other cluster",
    cluster1: `${httpbin}${entry}${rule("{host: httpbin.$sv.west, trafficPolicy: {tls: {mode: ISTIO_MUTUAL, sni: outbound_.8000_._.httpbin.$sv.svc.cluster.local}}}")}${routes("httpbin", "[{route: [{destination: {host: httpbin}, weight: 70}, {destination: {host: httpbin.$sv.west}, weight: 30}]}]")}`,
    cluster2: served,
    spread: "cluster",
    calls: ["http://httpbin:8000/env"],
  },
  {
    name: "one of two weighted clusters is not there",
    cluster1: `${httpbin}${routes("httpbin", "[{route: [{destination: {host: httpbin}, weight: 60}, {destination: {host: httpbin.$sv.west}, weight: 40}]}]")}`,
    cluster2: served,
    spread: "cluster",
    calls: ["http://httpbin:8000/env"],
  },
  {
    name: "one of two weighted subsets has no pods",
    cluster2: `${httpbin}${rule("{host: httpbin, subsets: [{name: v1, labels: {version: v1}}, {name: v3, labels: {version: v3}}]}")}${routes("httpbin", "[{route: [{destination: {host: httpbin, subset: v1}, weight: 75}, {destination: {host: httpbin, subset: v3}, weight: 25}]}]")}`,
    spread: "pod",
    calls: local,
  },
]);

/** What is taken for broken and works, or works in part. */
export const works: readonly Scenario[] = [
  ...throughPassthrough,
  ...addedLabels,
  ...podNames,
  ...aliases,
  ...retries,
  ...machines,
  ...portNames,
  ...shares,
];
