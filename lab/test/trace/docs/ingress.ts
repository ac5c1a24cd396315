import type { Scenario } from "../scenario.ts";
import { gateway, routesOf, task } from "./docRecipe.ts";

const httpbin = `
apiVersion: v1
kind: Service
metadata: {name: httpbin, labels: {app: httpbin, service: httpbin}}
spec: {selector: {app: web}, ports: [{name: http, port: 8000, targetPort: 8080}]}
---`;
const host = "httpbin.$id.example.com";
const toHttpbin = "route: [{destination: {host: httpbin, port: {number: 8000}}}]";
const plain = gateway("httpbin-gateway", `{port: {number: 80, name: http, protocol: HTTP}, hosts: ["${host}"]}`);
const calls = (...paths: readonly string[]) => paths.map((path) => `outside http://${host}${path}`);

const ingressControl = task("ingress gateways", [
  {
    name: "two prefixes of one host",
    cluster2: `${httpbin}${plain}${routesOf("httpbin-gateway", host, `http: [{match: [{uri: {prefix: /status}}, {uri: {prefix: /delay}}], ${toHttpbin}}]`)}`,
    calls: [...calls("/status/200", "/headers"), "outside http://other.$id.example.com/status/200"],
  },
  {
    name: "any host, for a browser",
    cluster2: `${httpbin}${gateway("httpbin-gateway", '{port: {number: 80, name: http, protocol: HTTP}, hosts: ["*"]}')}${routesOf("httpbin-gateway", "*", `http: [{match: [{uri: {prefix: /headers}}], ${toHttpbin}}]`)}`,
    calls: [...calls("/headers", "/get"), "outside http://$addr:$http/headers"],
  },
  {
    name: "the VirtualService has another host than the Gateway",
    cluster2: `${httpbin}${plain}${routesOf("httpbin-gateway", "www.$id.example.com", `http: [{${toHttpbin}}]`)}`,
    calls: calls("/get"),
  },
  {
    name: "the VirtualService names the Gateway of another namespace wrongly",
    cluster2: `${httpbin}${plain}${routesOf("istio-system/httpbin-gateway", host, `http: [{${toHttpbin}}]`)}`,
    calls: calls("/get"),
  },
  {
    name: "the selector is that of the default installation",
    cluster2: `${httpbin}${plain.replace("{gateway: $gw}", "{istio: ingressgateway-$id}")}${routesOf("httpbin-gateway", host, `http: [{${toHttpbin}}]`)}`,
    calls: calls("/get"),
  },
  {
    name: "redirect and rewrite",
    cluster2: `${httpbin}${plain}${routesOf("httpbin-gateway", host, `http: [{match: [{uri: {prefix: /old}}], redirect: {uri: /get}}, {match: [{uri: {prefix: /api/}}], rewrite: {uri: /anything/}, ${toHttpbin}}, {match: [{uri: {exact: /env}}], headers: {request: {set: {x-a: b}}}, ${toHttpbin}}]`)}`,
    calls: calls("/old", "/api/v1/items", "/env", "/get"),
  },
  {
    name: "by a regular expression and a query",
    cluster2: `${httpbin}${plain}${routesOf("httpbin-gateway", host, `http: [{match: [{uri: {regex: "/anything/v[0-9]+/.*"}}], ${toHttpbin}}, {match: [{queryParams: {debug: {exact: "1"}}}], directResponse: {status: 202, body: {string: debug}}}]`)}`,
    calls: calls("/anything/v1/a", "/anything/vx/a", "/get?debug=1", "/get?debug=2"),
  },
]);

const tls = (mode: string, more = "", hosts = `"${host}"`) =>
  `{port: {number: 443, name: https, protocol: HTTPS}, tls: {mode: ${mode}, credentialName: credential${more}}, hosts: [${hosts}]}`;
/** A Secret is taken from the gateway's namespace. */
const inGatewayNamespace = (text: string) => text.replace("{name: mygateway}", "{name: mygateway, namespace: $gw}");
const secure = (server: string) =>
  `${httpbin}${inGatewayNamespace(gateway("mygateway", server))}${routesOf("$gw/mygateway", host, `http: [{match: [{uri: {prefix: /status}}, {uri: {prefix: /env}}], ${toHttpbin}}]`)}`;
const https = [`outside https://${host}/status/418`, `outside https://${host}/env cert=client.acme.test`];

const secureIngress = task("secure gateways", [
  { name: "TLS for one host", cluster2: secure(tls("SIMPLE")), calls: https },
  { name: "mutual TLS", cluster2: secure(tls("MUTUAL")), calls: https },
  {
    name: "mutual TLS that is optional",
    cluster2: secure(tls("OPTIONAL_MUTUAL")),
    calls: https,
  },
  {
    name: "two hosts, one of which has mutual TLS",
    cluster2: `${httpbin}${inGatewayNamespace(gateway("mygateway", `${tls("SIMPLE")}, ${tls("MUTUAL", "", '"helloworld.$id.example.com"').replace("name: https", "name: https-helloworld")}`))}${routesOf("$gw/mygateway", host, `http: [{${toHttpbin}}]`)}${routesOf("$gw/mygateway", "helloworld.$id.example.com", `http: [{${toHttpbin}}]`, "helloworld")}`,
    calls: [
      `outside https://${host}/env`,
      "outside https://helloworld.$id.example.com/env",
      "outside https://helloworld.$id.example.com/env cert=client.acme.test",
      "outside https://nobody.$id.example.com/env",
    ],
  },
  {
    name: "plain HTTP is redirected",
    cluster2: secure(
      `${tls("SIMPLE")}, {port: {number: 80, name: http, protocol: HTTP}, tls: {httpsRedirect: true}, hosts: ["${host}"]}`,
    ),
    calls: [...https, `outside http://${host}/env`],
  },
]);

const sniPassthrough = (app: string, server = "PASSTHROUGH") =>
  `${gateway("mygateway", `{port: {number: 443, name: https, protocol: HTTPS}, tls: {mode: ${server}}, hosts: [nginx.$id.acme.test]}`)}${routesOf("mygateway", "nginx.$id.acme.test", `tls: [{match: [{port: 443, sniHosts: [nginx.$id.acme.test]}], route: [{destination: {host: ${app}, port: {number: 443}}}]}]`)}`;
const nginx = `
apiVersion: v1
kind: Service
metadata: {name: my-nginx}
spec: {ports: [{name: https, port: 443, targetPort: 8443}], selector: {run: my-nginx}}
---
apiVersion: networking.istio.io/v1
kind: WorkloadEntry
metadata: {name: my-nginx}
spec: {address: $out, labels: {run: my-nginx}}
---`;
const passthrough = task("ingress gateway without TLS termination", [
  {
    name: "to a server that ends TLS itself",
    cluster2: `${nginx}${sniPassthrough("my-nginx")}`,
    calls: ["outside https://nginx.$id.acme.test/x", "outside https://other.$id.acme.test/x"],
  },
  {
    name: "to a server of plain text",
    untrue: ["application"],
    cluster2: `${nginx.replace("8443", "8080")}${sniPassthrough("my-nginx")}`,
    calls: ["outside https://nginx.$id.acme.test/x"],
  },
]);

const api = (listener: string) => `
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: httpbin-gateway, namespace: $gw}
spec:
  gatewayClassName: istio
  addresses: [{type: Hostname, value: gateway.$gw.svc.cluster.local}]
  listeners: [${listener}]
---`;
const httpRoute = (rules: string, hostname = host) => `
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: httpbin}
spec:
  parentRefs: [{name: httpbin-gateway, namespace: $gw}]
  hostnames: ["${hostname}"]
  rules: ${rules}
---`;
const open = "allowedRoutes: {namespaces: {from: All}}";
const byPrefix = (prefix: string) =>
  `{matches: [{path: {type: PathPrefix, value: ${prefix}}}], backendRefs: [{name: httpbin, port: 8000}]}`;
const gatewayApi = task("Gateway API", [
  {
    name: "two prefixes of one host",
    cluster2: `${httpbin}${api(`{name: http, hostname: "*.example.com", port: 80, protocol: HTTP, ${open}}`)}${httpRoute(`[${byPrefix("/status")}, ${byPrefix("/delay")}]`)}`,
    calls: calls("/status/200", "/headers"),
  },
  {
    name: "TLS",
    cluster2: `${httpbin}${api(`{name: https, hostname: "${host}", port: 443, protocol: HTTPS, tls: {mode: Terminate, certificateRefs: [{name: credential}]}, ${open}}`)}${httpRoute(`[${byPrefix("/")}]`)}`,
    calls: [`outside https://${host}/env`],
  },
  {
    name: "routes by header and query, with a redirect and a rewrite",
    cluster2: `${httpbin}${api(`{name: http, port: 80, protocol: HTTP, ${open}}`)}${httpRoute(`[{matches: [{headers: [{name: x-user, value: jason}]}], backendRefs: [{name: httpbin, port: 8000}]}, {matches: [{path: {type: Exact, value: /old}}], filters: [{type: RequestRedirect, requestRedirect: {path: {type: ReplaceFullPath, replaceFullPath: /get}, statusCode: 301}}]}]`)}`,
    calls: [`outside http://${host}/env x-user=jason`, ...calls("/env", "/old")],
  },
  {
    name: "a backend that is not there",
    cluster2: `${api(`{name: http, port: 80, protocol: HTTP, ${open}}`)}${httpRoute(`[${byPrefix("/")}]`)}`,
    calls: calls("/env"),
  },
]);

export const ingressTasks: readonly Scenario[] = [...ingressControl, ...secureIngress, ...passthrough, ...gatewayApi];
