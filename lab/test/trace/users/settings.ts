import type { Scenario } from "../scenario.ts";
import { clientWith, httpbin, ingress, passthrough, usersOf } from "./userRecipe.ts";

const toHttpbin = "[{route: [{destination: {host: httpbin.$sv.svc.cluster.local, port: {number: 8000}}}]}]";

const remote = (where: string, exportTo = "") => `
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: {name: httpbin-remote, namespace: ${where}}
spec:
  hosts: [httpbin.$sv.cluster2]
  location: MESH_INTERNAL
  resolution: STATIC
  ports: [{name: http, number: 8000, protocol: HTTP}]
  endpoints: [{address: $addr, ports: {http: $tls}}]
  ${exportTo}
---
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: httpbin-remote, namespace: ${where}}
spec:
  host: httpbin.$sv.cluster2
  trafficPolicy: {tls: {mode: ISTIO_MUTUAL, sni: outbound_.8000_._.httpbin.$sv.svc.cluster.local}}
---`;
const served = `${httpbin}${passthrough("httpbin.$sv.svc.cluster.local")}`;
const across = "http://httpbin.$sv.cluster2:8000/env";

/** Names are private to their namespace unless they say otherwise, as large meshes have it. */
const exportDefaults = usersOf("the mesh's default exportTo", [
  {
    name: "services are private, and a ServiceEntry of another namespace is not exported",
    mesh: 'defaultServiceExportTo: ["."]',
    cluster1: remote("default"),
    cluster2: served.replace(
      "metadata: {name: httpbin}",
      'metadata: {name: httpbin, annotations: {networking.istio.io/exportTo: "*"}}',
    ),
    calls: [across],
  },
  {
    name: "services are private, and the gateway's namespace does not see the served one",
    mesh: 'defaultServiceExportTo: ["."]',
    cluster1: remote("$cl"),
    cluster2: served,
    calls: [across, "cluster2 $sv/sleep http://httpbin:8000/env"],
  },
  {
    name: "VirtualServices are private, and one of another namespace leads to nowhere",
    mesh: 'defaultVirtualServiceExportTo: ["."]',
    cluster2: `${httpbin}
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: httpbin, namespace: default}
spec: {hosts: [httpbin.$sv.svc.cluster.local], http: [{fault: {abort: {httpStatus: 418, percentage: {value: 100}}}, route: [{destination: {host: httpbin.$sv.svc.cluster.local}}]}]}
`,
    calls: ["cluster2 $sv/sleep http://httpbin:8000/env"],
  },
  {
    name: "DestinationRules are private, and the one of the server's namespace does not hold for callers elsewhere",
    mesh: 'defaultDestinationRuleExportTo: ["."]',
    cluster2: `${httpbin}${ingress("httpbin.$id.example.com", toHttpbin)}
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: httpbin}
spec: {host: httpbin, trafficPolicy: {tls: {mode: SIMPLE}}}
`,
    calls: ["cluster2 $sv/sleep http://httpbin:8000/env", "outside http://httpbin.$id.example.com/env"],
  },
]);

const policy = (spec: string) => `${httpbin}
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {name: httpbin}
spec: {selector: {matchLabels: {app: web}}, ${spec}}
`;
const local = ["cluster2 $sv/sleep http://httpbin:8000/env", "cluster2 $sv/plain http://httpbin:8000/env"];

const trustDomains = usersOf("trust domain aliases", [
  {
    name: "a policy still names the old trust domain, which is an alias",
    mesh: "trustDomainAliases: [old-td]",
    cluster2: policy('rules: [{from: [{source: {principals: ["old-td/ns/$sv/sa/sleep"]}}]}]'),
    calls: local,
  },
  {
    name: "a policy still names the old trust domain, which is not an alias",
    cluster2: policy('rules: [{from: [{source: {principals: ["old-td/ns/$sv/sa/sleep"]}}]}]'),
    calls: local,
  },
  {
    name: "a principal of another trust domain is denied by name of the own one",
    mesh: "trustDomainAliases: [east.example, west.example]",
    cluster2: policy('action: DENY, rules: [{from: [{source: {principals: ["east.example/ns/$sv/sa/*"]}}]}]'),
    calls: local,
  },
  {
    name: "a principal by its end, whatever the domain",
    mesh: "trustDomainAliases: [old-td]",
    cluster2: policy('rules: [{from: [{source: {principals: ["*/ns/$sv/sa/sleep"]}}]}]'),
    calls: local,
  },
  {
    name: "a server by an alias in subjectAltNames of the caller's DestinationRule",
    mesh: "trustDomainAliases: [old-td]",
    cluster2: `${httpbin}
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: httpbin}
spec: {host: httpbin, trafficPolicy: {tls: {mode: ISTIO_MUTUAL, subjectAltNames: ["spiffe://old-td/ns/$sv/sa/web"]}}}
`,
    calls: ["cluster2 $sv/sleep http://httpbin:8000/env"],
  },
]);

const selectors = "discoverySelectors: [{matchExpressions: [{key: discovery, operator: NotIn, values: [off]}]}]";
const unseen = (name: string) => `
apiVersion: v1
kind: Namespace
metadata: {name: ${name}, labels: {discovery: "off"}}
---`;

const discovery = usersOf("discoverySelectors", [
  {
    name: "the ServiceEntry lies in a namespace that istiod does not see",
    mesh: selectors,
    cluster1: `${unseen("$id-egress")}${remote("$id-egress")}`,
    cluster2: served,
    calls: [across],
  },
  {
    name: "the Gateway's routes lie in a namespace that istiod does not see",
    mesh: selectors,
    cluster2: `${httpbin}${unseen("$id-edge")}
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: {name: edge}
spec: {selector: {gateway: $gw}, servers: [{port: {number: 80, name: http, protocol: HTTP}, hosts: ["*/httpbin.$id.example.com"]}]}
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: edge, namespace: $id-edge}
spec: {hosts: [httpbin.$id.example.com], gateways: [$sv/edge], http: ${toHttpbin}}
`,
    calls: ["outside http://httpbin.$id.example.com/env"],
  },
  {
    name: "the called Service lies in a namespace that istiod does not see",
    mesh: selectors,
    cluster2: `${unseen("$id-far")}
apiVersion: v1
kind: ServiceAccount
metadata: {name: far, namespace: $id-far}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: far, namespace: $id-far}
spec:
  selector: {matchLabels: {app: far}}
  template:
    metadata: {labels: {app: far, sidecar.istio.io/inject: "false"}}
    spec: {serviceAccountName: far, containers: [{name: httpbin, image: go-httpbin, ports: [{containerPort: 8080}]}]}
---
apiVersion: v1
kind: Service
metadata: {name: far, namespace: $id-far}
spec: {selector: {app: far}, ports: [{name: http, port: 8000, targetPort: 8080}]}
`,
    calls: ["cluster2 $sv/sleep http://far.$id-far:8000/env", "cluster2 $sv/plain http://far.$id-far:8000/env"],
  },
  {
    name: "a DestinationRule of an unseen namespace is as if it were not there",
    mesh: selectors,
    cluster2: `${httpbin}${unseen("$id-rules")}
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: httpbin, namespace: $id-rules}
spec: {host: httpbin.$sv.svc.cluster.local, trafficPolicy: {tls: {mode: SIMPLE}}}
`,
    calls: ["cluster2 $sv/sleep http://httpbin:8000/env"],
  },
]);

const partner = `
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: {name: partner}
spec:
  hosts: [partner.$id.example.com]
  location: MESH_EXTERNAL
  resolution: STATIC
  ports: [{name: http, number: 8080, protocol: HTTP}]
  endpoints: [{address: $out}]
---`;

const annotations = usersOf("proxy.istio.io/config", [
  {
    name: "DNS capture is off for one pod, which calls a name of a ServiceEntry",
    untrue: ["name"],
    cluster1: `${partner}${clientWith(`{proxy.istio.io/config: 'proxyMetadata: {ISTIO_META_DNS_CAPTURE: "false"}'}`)}`,
    calls: ["$cl/caller http://partner.$id.example.com:8080/x", "http://partner.$id.example.com:8080/x"],
  },
  {
    name: "DNS capture is off for one pod, which calls a Service of its cluster",
    cluster1: `${httpbin}${clientWith(`{proxy.istio.io/config: 'proxyMetadata: {ISTIO_META_DNS_CAPTURE: "false"}'}`)}`,
    calls: ["$cl/caller http://httpbin:8000/env"],
  },
  {
    name: "DNS capture is off for one pod, which calls another cluster's service",
    cluster1: `${remote("$cl")}${clientWith(`{proxy.istio.io/config: 'proxyMetadata: {ISTIO_META_DNS_CAPTURE: "false"}'}`)}`,
    cluster2: served,
    calls: ["$cl/caller http://httpbin.$sv.cluster2:8000/env", across],
  },
]);

const outbound = usersOf("outboundTrafficPolicy", [
  {
    name: "REGISTRY_ONLY for the mesh, and a name that nobody declared",
    mesh: "outboundTrafficPolicy: {mode: REGISTRY_ONLY}",
    cluster1: httpbin,
    calls: ["http://undeclared.$id.example.com/x resolve=$out", "http://$out:8080/x", "http://httpbin:8000/env"],
  },
  {
    name: "REGISTRY_ONLY for the mesh, ALLOW_ANY by the namespace's Sidecar",
    mesh: "outboundTrafficPolicy: {mode: REGISTRY_ONLY}",
    cluster1: `
apiVersion: networking.istio.io/v1
kind: Sidecar
metadata: {name: default}
spec: {outboundTrafficPolicy: {mode: ALLOW_ANY}, egress: [{hosts: ["*/*"]}]}
`,
    calls: ["http://$out:8080/x"],
  },
  {
    name: "automatic mutual TLS is off for the mesh, and the server asks for it",
    mesh: "enableAutoMtls: false",
    cluster2: `${httpbin}
apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata: {name: default}
spec: {mtls: {mode: STRICT}}
`,
    calls: ["cluster2 $sv/sleep http://httpbin:8000/env"],
  },
]);

/** Endpoints in another network are reached by that network's gateway. */
const networks = usersOf("endpoints of another network", [
  {
    name: "a WorkloadEntry with a network, whose gateway a Gateway object names",
    cluster1: `
apiVersion: v1
kind: Service
metadata: {name: catalog}
spec: {selector: {import: catalog}, ports: [{name: http, port: 8000}]}
---
apiVersion: networking.istio.io/v1
kind: WorkloadEntry
metadata: {name: catalog-west}
spec: {address: $addr, ports: {http: $tls}, network: west, labels: {import: catalog, security.istio.io/tlsMode: istio}, serviceAccount: web}
---
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: catalog}
spec: {host: catalog, trafficPolicy: {tls: {mode: ISTIO_MUTUAL, sni: outbound_.8000_._.httpbin.$sv.svc.cluster.local, subjectAltNames: ["spiffe://cluster.local/ns/$sv/sa/web"]}}}
`,
    cluster2: served,
    calls: ["http://catalog:8000/env"],
  },
  {
    name: "an endpoint of a ServiceEntry with a network that nobody knows",
    cluster1: `
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: {name: httpbin-remote}
spec:
  hosts: [httpbin.$sv.cluster2]
  location: MESH_INTERNAL
  resolution: STATIC
  ports: [{name: http, number: 8000, protocol: HTTP}]
  endpoints: [{address: $addr, ports: {http: $tls}, network: nowhere}]
---
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: httpbin-remote}
spec: {host: httpbin.$sv.cluster2, trafficPolicy: {tls: {mode: ISTIO_MUTUAL, sni: outbound_.8000_._.httpbin.$sv.svc.cluster.local}}}
`,
    cluster2: served,
    calls: [across],
  },
  {
    name: "an endpoint of the proxy's own network",
    cluster1: remote("$cl").replace("ports: {http: $tls}}", "ports: {http: $tls}, network: cluster1}"),
    cluster2: served,
    calls: [across],
  },
]);

/** Settings that one part of a mesh honours and another may forget. */
export const settings: readonly Scenario[] = [
  ...exportDefaults,
  ...trustDomains,
  ...discovery,
  ...annotations,
  ...outbound,
  ...networks,
];
