import type { Scenario } from "../scenario.ts";
import { gateway, routesOf, task } from "./docRecipe.ts";

const sleep = "cluster2 $sv/sleep";
const host = "edition.$id.acme.test";
const entry = (ports: string, more = endpointsFor(ports)) => `
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: {name: cnn}
spec:
  hosts: [${host}]
  location: MESH_EXTERNAL
  ports: ${ports}
  ${more}
---`;
/** An endpoint may have no port that the ServiceEntry lacks. */
const endpointsFor = (ports: string) => {
  const of = (name: string, number: number) => (ports.includes(`name: ${name},`) ? [`${name}: ${number}`] : []);
  return `resolution: STATIC\n  endpoints: [{address: $out, ports: {${[...of("http", 8080), ...of("https", 8443)].join(", ")}}}]`;
};
const http = "{number: 80, name: http, protocol: HTTP}";
const https = "{number: 443, name: https, protocol: HTTPS}";
const registryOnly = `
apiVersion: networking.istio.io/v1
kind: Sidecar
metadata: {name: default}
spec: {outboundTrafficPolicy: {mode: REGISTRY_ONLY}, egress: [{hosts: ["*/*"]}]}
---`;

const access = task("accessing external services", [
  {
    name: "an HTTP service",
    cluster2: `${registryOnly}${entry(`[${http}]`)}`,
    calls: [`${sleep} http://${host}/x`, `${sleep} http://${host}:81/x`],
  },
  {
    name: "an HTTPS service",
    cluster2: `${registryOnly}${entry(`[${https}]`)}`,
    calls: [`${sleep} https://${host}/x`, `${sleep} http://${host}/x`],
  },
  {
    name: "only declared ones may be called",
    cluster2: registryOnly,
    calls: [
      `${sleep} http://www.$id.acme.example.com/x resolve=$out`,
      `${sleep} https://www.$id.acme.example.com/x resolve=$out`,
    ],
  },
  {
    name: "a timeout for an external service, which is not reached",
    cluster2: `${entry(`[${http}]`)}${routesOf("mesh", host, `http: [{timeout: 3s, route: [{destination: {host: ${host}}, weight: 100}]}]`)}`,
    calls: [`${sleep} http://${host}/x`],
  },
  {
    name: "MongoDB by TCP",
    cluster2: `${registryOnly}
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: {name: mongo}
spec:
  hosts: [my-mongo.$id.tcp.svc]
  addresses: [$out/32]
  ports: [{number: 3306, name: tcp, protocol: TCP}]
  location: MESH_EXTERNAL
  resolution: STATIC
  endpoints: [{address: $out}]
`,
    calls: [`${sleep} tcp://$out:3306`, `${sleep} tcp://$out:8080`],
  },
]);

const origination = (tls: string, more = "") => `
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: edition-cnn-com}
spec:
  host: ${host}
  trafficPolicy: {portLevelSettings: [{port: {number: 80}, tls: ${tls}}]}
  ${more}
---`;
const targeted = entry(
  "[{number: 80, name: http-port, protocol: HTTP, targetPort: 8443}, {number: 443, name: https-port, protocol: HTTPS, targetPort: 8443}]",
  "resolution: STATIC\n  endpoints: [{address: $out}]",
);
const tlsOrigination = task("egress TLS origination", [
  {
    name: "HTTP becomes HTTPS at the sidecar",
    cluster2: `${targeted}${origination(`{mode: SIMPLE, sni: ${host}, insecureSkipVerify: true}`)}`,
    calls: [`${sleep} http://${host}/x`, `${sleep} https://${host}/x`],
  },
  {
    name: "the server's authority is not the system's",
    cluster2: `${targeted}${origination("{mode: SIMPLE}")}`,
    untrue: ["credential"],
    calls: [`${sleep} http://${host}/x`],
  },
  {
    name: "the DestinationRule is missing",
    cluster2: targeted,
    untrue: ["server"],
    calls: [`${sleep} http://${host}/x`],
  },
  {
    name: "mutual TLS without a certificate to show",
    cluster2: `${targeted}${origination(`{mode: MUTUAL, credentialName: client-credential, sni: ${host}}`, 'exportTo: ["."]')}`,
    untrue: ["server"],
    calls: [`${sleep} http://${host}/x`],
  },
]);

const egress = (server: string) => gateway("istio-egressgateway", server);
const toGateway = (port: number) =>
  `route: [{destination: {host: gateway.$gw.svc.cluster.local, port: {number: ${port}}}, weight: 100}]`;
const toCnn = (port: number) => `route: [{destination: {host: ${host}, port: {number: ${port}}}, weight: 100}]`;
const throughHttp = routesOf(
  "istio-egressgateway, mesh",
  host,
  `http: [{match: [{gateways: [mesh], port: 80}], ${toGateway(80)}}, {match: [{gateways: [istio-egressgateway], port: 80}], ${toCnn(80)}}]`,
);
const throughTls = routesOf(
  "istio-egressgateway, mesh",
  host,
  `tls: [{match: [{gateways: [mesh], port: 443, sniHosts: [${host}]}], ${toGateway(443)}}, {match: [{gateways: [istio-egressgateway], port: 443, sniHosts: [${host}]}], ${toCnn(443)}}]`,
);
const httpServer = `{port: {number: 80, name: http, protocol: HTTP}, hosts: [${host}]}`;
const tlsServer = `{port: {number: 443, name: tls, protocol: TLS}, tls: {mode: PASSTHROUGH}, hosts: [${host}]}`;

const egressGateway = task("egress gateways", [
  {
    name: "HTTP",
    cluster2: `${entry(`[${http}, ${https}]`)}${egress(httpServer)}${throughHttp}`,
    calls: [`${sleep} http://${host}/x`],
  },
  {
    name: "HTTPS",
    cluster2: `${entry(`[${https}]`)}${egress(tlsServer)}${throughTls}`,
    calls: [`${sleep} https://${host}/x`],
  },
  {
    name: "the Gateway is missing",
    cluster2: `${entry(`[${http}]`)}${throughHttp}`,
    calls: [`${sleep} http://${host}/x`],
  },
  {
    name: "the Gateway has another host",
    cluster2: `${entry(`[${http}]`)}${egress(httpServer.replace(host, "www.$id.acme.test"))}${throughHttp}`,
    calls: [`${sleep} http://${host}/x`],
  },
  {
    name: "TLS origination at the egress gateway",
    cluster2: `${targeted}${egress(httpServer)}${routesOf("istio-egressgateway, mesh", host, `http: [{match: [{gateways: [mesh], port: 80}], ${toGateway(80)}}, {match: [{gateways: [istio-egressgateway], port: 80}], ${toCnn(443)}}]`)}
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: originate-tls-for-edition-cnn-com}
spec: {host: ${host}, trafficPolicy: {portLevelSettings: [{port: {number: 443}, tls: {mode: SIMPLE, sni: ${host}, insecureSkipVerify: true}}]}}
`,
    calls: [`${sleep} http://${host}/x`],
  },
  {
    name: "mutual TLS of the mesh to the egress gateway, which originates TLS",
    cluster2: `${targeted}${egress(`{port: {number: 80, name: https-port-for-tls-origination, protocol: HTTPS}, hosts: [${host}], tls: {mode: ISTIO_MUTUAL}}`)}
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: egressgateway-for-cnn}
spec:
  host: gateway.$gw.svc.cluster.local
  subsets: [{name: cnn, trafficPolicy: {portLevelSettings: [{port: {number: 80}, tls: {mode: ISTIO_MUTUAL, sni: ${host}}}]}}]
---${routesOf("istio-egressgateway, mesh", host, `http: [{match: [{gateways: [mesh], port: 80}], route: [{destination: {host: gateway.$gw.svc.cluster.local, subset: cnn, port: {number: 80}}}]}, {match: [{gateways: [istio-egressgateway], port: 80}], ${toCnn(443)}}]`)}
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: originate-tls-for-edition-cnn-com}
spec: {host: ${host}, trafficPolicy: {portLevelSettings: [{port: {number: 443}, tls: {mode: SIMPLE, sni: ${host}, insecureSkipVerify: true}}]}}
`,
    calls: [`${sleep} http://${host}/x`],
  },
]);

const wild = `
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: {name: wikipedia}
spec:
  hosts: ["*.$id.acme.example.com"]
  location: MESH_EXTERNAL
  resolution: NONE
  ports: [{number: 443, name: https, protocol: HTTPS}]
---`;
const wildcards = task("egress for wildcard hosts", [
  {
    name: "direct traffic to a wildcard host",
    cluster2: `${registryOnly}${wild}`,
    calls: [
      `${sleep} https://en.$id.acme.example.com/x resolve=$out`,
      `${sleep} https://en.$idx.acme.example.com/x resolve=$out`,
    ],
  },
  {
    name: "through the egress gateway to a single server of all",
    cluster2: `${wild}
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: {name: www-wikipedia-org}
spec:
  hosts: [www.$id.acme.example.com]
  location: MESH_EXTERNAL
  resolution: STATIC
  ports: [{number: 443, name: https, protocol: HTTPS}]
  endpoints: [{address: $out}]
---${egress('{port: {number: 443, name: https, protocol: HTTPS}, hosts: ["*.$id.acme.example.com"], tls: {mode: PASSTHROUGH}}')}${routesOf(
      "istio-egressgateway, mesh",
      "*.$id.acme.example.com",
      `tls: [{match: [{gateways: [mesh], port: 443, sniHosts: ["*.$id.acme.example.com"]}], ${toGateway(443)}}, {match: [{gateways: [istio-egressgateway], port: 443, sniHosts: ["*.$id.acme.example.com"]}], route: [{destination: {host: www.$id.acme.example.com, port: {number: 443}}, weight: 100}]}]`,
    )}`,
    calls: [`${sleep} https://en.$id.acme.example.com/x resolve=$out`],
  },
]);

const externalName = (ports: string) => `
apiVersion: v1
kind: Service
metadata: {name: my-httpbin}
spec: {type: ExternalName, externalName: ${host}, ports: [${ports}]}
---`;
const kubernetes = task("Kubernetes Services for egress traffic", [
  {
    name: "an ExternalName for HTTP",
    cluster2: `${entry(`[${http}]`)}${externalName("{name: http, protocol: TCP, port: 80}")}`,
    calls: [`${sleep} http://my-httpbin.$sv.svc.cluster.local/x`],
  },
  {
    name: "a Service without selector, whose endpoints are outside",
    cluster2: `
apiVersion: v1
kind: Service
metadata: {name: my-wikipedia}
spec: {ports: [{protocol: TCP, port: 443, name: tls}]}
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: my-wikipedia-1, labels: {kubernetes.io/service-name: my-wikipedia}}
addressType: IPv4
endpoints: [{addresses: [$out]}]
ports: [{port: 443, name: tls}]
`,
    calls: [`${sleep} https://my-wikipedia.$sv.svc.cluster.local/x`],
  },
]);

export const egressTasks: readonly Scenario[] = [
  ...access,
  ...tlsOrigination,
  ...egressGateway,
  ...wildcards,
  ...kubernetes,
];
