import type { Scenario } from "../scenario.ts";
import { clientWith, httpbin, httpsGateway, ingress, mysql, passthrough, usersOf } from "./userRecipe.ts";

const served = `${httpbin}${passthrough("httpbin.$sv.svc.cluster.local")}`;

/** Hosts that look like a mesh's names, and that nobody resolves. */
const names = usersOf("names of no scheme", [
  {
    name: "a cluster called prod, which is none of the mesh's",
    cluster1: httpbin,
    untrue: ["name"],
    calls: ["http://httpbin.$cl.prod:8000/env", "$cl/plain http://httpbin.$cl.prod:8000/env"],
  },
  {
    name: "a typo in the cluster's domain",
    cluster1: httpbin,
    calls: ["http://httpbin.$cl.svc.cluster.loca:8000/env"],
  },
  {
    name: "a typo in an imported name",
    cluster1: `
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: {name: httpbin-west}
spec:
  hosts: [httpbin.$sv.west]
  location: MESH_INTERNAL
  resolution: STATIC
  ports: [{name: http, number: 8000, protocol: HTTP}]
  endpoints: [{address: $addr, ports: {http: $tls}}]
---
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: httpbin-west}
spec: {host: httpbin.$sv.west, trafficPolicy: {tls: {mode: ISTIO_MUTUAL, sni: outbound_.8000_._.httpbin.$sv.svc.cluster.local}}}
`,
    cluster2: served,
    calls: ["http://httpbin.$sv.west:8000/env", "http://httpbin.$sv.wset:8000/env", "http://htpbin.$sv.west:8000/env"],
  },
  {
    name: "a Service of another namespace by its short name",
    cluster2: httpbin,
    calls: ["http://httpbin.$sv:8000/env", "http://httpbin:8000/env"],
  },
]);

const virtual = `
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: {name: partner}
spec:
  hosts: [partner.$id.example.com]
  addresses: [$vip]
  location: MESH_EXTERNAL
  resolution: STATIC
  ports: [{name: http, number: 8080, protocol: HTTP}]
  endpoints: [{address: $out}]
---`;

/** Nothing is behind a virtual address but the sidecar. */
const virtualAddresses = usersOf("a virtual address past the sidecar", [
  {
    name: "the port is excluded by annotation",
    cluster1: `${virtual}${clientWith('{traffic.sidecar.istio.io/excludeOutboundPorts: "8080"}')}`,
    calls: ["$cl/caller http://partner.$id.example.com:8080/x", "http://partner.$id.example.com:8080/x"],
  },
  {
    name: "the range is excluded by annotation",
    cluster1: `${virtual}${clientWith('{traffic.sidecar.istio.io/excludeOutboundIPRanges: "240.0.0.0/4"}')}`,
    calls: ["$cl/caller http://partner.$id.example.com:8080/x"],
  },
  {
    name: "only the cluster's own ranges go through the sidecar",
    cluster1: `${virtual}${httpbin}${clientWith('{traffic.sidecar.istio.io/includeOutboundIPRanges: "10.96.0.0/16,10.244.0.0/16"}')}`,
    calls: ["$cl/caller http://partner.$id.example.com:8080/x", "$cl/caller http://httpbin:8000/env"],
  },
  {
    name: "a client without a sidecar calls it by its address",
    cluster1: virtual,
    calls: ["$cl/plain http://$vip:8080/x", "http://$vip:8080/x"],
  },
  {
    name: "a client without a sidecar calls it by its name, which no DNS has",
    cluster1: virtual,
    untrue: ["name"],
    calls: ["$cl/plain http://partner.$id.example.com:8080/x"],
  },
]);

const database = (name: string, more = "") => `
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: {name: ${name}}
spec:
  hosts: [${name}.$id.example.com]
  location: MESH_EXTERNAL
  resolution: NONE
  ports: [{name: tcp-${name}, number: 3306, protocol: TCP}]
  exportTo: ["."]
  ${more}
---`;

const catchAll = usersOf("a TCP listener for all hosts of a port", [
  {
    name: "a database outside without addresses takes another database's calls",
    cluster1: `${database("orders").replace("NONE", "STATIC")}`.replace(
      'exportTo: ["."]',
      'exportTo: ["."]\n  endpoints: [{address: $out}]',
    ),
    calls: ["tcp://orders.$id.example.com:3306", "tcp://$out:3306"],
  },
  {
    name: "a database of resolution NONE lets every address through",
    cluster1: database("orders"),
    calls: ["tcp://$out:3306"],
  },
  {
    name: "HTTPS of another host where a TCP entry has the port",
    cluster1: database("licence").replace("3306", "443").replace("tcp-licence", "tcp"),
    calls: ["https://shop.$id.acme.example.com/x resolve=$out"],
  },
  {
    name: "a database with an address of its own takes nobody else's calls",
    cluster1: `${database("orders", "addresses: [$vip]").replace("NONE", "STATIC")}`.replace(
      'exportTo: ["."]',
      'exportTo: ["."]\n  endpoints: [{address: $out}]',
    ),
    calls: ["tcp://orders.$id.example.com:3306", "tcp://$out:3306"],
  },
]);

const secured = `
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: {name: shop}
spec:
  hosts: [shop.$id.acme.test]
  location: MESH_EXTERNAL
  resolution: STATIC
  ports: [{name: https, number: 443, protocol: HTTPS}]
  endpoints: [{address: $out, ports: {https: 8443}}]
---`;
const originate = (tls: string) => `
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: shop}
spec: {host: shop.$id.acme.test, trafficPolicy: {tls: ${tls}}}
---`;

const doubleTls = usersOf("TLS inside TLS", [
  {
    name: "an app that speaks HTTPS, and a DestinationRule that adds TLS",
    cluster1: `${secured}${originate("{mode: SIMPLE, insecureSkipVerify: true}")}`,
    calls: ["https://shop.$id.acme.test/x"],
  },
  {
    name: "the same for one port only, and the app calls the other one",
    cluster1: `${secured.replace("ports: [{", "ports: [{name: http, number: 80, protocol: HTTP}, {").replace("{https: 8443}", "{https: 8443, http: 8443}")}
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: shop}
spec: {host: shop.$id.acme.test, trafficPolicy: {portLevelSettings: [{port: {number: 80}, tls: {mode: SIMPLE, insecureSkipVerify: true}}]}}
`,
    calls: ["https://shop.$id.acme.test/x", "http://shop.$id.acme.test/x"],
  },
  {
    name: "a gateway that passes TLS through to a host whose DestinationRule adds it",
    cluster2: `
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: {name: edge}
spec: {selector: {gateway: $gw}, servers: [{port: {number: 443, name: tls, protocol: TLS}, tls: {mode: PASSTHROUGH}, hosts: [shop.$id.acme.test]}]}
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: edge}
spec:
  hosts: [shop.$id.acme.test]
  gateways: [edge]
  tls: [{match: [{port: 443, sniHosts: [shop.$id.acme.test]}], route: [{destination: {host: shop.$id.acme.test, port: {number: 443}}}]}]
---${secured}${originate("{mode: SIMPLE, insecureSkipVerify: true}")}`,
    calls: ["outside https://shop.$id.acme.test/x"],
  },
  {
    name: "the same without the DestinationRule",
    cluster2: `
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: {name: edge}
spec: {selector: {gateway: $gw}, servers: [{port: {number: 443, name: tls, protocol: TLS}, tls: {mode: PASSTHROUGH}, hosts: [shop.$id.acme.test]}]}
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: edge}
spec:
  hosts: [shop.$id.acme.test]
  gateways: [edge]
  tls: [{match: [{port: 443, sniHosts: [shop.$id.acme.test]}], route: [{destination: {host: shop.$id.acme.test, port: {number: 443}}}]}]
---${secured}`,
    calls: ["outside https://shop.$id.acme.test/x"],
  },
]);

const twoEndpoints = (ports: string) => `
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: {name: shop}
spec:
  hosts: [shop.$id.acme.test]
  location: MESH_EXTERNAL
  resolution: STATIC
  ports: [{name: http, number: 80, protocol: HTTP}]
  endpoints: ${ports}
---`;

const plainToTls = usersOf("plain text to a TLS port", [
  {
    name: "one of two endpoints is another cluster's HTTPS port, which istiod's default does not retry",
    cluster1: twoEndpoints("[{address: $out, ports: {http: 8080}}, {address: $addr, ports: {http: $https}}]"),
    cluster2: httpsGateway,
    spread: "pod",
    calls: ["http://shop.$id.acme.test/x"],
  },
  {
    name: "one of two endpoints is another cluster's passthrough gateway",
    cluster1: twoEndpoints("[{address: $out, ports: {http: 8080}}, {address: $addr, ports: {http: $tls}}]"),
    cluster2: served,
    spread: "pod",
    calls: ["http://shop.$id.acme.test/x"],
  },
  {
    name: "the only endpoint is a TLS port outside",
    cluster1: twoEndpoints("[{address: $out, ports: {http: 8443}}]"),
    untrue: ["server", "application"],
    calls: ["http://shop.$id.acme.test/x"],
  },
  {
    name: "one of two endpoints refuses the connection, which is retried",
    cluster1: twoEndpoints("[{address: $out, ports: {http: 8080}}, {address: $addr, ports: {http: 32999}}]"),
    spread: "pod",
    calls: ["http://shop.$id.acme.test/x"],
  },
]);

const onlyLocal = (more: string) => `
apiVersion: v1
kind: Service
metadata: {name: httpbin}
spec: {selector: {app: web}, internalTrafficPolicy: Local, ports: [{name: http, port: 8000, targetPort: 8080}]}
---${more}`;

const localPolicy = usersOf("internalTrafficPolicy Local", [
  {
    name: "the pods are on the caller's node",
    cluster2: onlyLocal(""),
    calls: ["cluster2 $sv/sleep http://httpbin:8000/env", "cluster2 $sv/plain http://httpbin:8000/env"],
  },
  {
    name: "the only endpoint is a machine, which is on no node",
    cluster1: `
apiVersion: v1
kind: Service
metadata: {name: legacy}
spec: {selector: {app: legacy}, internalTrafficPolicy: Local, ports: [{name: http, port: 8080}]}
---
apiVersion: networking.istio.io/v1
kind: WorkloadEntry
metadata: {name: legacy}
spec: {address: $out, labels: {app: legacy}}
`,
    calls: ["http://legacy:8080/x"],
  },
  {
    name: "a gateway calls it",
    cluster2: onlyLocal(
      ingress(
        "httpbin.$id.example.com",
        "[{route: [{destination: {host: httpbin.$sv.svc.cluster.local, port: {number: 8000}}}]}]",
      ),
    ),
    calls: ["outside http://httpbin.$id.example.com/env"],
  },
  {
    name: "another cluster's gateway is the only endpoint",
    cluster1: `
apiVersion: v1
kind: Service
metadata: {name: catalog}
spec: {selector: {import: catalog}, internalTrafficPolicy: Local, ports: [{name: http, port: 8000}]}
---
apiVersion: networking.istio.io/v1
kind: WorkloadEntry
metadata: {name: catalog-west}
spec: {address: $addr, ports: {http: $tls}, labels: {import: catalog, security.istio.io/tlsMode: istio}, serviceAccount: web}
---
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: catalog}
spec: {host: catalog, trafficPolicy: {tls: {mode: ISTIO_MUTUAL, sni: outbound_.8000_._.httpbin.$sv.svc.cluster.local, subjectAltNames: ["spiffe://cluster.local/ns/$sv/sa/web"]}}}
`,
    cluster2: served,
    calls: ["http://catalog:8000/env"],
  },
]);

const byDns = (address: string, port = 8000) => `
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: {name: alias}
spec:
  hosts: [httpbin.$id.consul]
  addresses: [$vip]
  location: MESH_INTERNAL
  resolution: DNS
  ports: [{name: http, number: 80, protocol: HTTP}]
  endpoints: [{address: ${address}, ports: {http: ${port}}}]
---`;

const dnsEndpoints = usersOf("endpoints by DNS", [
  {
    name: "by a Service's full name",
    cluster2: `${httpbin}${byDns("httpbin.$sv.svc.cluster.local")}`,
    calls: ["cluster2 $sv/sleep http://httpbin.$id.consul/env"],
  },
  {
    name: "by a Service's short name",
    cluster2: `${httpbin}${byDns("httpbin")}`,
    calls: ["cluster2 $sv/sleep http://httpbin.$id.consul/env"],
  },
  {
    name: "by a Service's name and namespace",
    cluster2: `${httpbin}${byDns("httpbin.$sv")}`,
    calls: ["cluster2 $sv/sleep http://httpbin.$id.consul/env"],
  },
  {
    name: "by the host of a ServiceEntry",
    cluster2: `${virtual}${byDns("partner.$id.example.com", 8080)}`,
    calls: ["cluster2 $sv/sleep http://httpbin.$id.consul/x"],
  },
  {
    name: "by a name that nobody resolves",
    cluster2: byDns("nobody.$id.svc.cluster.local"),
    calls: ["cluster2 $sv/sleep http://httpbin.$id.consul/x"],
  },
]);

const wildcard = (resolution: string, more = "") => `
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: {name: wild}
spec:
  hosts: ["*.$id.example.com"]
  location: MESH_EXTERNAL
  resolution: ${resolution}
  ports: [{name: http, number: 8080, protocol: HTTP}]
  ${more}
---`;

const wildcards = usersOf("a wildcard ServiceEntry", [
  {
    name: "of resolution STATIC",
    cluster1: wildcard("STATIC", "endpoints: [{address: $out}]"),
    calls: ["http://a.$id.example.com:8080/x", "http://a.$id.example.com:8080/x resolve=$out"],
  },
  {
    name: "of resolution STATIC with an address",
    cluster1: wildcard("STATIC", "addresses: [$vip]\n  endpoints: [{address: $out}]"),
    calls: ["http://a.$id.example.com:8080/x", "http://b.a.$id.example.com:8080/x"],
  },
  {
    name: "of resolution NONE, called by the address that DNS has",
    cluster1: wildcard("NONE"),
    calls: ["http://a.$id.example.com:8080/x resolve=$out"],
  },
  {
    name: "of resolution DNS with an endpoint",
    cluster1: wildcard("DNS", "endpoints: [{address: $out}]"),
    calls: ["http://a.$id.example.com:8080/x"],
  },
]);

const weightless = usersOf("routes that lead nowhere", [
  {
    name: "a single destination of weight zero",
    cluster2: `${httpbin}
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: httpbin}
spec: {hosts: [httpbin], http: [{route: [{destination: {host: httpbin}, weight: 0}]}]}
`,
    calls: ["cluster2 $sv/sleep http://httpbin:8000/env"],
  },
  {
    name: "a TCP route whose weights are zero but for one",
    cluster2: `${mysql}
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: mysql}
spec: {hosts: [mysql], tcp: [{route: [{destination: {host: mysql}, weight: 100}, {destination: {host: nobody}, weight: 0}]}]}
`,
    calls: ["cluster2 $sv/sleep tcp://mysql:3306"],
  },
]);

const merged = usersOf("a port that only one side has", [
  {
    name: "a machine behind the Service has the port under another name",
    cluster1: `
apiVersion: v1
kind: Service
metadata: {name: legacy}
spec: {selector: {app: legacy}, ports: [{name: http, port: 8080}, {name: http-admin, port: 9090}]}
---
apiVersion: networking.istio.io/v1
kind: WorkloadEntry
metadata: {name: legacy}
spec: {address: $out, ports: {http: 8080}, labels: {app: legacy}}
`,
    untrue: ["server", "application"],
    calls: ["http://legacy:9090/x"],
  },
  {
    name: "the other cluster's Service has a port that the gateway's caller lacks",
    cluster1: `
apiVersion: v1
kind: Service
metadata: {name: catalog}
spec: {selector: {import: catalog}, ports: [{name: http, port: 8000}]}
---
apiVersion: networking.istio.io/v1
kind: WorkloadEntry
metadata: {name: catalog-west}
spec: {address: $addr, ports: {http: $tls}, labels: {import: catalog, security.istio.io/tlsMode: istio}, serviceAccount: web}
---
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: catalog}
spec: {host: catalog, trafficPolicy: {tls: {mode: ISTIO_MUTUAL, sni: outbound_.9191_._.httpbin.$sv.svc.cluster.local}}}
`,
    cluster2: served,
    calls: ["http://catalog:8000/env", "http://catalog:9191/env"],
  },
  {
    name: "pods and a machine of one Service, and the machine's port is wrong",
    cluster1: `${httpbin}
apiVersion: networking.istio.io/v1
kind: WorkloadEntry
metadata: {name: legacy}
spec: {address: $addr, ports: {http: 32999}, labels: {app: web}}
`,
    untrue: ["application"],
    spread: "cluster",
    calls: ["http://httpbin:8000/env"],
  },
]);

/** What looks as if it got there, and does not. */
export const notThere: readonly Scenario[] = [
  ...names,
  ...virtualAddresses,
  ...catchAll,
  ...doubleTls,
  ...plainToTls,
  ...localPolicy,
  ...dnsEndpoints,
  ...wildcards,
  ...weightless,
  ...merged,
];
