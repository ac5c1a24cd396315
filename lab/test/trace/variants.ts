import type { Edit, Recipe, Variant } from "./recipe.ts";
import { imported, ingress, lean, leanTcp, local, localTcp, reference } from "./recipes.ts";

const set = (on: string, path: string, to: unknown): Edit => ({ on, path, to });
const unset = (on: string, path: string): Edit => ({ on, path, to: undefined });
const gone = (on: string): Edit => ({ on });
const one = (title: string, ...edits: readonly Edit[]): Variant => ({ title, edits });
/** Alone in its slot: others would meet its wildcard. */
const alone = (variant: Variant): Variant => ({ ...variant, reach: "slot" });

const sni = "spec.trafficPolicy.tls.sni";
const sans = "spec.trafficPolicy.tls.subjectAltNames";

/** What can go wrong with any name that leads to another cluster's passthrough gateway. */
const ofPassthrough: readonly Variant[] = [
  one("as it should be"),
  one("the Gateway is gone", gone("Gateway")),
  one("the server's Service is gone", { on: "Service", cluster: "cluster2" }),
  one("the Gateway names another host", set("Gateway", "spec.servers[0].hosts", ["$idx.$sv.svc.cluster.local"])),
  alone(
    one(
      "the Gateway has a wildcard for the namespace",
      set("Gateway", "spec.servers[0].hosts", ["*.$sv.svc.cluster.local"]),
    ),
  ),
  one(
    "the Gateway's host has its own namespace before it",
    set("Gateway", "spec.servers[0].hosts", ["./$id.$sv.svc.cluster.local"]),
  ),
  one(
    "the Gateway's host is open to all namespaces",
    set("Gateway", "spec.servers[0].hosts", ["*/$id.$sv.svc.cluster.local"]),
  ),
  one("the Gateway selects other pods", set("Gateway", "spec.selector", { gateway: "other" })),
  one("the Gateway listens on another port", set("Gateway", "spec.servers[0].port.number", 15444)),
  one(
    "the Gateway ends TLS as PASSTHROUGH without a VirtualService",
    set("Gateway", "spec.servers[0].tls.mode", "PASSTHROUGH"),
  ),
  alone(one("the Gateway is for ISTIO_MUTUAL", set("Gateway", "spec.servers[0].tls.mode", "ISTIO_MUTUAL"))),
  one("the server's Service selects nothing", set("Service", "spec.selector", { app: "nobody" })),
  one("the server's Service selects a pod without a sidecar", set("Service", "spec.selector", { app: "plainweb" })),
  one("the server's Service has another port", set("Service", "spec.ports[0].port", 8111)),
  one("the server's Service has a wrong target port", set("Service", "spec.ports[0].targetPort", 8099)),
  one(
    "the server's Service is not exported to the gateway",
    set("Service", "metadata.annotations.networking~istio~io/exportTo", "."),
  ),
  one(
    "the server's Service is exported to nobody",
    set("Service", "metadata.annotations.networking~istio~io/exportTo", "~"),
  ),
  one(
    "the server's Service is exported to the gateway by name",
    set("Service", "metadata.annotations.networking~istio~io/exportTo", "$gw"),
  ),
  one("the server's Service is headless", set("Service", "spec.clusterIP", "None")),
];

/** The name of the Service's port says how all of the pod's callers are served: alone in a slot. */
const ofServerHttp: readonly Variant[] = [
  one("the target port is a container port's name", set("Service", "spec.ports[0].targetPort", "http-web")),
  one("the target port is a name that no container has", set("Service", "spec.ports[0].targetPort", "nothing")),
  one("the server's port has no protocol", set("Service", "spec.ports[0].name", "web")),
  one("the server's port is said to be TCP", set("Service", "spec.ports[0].name", "tcp-web")),
  one("the server's port is said to be gRPC", set("Service", "spec.ports[0].name", "grpc-web2")),
  one("the server's port is said to be HTTPS", set("Service", "spec.ports[0].name", "https-web")),
].map(alone);

const ofLean: readonly Variant[] = [
  ...ofPassthrough,
  one("the ServiceEntry is gone", gone("ServiceEntry")),
  one("the DestinationRule is gone", gone("DestinationRule")),
  one("the DestinationRule is for another host", set("DestinationRule", "spec.host", "$idx.$sv.cluster2")),
  alone(one("the DestinationRule has a wildcard host", set("DestinationRule", "spec.host", "*.$sv.cluster2"))),
  one("the DestinationRule is in the server's namespace name", set("DestinationRule", "metadata.namespace", "default")),
  one(
    "the DestinationRule is in the mesh's root namespace",
    set("DestinationRule", "metadata.namespace", "istio-system"),
  ),
  one("the DestinationRule is exported to nobody else", set("DestinationRule", "spec.exportTo", ["."])),
  one("the DestinationRule is exported elsewhere", set("DestinationRule", "spec.exportTo", ["istio-system"])),
  one("the SNI names another port", set("DestinationRule", sni, "outbound_.8001_._.$id.$sv.svc.cluster.local")),
  one("the SNI names another host", set("DestinationRule", sni, "outbound_.8000_._.$idx.$sv.svc.cluster.local")),
  one(
    "the SNI names a subset that is not there",
    set("DestinationRule", sni, "outbound_.8000_.v9_.$id.$sv.svc.cluster.local"),
  ),
  one("the SNI is the host alone", set("DestinationRule", sni, "$id.$sv.svc.cluster.local")),
  one("there is no SNI", unset("DestinationRule", sni)),
  one("the SNI has capital letters", set("DestinationRule", sni, "outbound_.8000_._.$id.$sv.svc.CLUSTER.local")),
  one("another server is expected", set("DestinationRule", sans, ["spiffe://cluster.local/ns/$sv/sa/other"])),
  one(
    "a server of another trust domain is expected",
    set("DestinationRule", sans, ["spiffe://other.domain/ns/$sv/sa/web"]),
  ),
  one(
    "several servers are expected, one of them right",
    set("DestinationRule", sans, ["spiffe://cluster.local/ns/x/sa/y", "spiffe://cluster.local/ns/$sv/sa/web"]),
  ),
  one("any server will do", unset("DestinationRule", sans)),
  one("TLS is off", set("DestinationRule", "spec.trafficPolicy.tls", { mode: "DISABLE" })),
  one(
    "TLS is SIMPLE",
    set("DestinationRule", "spec.trafficPolicy.tls", {
      mode: "SIMPLE",
      sni: "outbound_.8000_._.$id.$sv.svc.cluster.local",
    }),
  ),
  one("no policy at all", unset("DestinationRule", "spec.trafficPolicy")),
  one(
    "the policy is for the port",
    set("DestinationRule", "spec.trafficPolicy", {
      portLevelSettings: [
        { port: { number: 8000 }, tls: { mode: "ISTIO_MUTUAL", sni: "outbound_.8000_._.$id.$sv.svc.cluster.local" } },
      ],
    }),
  ),
  one(
    "the policy is for another port",
    set("DestinationRule", "spec.trafficPolicy", {
      portLevelSettings: [
        { port: { number: 8001 }, tls: { mode: "ISTIO_MUTUAL", sni: "outbound_.8000_._.$id.$sv.svc.cluster.local" } },
      ],
    }),
  ),
  one(
    "the policy of the port turns TLS off",
    set("DestinationRule", "spec.trafficPolicy.portLevelSettings", [
      { port: { number: 8000 }, tls: { mode: "DISABLE" } },
    ]),
  ),
  one("the endpoint's port is wrong", set("ServiceEntry", "spec.endpoints[0].ports", { http: 32999 })),
  one("the endpoint's port is left out", unset("ServiceEntry", "spec.endpoints[0].ports")),
  one("the endpoint is a node that is not there", set("ServiceEntry", "spec.endpoints[0].address", "192.0.2.7")),
  one("the endpoint is the gateway's HTTP port", set("ServiceEntry", "spec.endpoints[0].ports", { http: "$http" })),
  one(
    "a second endpoint has a wrong port",
    set("ServiceEntry", "spec.endpoints[1]", { address: "$addr", ports: { http: 32998 } }),
  ),
  one(
    "the endpoint is marked as mutual TLS",
    set("ServiceEntry", "spec.endpoints[0].labels", { "security.istio.io/tlsMode": "istio" }),
  ),
  one("no endpoints", unset("ServiceEntry", "spec.endpoints")),
  one("the ServiceEntry has another host", set("ServiceEntry", "spec.hosts", ["$idx.$sv.cluster2"])),
  one("the ServiceEntry has a wildcard host and an address", set("ServiceEntry", "spec.hosts", ["*.$id.cluster2"])),
  one("the ServiceEntry has another port", set("ServiceEntry", "spec.ports[0].number", 8001)),
  one(
    "the ServiceEntry's port is TCP",
    set("ServiceEntry", "spec.ports[0].protocol", "TCP"),
    set("ServiceEntry", "spec.addresses", ["$vip"]),
  ),
  one("the ServiceEntry's port is HTTP2", set("ServiceEntry", "spec.ports[0].protocol", "HTTP2")),
  one("the ServiceEntry's port is HTTPS", set("ServiceEntry", "spec.ports[0].protocol", "HTTPS")),
  one("the ServiceEntry is for servers outside the mesh", set("ServiceEntry", "spec.location", "MESH_EXTERNAL")),
  one("the ServiceEntry resolves by DNS", set("ServiceEntry", "spec.resolution", "DNS")),
  alone(
    one(
      "the ServiceEntry resolves nothing",
      set("ServiceEntry", "spec.resolution", "NONE"),
      unset("ServiceEntry", "spec.endpoints"),
    ),
  ),
  one("the ServiceEntry has an address of its own", set("ServiceEntry", "spec.addresses", ["$vip"])),
  one("the ServiceEntry is in another namespace", set("ServiceEntry", "metadata.namespace", "default")),
  one(
    "the ServiceEntry of another namespace is its own",
    set("ServiceEntry", "metadata.namespace", "default"),
    set("ServiceEntry", "spec.exportTo", ["."]),
  ),
  one(
    "the ServiceEntry is exported to the client by name",
    set("ServiceEntry", "metadata.namespace", "default"),
    set("ServiceEntry", "spec.exportTo", ["$cl"]),
  ),
  one("the ServiceEntry is exported to nobody", set("ServiceEntry", "spec.exportTo", ["~"])),
  ...ofServerHttp,
  { title: "a client without a sidecar calls", edits: [], calls: ["$cl/plain http://$id.$sv.cluster2:8000/env"] },
  { title: "the name is written with capitals", edits: [], calls: ["http://$id.$sv.CLUSTER2:8000/env"] },
  { title: "another port is called", edits: [], calls: ["http://$id.$sv.cluster2:8001/env"] },
  {
    title: "another host header is sent",
    edits: [],
    calls: ["http://$id.$sv.cluster2:8000/env host=nobody.acme.test"],
  },
  {
    title: "the gateway is called by its address",
    edits: [],
    calls: ["http://$addr:$tls/env", "$cl/plain http://$addr:$tls/env"],
  },
  {
    title: "a second rule for the host, later and without TLS",
    edits: [],
    cluster1: `
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: $id-z}
spec: {host: $id.$sv.cluster2, trafficPolicy: {tls: {mode: DISABLE}}}
`,
  },
  {
    title: "a second rule for the host, first by name and without TLS",
    edits: [],
    cluster1: `
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: $id-0}
spec: {host: $id.$sv.cluster2, trafficPolicy: {tls: {mode: DISABLE}}}
`,
  },
  {
    title: "the root namespace's rule turns TLS off",
    edits: [],
    cluster1: `
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: $id, namespace: istio-system}
spec: {host: $id.$sv.cluster2, trafficPolicy: {tls: {mode: DISABLE}}}
`,
  },
  {
    title: "a second Gateway passes the same host through",
    reach: "slot",
    edits: [],
    cluster2: `
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: {name: $id-z, namespace: $gw}
spec:
  selector: {gateway: $gw}
  servers: [{port: {number: 15443, name: tls, protocol: TLS}, tls: {mode: AUTO_PASSTHROUGH}, hosts: [$id.$sv.svc.cluster.local]}]
`,
  },
  {
    title: "a second Gateway's wildcard passes the same host through",
    reach: "slot",
    edits: [],
    cluster2: `
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: {name: $id-z, namespace: $gw}
spec:
  selector: {gateway: $gw}
  servers: [{port: {number: 15443, name: tls, protocol: TLS}, tls: {mode: AUTO_PASSTHROUGH}, hosts: ["*.$sv.svc.cluster.local"]}]
`,
  },
];

/** Of the TCP form, and of that of a service's own name, those that are about names and ports of another kind are left out. */
const ofLeanTcp = ofPassthrough.concat([
  one("the ServiceEntry has no address", unset("ServiceEntry", "spec.addresses")),
  one("the ServiceEntry's port is HTTP", set("ServiceEntry", "spec.ports[0].protocol", "HTTP")),
  one("the SNI names another port", set("DestinationRule", sni, "outbound_.9001_._.$id.$sv.svc.cluster.local")),
  one("another server is expected", set("DestinationRule", sans, ["spiffe://cluster.local/ns/$sv/sa/other"])),
  one("TLS is off", set("DestinationRule", "spec.trafficPolicy.tls", { mode: "DISABLE" })),
  one("the endpoint's port is wrong", set("ServiceEntry", "spec.endpoints[0].ports", { tcp: 32999 })),
  one("the server's port is said to be HTTP", set("Service", "spec.ports[0].name", "http")),
  one("the server's port has no protocol", set("Service", "spec.ports[0].name", "echo")),
]);

const ofImported: readonly Variant[] = [
  ...ofPassthrough.filter(({ title }) => !title.includes("the server's Service")),
  one("the WorkloadEntry is gone", gone("WorkloadEntry")),
  one("the client's Service is gone", { on: "Service", cluster: "cluster1" }),
  one("the DestinationRule is gone", gone("DestinationRule")),
  one("the WorkloadEntry has no tlsMode label", set("WorkloadEntry", "spec.labels", { import: "$id" })),
  one(
    "the WorkloadEntry has no tlsMode label and there is no DestinationRule",
    gone("DestinationRule"),
    set("WorkloadEntry", "spec.labels", { import: "$id" }),
  ),
  one(
    "the WorkloadEntry has neither label nor service account",
    gone("DestinationRule"),
    set("WorkloadEntry", "spec.labels", { import: "$id" }),
    unset("WorkloadEntry", "spec.serviceAccount"),
  ),
  one("the WorkloadEntry has other labels", set("WorkloadEntry", "spec.labels", { import: "other" })),
  one("the WorkloadEntry is in another namespace", set("WorkloadEntry", "metadata.namespace", "default")),
  one("the WorkloadEntry's port has another name", set("WorkloadEntry", "spec.ports", { web: "$tls" })),
  one("the WorkloadEntry's port is wrong", set("WorkloadEntry", "spec.ports", { http: 32997 })),
  one("the WorkloadEntry has another address", set("WorkloadEntry", "spec.address", "192.0.2.8")),
  one("the client's Service has no protocol", {
    on: "Service",
    cluster: "cluster1",
    path: "spec.ports[0].name",
    to: "web",
  }),
  one("the client's Service is headless", { on: "Service", cluster: "cluster1", path: "spec.clusterIP", to: "None" }),
  { title: "a client without a sidecar calls", edits: [], calls: ["$cl/plain http://$id.$cl:8000/env"] },
  { title: "it is called by its long name", edits: [], calls: ["http://$id.$cl.svc.cluster.local:8000/env"] },
  { title: "it is called by its short name", edits: [], calls: ["http://$id:8000/env"] },
];

const ofReference: readonly Variant[] = [
  one("word for word"),
  one("with the tlsMode label", {
    on: "ServiceEntry",
    cluster: "cluster2",
    path: "spec.endpoints[0].labels",
    to: { "security.istio.io/tlsMode": "istio" },
  }),
  one(
    "with the label, without the server's rule",
    { on: "DestinationRule", cluster: "cluster2" },
    {
      on: "ServiceEntry",
      cluster: "cluster2",
      path: "spec.endpoints[0].labels",
      to: { "security.istio.io/tlsMode": "istio" },
    },
  ),
  one("without the server's rule", { on: "DestinationRule", cluster: "cluster2" }),
  one("without the server's ServiceEntry", { on: "ServiceEntry", cluster: "cluster2" }),
  one("without the client's rule", { on: "DestinationRule", cluster: "cluster1" }),
  one("the server's ServiceEntry is in the server's namespace", {
    on: "ServiceEntry",
    cluster: "cluster2",
    path: "metadata.namespace",
    to: "$sv",
  }),
  one("the server's ServiceEntry is MESH_EXTERNAL", {
    on: "ServiceEntry",
    cluster: "cluster2",
    path: "spec.location",
    to: "MESH_EXTERNAL",
  }),
  one("the server's ServiceEntry has a service account", {
    on: "ServiceEntry",
    cluster: "cluster2",
    path: "spec.endpoints[0].serviceAccount",
    to: "web",
  }),
  one("the server's ServiceEntry names a Service that is not there", {
    on: "ServiceEntry",
    cluster: "cluster2",
    path: "spec.endpoints[0].address",
    to: "$idx.$sv.svc.cluster.local",
  }),
  one(
    "the label, and a Service of a pod without a sidecar",
    {
      on: "ServiceEntry",
      cluster: "cluster2",
      path: "spec.endpoints[0].labels",
      to: { "security.istio.io/tlsMode": "istio" },
    },
    set("Service", "spec.selector", { app: "plainweb" }),
  ),
  one("the ports are HTTP", { on: "ServiceEntry", cluster: "cluster1", path: "spec.ports[0].protocol", to: "HTTP" }),
];

const virtualService = (http: string) => `
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: $id}
spec:
  hosts: [$id]
  http: ${http}
`;
const rule = (subsets: string) => `
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: $id}
spec: {host: $id, subsets: ${subsets}}
`;
const routed = (title: string, http: string, ...calls: readonly string[]): Variant => ({
  title,
  edits: [],
  cluster1: virtualService(http),
  calls: calls.length === 0 ? ["http://$id:8000/env"] : calls,
});

const ofLocal: readonly Variant[] = [
  one("as it should be"),
  ...ofServerHttp,
  one("the Service is gone", gone("Service")),
  one("the Service selects nothing", set("Service", "spec.selector", { app: "nobody" })),
  one("the Service has another port", set("Service", "spec.ports[0].port", 8111)),
  one("the Service has a wrong target port", set("Service", "spec.ports[0].targetPort", 8099)),
  one("the Service is headless", set("Service", "spec.clusterIP", "None")),
  one(
    "the Service is headless with another target port",
    set("Service", "spec.clusterIP", "None"),
    set("Service", "spec.ports[0].port", 8080),
  ),
  one("the Service is exported to nobody", set("Service", "metadata.annotations.networking~istio~io/exportTo", "~")),
  one(
    "the Service is exported elsewhere",
    set("Service", "metadata.annotations.networking~istio~io/exportTo", "default"),
  ),
  one(
    "the Service stands for another name",
    set("Service", "spec", {
      type: "ExternalName",
      externalName: "$id.nowhere.test",
      ports: [{ name: "http", port: 8000 }],
    }),
  ),
  {
    title: "the app is called on its own port",
    edits: [],
    calls: ["http://$id:8080/env", "$cl/plain http://$id:8080/env"],
  },
  {
    title: "the Service is called from another namespace",
    edits: [],
    calls: ["http://$id.$cl:8000/env", "http://$id.$cl.svc:8000/env", "http://$id.default:8000/env"],
  },
  routed("a route for all", "[{route: [{destination: {host: $id}}]}]"),
  routed(
    "a route for a path",
    "[{match: [{uri: {prefix: /env}}], route: [{destination: {host: $id}}]}]",
    "http://$id:8000/env",
    "http://$id:8000/get",
  ),
  routed(
    "a route for an exact path",
    "[{match: [{uri: {exact: /env}}], route: [{destination: {host: $id}}]}]",
    "http://$id:8000/env",
    "http://$id:8000/env/x",
  ),
  routed(
    "a route for a regular expression",
    "[{match: [{uri: {regex: '/e.v'}}], route: [{destination: {host: $id}}]}]",
    "http://$id:8000/env",
    "http://$id:8000/get",
  ),
  routed(
    "a route for a header",
    "[{match: [{headers: {x-who: {exact: me}}}], route: [{destination: {host: $id}}]}]",
    "http://$id:8000/env x-who=me",
    "http://$id:8000/env x-who=you",
    "http://$id:8000/env",
  ),
  routed(
    "a route for a method",
    "[{match: [{method: {exact: POST}}], route: [{destination: {host: $id}}]}]",
    "$cl/sleep POST http://$id:8000/anything",
    "http://$id:8000/get",
  ),
  routed(
    "a route for a query",
    "[{match: [{queryParams: {a: {exact: b}}}], route: [{destination: {host: $id}}]}]",
    "http://$id:8000/env?a=b",
    "http://$id:8000/env?a=c",
  ),
  routed("a route for another port", "[{match: [{port: 8001}], route: [{destination: {host: $id}}]}]"),
  routed("a route for other callers", "[{match: [{sourceLabels: {app: other}}], route: [{destination: {host: $id}}]}]"),
  routed("a route for these callers", "[{match: [{sourceLabels: {app: sleep}}], route: [{destination: {host: $id}}]}]"),
  routed(
    "a route for callers of another namespace",
    "[{match: [{sourceNamespace: other}], route: [{destination: {host: $id}}]}]",
  ),
  routed("a route to a host that is not there", "[{route: [{destination: {host: $idx}}]}]"),
  routed("a route to a port that is not there", "[{route: [{destination: {host: $id, port: {number: 8001}}}]}]"),
  routed("a route to a subset without a rule", "[{route: [{destination: {host: $id, subset: v1}}]}]"),
  routed("a route with a redirect", "[{redirect: {uri: /get}}]"),
  routed("a route with a direct response", "[{directResponse: {status: 418}}]"),
  routed(
    "a route that aborts",
    "[{fault: {abort: {httpStatus: 555, percentage: {value: 100}}}, route: [{destination: {host: $id}}]}]",
  ),
  routed(
    "a route that rewrites the path",
    "[{match: [{uri: {prefix: /a/}}], rewrite: {uri: /}, route: [{destination: {host: $id}}]}]",
    "http://$id:8000/a/env",
    "http://$id:8000/env",
  ),
  routed("a route that rewrites the host", "[{rewrite: {authority: other.test}, route: [{destination: {host: $id}}]}]"),
  routed(
    "half to nowhere",
    "[{route: [{destination: {host: $id}, weight: 0}, {destination: {host: $idx}, weight: 100}]}]",
  ),
  routed(
    "all to where it is, weighted",
    "[{route: [{destination: {host: $id}, weight: 100}, {destination: {host: $idx}, weight: 0}]}]",
  ),
  {
    title: "a route to a subset",
    edits: [],
    cluster1: `${virtualService("[{route: [{destination: {host: $id, subset: v1}}]}]")}---${rule("[{name: v1, labels: {version: v1}}]")}`,
    calls: ["http://$id:8000/env"],
  },
  {
    title: "a route to an empty subset",
    edits: [],
    cluster1: `${virtualService("[{route: [{destination: {host: $id, subset: v2}}]}]")}---${rule("[{name: v2, labels: {version: v9}}]")}`,
    calls: ["http://$id:8000/env"],
  },
  {
    title: "a route to a subset that another rule has",
    edits: [],
    cluster1: `${virtualService("[{route: [{destination: {host: $id, subset: v3}}]}]")}---${rule("[{name: v1, labels: {version: v1}}]")}`,
    calls: ["http://$id:8000/env"],
  },
  {
    title: "a subset turns TLS off",
    edits: [],
    cluster1: `${virtualService("[{route: [{destination: {host: $id, subset: v1}}]}]")}---${rule("[{name: v1, labels: {version: v1}, trafficPolicy: {tls: {mode: DISABLE}}}]")}`,
    calls: ["http://$id:8000/env"],
  },
  {
    title: "the VirtualService is for a gateway only",
    edits: [set("VirtualService", "spec.gateways", ["$gw/$id"])],
    cluster1: virtualService("[{directResponse: {status: 418}}]"),
    calls: ["http://$id:8000/env"],
  },
  {
    title: "the VirtualService is for a gateway and the mesh",
    edits: [set("VirtualService", "spec.gateways", ["$gw/$id", "mesh"])],
    cluster1: virtualService("[{directResponse: {status: 418}}]"),
    calls: ["http://$id:8000/env"],
  },
  {
    title: "the VirtualService is exported elsewhere",
    edits: [
      set("VirtualService", "metadata.namespace", "default"),
      set("VirtualService", "spec.hosts", ["$id.$cl.svc.cluster.local"]),
      set("VirtualService", "spec.exportTo", ["."]),
    ],
    cluster1: virtualService("[{directResponse: {status: 418}}]"),
    calls: ["http://$id:8000/env"],
  },
  {
    title: "the VirtualService has the long name",
    edits: [set("VirtualService", "spec.hosts", ["$id.$cl.svc.cluster.local"])],
    cluster1: virtualService("[{directResponse: {status: 418}}]"),
    calls: ["http://$id:8000/env"],
  },
  {
    title: "two VirtualServices for one host",
    edits: [],
    cluster1: `${virtualService("[{directResponse: {status: 418}}]")}---${virtualService("[{route: [{destination: {host: $id}}]}]").replace("name: $id", "name: $id-z")}`,
    calls: ["http://$id:8000/env"],
  },
  {
    title: "a rule speaks mutual TLS to a pod without a sidecar",
    edits: [set("Service", "spec.selector", { app: "plainweb" })],
    cluster1: `${rule("[]").replace("subsets: []", "trafficPolicy: {tls: {mode: ISTIO_MUTUAL}}")}`,
    calls: ["http://$id:8000/env"],
  },
  {
    title: "a rule turns TLS off",
    edits: [],
    cluster1: `${rule("[]").replace("subsets: []", "trafficPolicy: {tls: {mode: DISABLE}}")}`,
    calls: ["http://$id:8000/env"],
  },
  {
    title: "a rule speaks SIMPLE TLS to a plain port",
    edits: [],
    cluster1: `${rule("[]").replace("subsets: []", "trafficPolicy: {tls: {mode: SIMPLE}}")}`,
    calls: ["http://$id:8000/env"],
  },
  {
    title: "a rule expects another server",
    edits: [],
    cluster1: `${rule("[]").replace("subsets: []", "trafficPolicy: {tls: {mode: ISTIO_MUTUAL, subjectAltNames: ['spiffe://cluster.local/ns/x/sa/y']}}")}`,
    calls: ["http://$id:8000/env"],
  },
  {
    title: "a not ready pod beside a ready one",
    edits: [set("Service", "spec.selector", { set: "$id" })],
    cluster1: pod("$id-dead", "False"),
    calls: ["http://$id:8000/env"],
  },
];

function pod(name: string, ready: string): string {
  return `
apiVersion: v1
kind: Pod
metadata: {name: ${name}, labels: {set: $id, security.istio.io/tlsMode: istio}}
spec:
  serviceAccountName: web
  nodeName: cluster1
  containers: [{name: app, image: go-httpbin, ports: [{containerPort: 8080}]}, {name: istio-proxy, image: proxyv2}]
status:
  phase: Running
  podIP: 10.244.200.7
  podIPs: [{ip: 10.244.200.7}]
  conditions: [{type: Ready, status: "${ready}"}, {type: ContainersReady, status: "${ready}"}]
`;
}

const ofLocalTcp: readonly Variant[] = [
  one("as it should be"),
  one("the Service selects nothing", set("Service", "spec.selector", { app: "nobody" })),
  one("the port is said to be HTTP", set("Service", "spec.ports[0].name", "http")),
  one("the port has no protocol", set("Service", "spec.ports[0].name", "echo")),
  one("the target port is one that no container declares", set("Service", "spec.ports[0].targetPort", 9001)),
  one("the Service is headless", set("Service", "spec.clusterIP", "None")),
  {
    title: "a VirtualService routes TCP to nowhere",
    edits: [],
    cluster1: `
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: $id}
spec: {hosts: [$id], tcp: [{route: [{destination: {host: $idx, port: {number: 9000}}}]}]}
`,
    calls: ["tcp://$id:9000"],
  },
  {
    title: "a VirtualService routes another TCP port",
    edits: [],
    cluster1: `
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: $id}
spec: {hosts: [$id], tcp: [{match: [{port: 9009}], route: [{destination: {host: $idx, port: {number: 9000}}}]}]}
`,
    calls: ["tcp://$id:9000"],
  },
];

const ofIngress: readonly Variant[] = [
  one("as it should be"),
  one("the VirtualService is gone", gone("VirtualService")),
  one("the Gateway is gone", gone("Gateway")),
  one("the Service is gone", gone("Service")),
  one("the VirtualService names another Gateway", set("VirtualService", "spec.gateways", ["$gw/$idx"])),
  one("the VirtualService names the Gateway without namespace", set("VirtualService", "spec.gateways", ["$id"])),
  one("the VirtualService has another host", set("VirtualService", "spec.hosts", ["$idx.acme.test"])),
  alone(one("the VirtualService has a wildcard", set("VirtualService", "spec.hosts", ["*.acme.test"]))),
  alone(one("the Gateway has a wildcard", set("Gateway", "spec.servers[0].hosts", ["*.acme.test"]))),
  one("the Gateway takes the server's namespace only", set("Gateway", "spec.servers[0].hosts", ["$sv/$id.acme.test"])),
  one("the Gateway takes its own namespace only", set("Gateway", "spec.servers[0].hosts", ["./$id.acme.test"])),
  one("the Gateway has another port", set("Gateway", "spec.servers[0].port.number", 8000)),
  one("the Gateway has the pod's port", set("Gateway", "spec.servers[0].port.number", 8080)),
  alone(one("the Gateway's server is TCP", set("Gateway", "spec.servers[0].port.protocol", "TCP"))),
  one(
    "the VirtualService routes another path",
    set("VirtualService", "spec.http[0].match", [{ uri: { prefix: "/get" } }]),
  ),
  one("the VirtualService routes the server's port", set("VirtualService", "spec.http[0].match", [{ port: 80 }])),
  one("the VirtualService routes another port", set("VirtualService", "spec.http[0].match", [{ port: 8080 }])),
  one(
    "the destination has a port that is not there",
    set("VirtualService", "spec.http[0].route[0].destination.port.number", 8001),
  ),
  one("the destination has no port", unset("VirtualService", "spec.http[0].route[0].destination.port")),
  one("the destination has a short name", set("VirtualService", "spec.http[0].route[0].destination.host", "$id")),
  one("the destination is not there", set("VirtualService", "spec.http[0].route[0].destination.host", "$idx")),
  one("the VirtualService is not exported to the gateway", set("VirtualService", "spec.exportTo", ["."])),
  one("the VirtualService is exported to the gateway by name", set("VirtualService", "spec.exportTo", ["$gw"])),
  one(
    "the Service is not exported to the gateway",
    set("Service", "metadata.annotations.networking~istio~io/exportTo", "."),
  ),
  one("the Service selects nothing", set("Service", "spec.selector", { app: "nobody" })),
  one("the Service selects a pod without a sidecar", set("Service", "spec.selector", { app: "plainweb" })),
  { title: "another host is asked for", edits: [], calls: ["$cl/plain http://$addr:$http/env host=$idx.acme.test"] },
  {
    title: "the host is asked for with a port",
    edits: [],
    calls: ["$cl/plain http://$addr:$http/env host=$id.acme.test:8080"],
  },
  {
    title: "the host is asked for with capitals",
    edits: [],
    calls: ["$cl/plain http://$addr:$http/env host=$id.ACME.test"],
  },
  { title: "a client with a sidecar calls", edits: [], calls: ["http://$addr:$http/env host=$id.acme.test"] },
  { title: "TLS is spoken to it", edits: [], calls: ["$cl/plain https://$addr:$http/env host=$id.acme.test"] },
  one("a redirect to HTTPS", set("Gateway", "spec.servers[0].tls", { httpsRedirect: true })),
  one("a redirect by the route", set("VirtualService", "spec.http[0]", { redirect: { uri: "/x" } })),
  {
    title: "two VirtualServices for one host",
    edits: [],
    cluster2: `
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: $id-0}
spec: {hosts: [$id.acme.test], gateways: [$gw/$id], http: [{match: [{uri: {prefix: /get}}], directResponse: {status: 418}}]}
`,
    calls: [
      "$cl/plain http://$addr:$http/env host=$id.acme.test",
      "$cl/plain http://$addr:$http/get host=$id.acme.test",
    ],
  },
];

export const variants: readonly (readonly [Recipe, readonly Variant[]])[] = [
  [lean, ofLean],
  [leanTcp, ofLeanTcp],
  [imported, ofImported],
  [reference, ofReference],
  [local, ofLocal],
  [localTcp, ofLocalTcp],
  [ingress, ofIngress],
];
