import type { Recipe } from "./recipe.ts";

const service = (port: string) => `
apiVersion: v1
kind: Service
metadata: {name: $id}
spec: {selector: {app: web}, ports: [${port}]}
`;
export const httpPort = "{name: http, port: 8000, targetPort: 8080}";
export const tcpPort = "{name: tcp, port: 9000, targetPort: 9000}";

const passthroughGateway = (host: string) => `
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: {name: $id, namespace: $gw}
spec:
  selector: {gateway: $gw}
  servers:
  - port: {number: 15443, name: tls, protocol: TLS}
    tls: {mode: AUTO_PASSTHROUGH}
    hosts: ["${host}"]
`;

/** One Gateway at the server, ServiceEntry and DestinationRule at the client: a name for each cluster. */
export const lean: Recipe = {
  name: "a name for each cluster",
  reach: "names",
  cluster1: `
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: {name: $id}
spec:
  hosts: [$id.$sv.cluster2]
  location: MESH_INTERNAL
  resolution: STATIC
  ports: [{name: http, number: 8000, protocol: HTTP}]
  endpoints: [{address: $addr, ports: {http: $tls}}]
---
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: $id}
spec:
  host: $id.$sv.cluster2
  trafficPolicy:
    tls:
      mode: ISTIO_MUTUAL
      sni: outbound_.8000_._.$id.$sv.svc.cluster.local
      subjectAltNames: ["spiffe://cluster.local/ns/$sv/sa/web"]
`,
  cluster2: `${service(httpPort)}---${passthroughGateway("$id.$sv.svc.cluster.local")}`,
  calls: ["http://$id.$sv.cluster2:8000/env"],
};

export const leanTcp: Recipe = {
  name: "a name for each cluster, TCP",
  reach: "names",
  cluster1: (lean.cluster1 ?? "")
    .replace("name: http, number: 8000, protocol: HTTP", "name: tcp, number: 9000, protocol: TCP")
    .replace("{http: $tls}", "{tcp: $tls}")
    .replace("  resolution: STATIC", "  resolution: STATIC\n  addresses: [$vip]")
    .replace("8000_", "9000_"),
  cluster2: `${service(tcpPort)}---${passthroughGateway("$id.$sv.svc.cluster.local")}`,
  calls: ["tcp://$id.$sv.cluster2:9000"],
};

/** The reference's recipe, word for word but for names and addresses. */
export const reference: Recipe = {
  name: "the reference's recipe",
  reach: "names",
  cluster1: `
apiVersion: networking.istio.io/v1alpha3
kind: ServiceEntry
metadata: {name: $id}
spec:
  hosts: [$id.bar.cluster2]
  location: MESH_INTERNAL
  ports: [{name: tcp, number: 8000, protocol: TCP}]
  resolution: DNS
  addresses: [$vip]
  endpoints: [{address: $addr, ports: {tcp: $tls}}]
---
apiVersion: networking.istio.io/v1alpha3
kind: DestinationRule
metadata: {name: $id}
spec:
  host: $id.bar.cluster2
  trafficPolicy: {tls: {mode: ISTIO_MUTUAL}}
`,
  cluster2: `${service(httpPort)}---${passthroughGateway("$id.bar.cluster2")}---
apiVersion: networking.istio.io/v1alpha3
kind: ServiceEntry
metadata: {name: $id, namespace: $gw}
spec:
  resolution: DNS
  location: MESH_INTERNAL
  ports: [{name: tcp, number: 8000, protocol: TCP}]
  exportTo: ["."]
  hosts: [$id.bar.cluster2]
  endpoints: [{address: $id.$sv.svc.cluster.local}]
---
apiVersion: networking.istio.io/v1beta1
kind: DestinationRule
metadata: {name: $id, namespace: $gw}
spec:
  host: $id.bar.cluster2
  trafficPolicy: {tls: {mode: ISTIO_MUTUAL}}
`,
  calls: ["http://$id.bar.cluster2:8000/env"],
};

/** A Service without pods and a WorkloadEntry for the gateway: the service's own name in another cluster. */
export const imported: Recipe = {
  name: "its own name, imported",
  reach: "names",
  cluster1: `
apiVersion: v1
kind: Service
metadata: {name: $id, namespace: $cl}
spec: {selector: {import: $id}, ports: [{name: http, port: 8000, targetPort: 8087}]}
---
apiVersion: networking.istio.io/v1
kind: WorkloadEntry
metadata: {name: $id}
spec:
  address: $addr
  ports: {http: $tls}
  labels: {import: $id, security.istio.io/tlsMode: istio}
  serviceAccount: web
---
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: $id}
spec:
  host: $id.$cl.svc.cluster.local
  trafficPolicy:
    tls:
      mode: ISTIO_MUTUAL
      sni: outbound_.8000_._.$id.$sv.svc.cluster.local
      subjectAltNames: ["spiffe://cluster.local/ns/$sv/sa/web"]
`,
  cluster2: `${service(httpPort)}---${passthroughGateway("$id.$sv.svc.cluster.local")}`,
  calls: ["http://$id.$cl:8000/env"],
};

/** No gateway: a Service and its pods in the client's cluster. */
export const local: Recipe = {
  name: "in one cluster",
  reach: "names",
  cluster1: service(httpPort),
  calls: ["http://$id:8000/env", "$cl/plain http://$id:8000/env"],
};

export const localTcp: Recipe = {
  name: "in one cluster, TCP",
  reach: "names",
  cluster1: service(tcpPort),
  calls: ["tcp://$id:9000", "$cl/plain tcp://$id:9000"],
};

/** A client outside the mesh calls a gateway's HTTP port. */
export const ingress: Recipe = {
  name: "external access, HTTP",
  reach: "names",
  cluster2: `${service(httpPort)}---
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: {name: $id, namespace: $gw}
spec:
  selector: {gateway: $gw}
  servers:
  - port: {number: 80, name: http, protocol: HTTP}
    hosts: [$id.acme.test]
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: $id}
spec:
  hosts: [$id.acme.test]
  gateways: [$gw/$id]
  http: [{route: [{destination: {host: $id.$sv.svc.cluster.local, port: {number: 8000}}}]}]
`,
  calls: ["$cl/plain http://$addr:$http/env host=$id.acme.test"],
};
