import type { Scenario } from "../scenario.ts";
import { bookinfo, routesOf, task, versions, virtualService } from "./docRecipe.ts";

const sleep = "cluster2 $sv/sleep";
const to = (subset: string, more = "") => `{destination: {host: reviews, subset: ${subset}}${more}}`;
const reviews = `${bookinfo("reviews")}${versions("reviews")}`;
const reviewsCall = `${sleep} http://reviews:9080/env`;

const requestRouting = task("request routing", [
  {
    name: "all traffic to v1",
    cluster2: `${reviews}${virtualService("reviews", `[{route: [${to("v1")}]}]`)}`,
    spread: "pod",
    calls: [reviewsCall],
  },
  {
    name: "the user jason to v2",
    cluster2: `${reviews}${virtualService("reviews", `[{match: [{headers: {end-user: {exact: jason}}}], route: [${to("v2")}]}, {route: [${to("v1")}]}]`)}`,
    calls: [`${reviewsCall} end-user=jason`, `${reviewsCall} end-user=alice`, reviewsCall],
  },
  {
    name: "a subset that the DestinationRule lacks",
    cluster2: `${reviews}${virtualService("reviews", `[{route: [${to("v3")}]}]`)}`,
    calls: [reviewsCall],
  },
]);

const faults = task("fault injection", [
  {
    name: "an HTTP delay for jason",
    cluster2: `${bookinfo("ratings")}${versions("ratings")}${virtualService("ratings", "[{match: [{headers: {end-user: {exact: jason}}}], fault: {delay: {percentage: {value: 100.0}, fixedDelay: 0.5s}}, route: [{destination: {host: ratings, subset: v1}}]}, {route: [{destination: {host: ratings, subset: v1}}]}]")}`,
    calls: [`${sleep} http://ratings:9080/env end-user=jason`, `${sleep} http://ratings:9080/env`],
  },
  {
    name: "an HTTP abort for jason",
    cluster2: `${bookinfo("ratings")}${versions("ratings")}${virtualService("ratings", "[{match: [{headers: {end-user: {exact: jason}}}], fault: {abort: {percentage: {value: 100.0}, httpStatus: 500}}, route: [{destination: {host: ratings, subset: v1}}]}, {route: [{destination: {host: ratings, subset: v1}}]}]")}`,
    calls: [`${sleep} http://ratings:9080/env end-user=jason`, `${sleep} http://ratings:9080/env`],
  },
  {
    name: "an abort of half of the requests",
    cluster2: `${bookinfo("ratings")}${virtualService("ratings", "[{fault: {abort: {percentage: {value: 50.0}, httpStatus: 500}}, route: [{destination: {host: ratings}}]}]")}`,
    calls: [`${sleep} http://ratings:9080/env`],
  },
]);

const shifting = task("traffic shifting", [
  {
    name: "half to v2",
    cluster2: `${reviews}${virtualService("reviews", `[{route: [${to("v1", ", weight: 50")}, ${to("v2", ", weight: 50")}]}]`)}`,
    spread: "pod",
    calls: [reviewsCall],
  },
  {
    name: "a tenth to v2",
    cluster2: `${reviews}${virtualService("reviews", `[{route: [${to("v1", ", weight: 90")}, ${to("v2", ", weight: 10")}]}]`)}`,
    spread: "pod",
    calls: [reviewsCall],
  },
  {
    name: "by an HTTPRoute of the Service",
    cluster2: `${bookinfo("reviews")}${bookinfo("reviews-v1").replace("{app: web}", "{app: web, version: v1}")}${bookinfo("reviews-v2").replace("{app: web}", "{app: web, version: v2}")}
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: reviews}
spec:
  parentRefs: [{group: "", kind: Service, name: reviews, port: 9080}]
  rules: [{backendRefs: [{name: reviews-v1, port: 9080, weight: 50}, {name: reviews-v2, port: 9080, weight: 50}]}]
`,
    spread: "pod",
    calls: [reviewsCall],
  },
]);

const tcpEcho = `
apiVersion: v1
kind: Service
metadata: {name: tcp-echo, labels: {app: tcp-echo}}
spec: {selector: {app: web}, ports: [{name: tcp, port: 9000}, {name: tcp-other, port: 9001}]}
---`;
const tcpShifting = task("TCP traffic shifting", [
  {
    name: "all to v1",
    cluster2: `${tcpEcho}${versions("tcp-echo")}${routesOf("mesh", "tcp-echo", "tcp: [{match: [{port: 9000}], route: [{destination: {host: tcp-echo, port: {number: 9000}, subset: v1}}]}]")}`,
    spread: "pod",
    calls: [`${sleep} tcp://tcp-echo:9000`],
  },
  {
    name: "a fifth to v2",
    cluster2: `${tcpEcho}${versions("tcp-echo")}${routesOf("mesh", "tcp-echo", "tcp: [{match: [{port: 9000}], route: [{destination: {host: tcp-echo, port: {number: 9000}, subset: v1}, weight: 80}, {destination: {host: tcp-echo, port: {number: 9000}, subset: v2}, weight: 20}]}]")}`,
    spread: "pod",
    calls: [`${sleep} tcp://tcp-echo:9000`],
  },
]);

const timeouts = task("request timeouts and circuit breaking", [
  {
    name: "a timeout that is not reached",
    cluster2: `${reviews}${virtualService("reviews", `[{route: [${to("v2")}], timeout: 3s}]`)}`,
    calls: [reviewsCall],
  },
  {
    name: "one connection and one request at a time",
    cluster2: `${bookinfo("httpbin")}
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: httpbin}
spec:
  host: httpbin
  trafficPolicy:
    connectionPool: {tcp: {maxConnections: 1}, http: {http1MaxPendingRequests: 1, maxRequestsPerConnection: 1}}
    outlierDetection: {consecutive5xxErrors: 1, interval: 1s, baseEjectionTime: 3m, maxEjectionPercent: 100}
`,
    calls: [`${sleep} http://httpbin:9080/env`],
  },
  {
    name: "three attempts of two seconds each",
    cluster2: `${reviews}${virtualService("reviews", `[{route: [${to("v1")}], retries: {attempts: 3, perTryTimeout: 2s}}]`)}`,
    calls: [reviewsCall],
  },
]);

const mirroring = task("mirroring", [
  {
    name: "all to v1, mirrored to v2",
    cluster2: `${bookinfo("httpbin")}${versions("httpbin")}${virtualService("httpbin", "[{route: [{destination: {host: httpbin, subset: v1}, weight: 100}], mirror: {host: httpbin, subset: v2}, mirrorPercentage: {value: 100.0}}]")}`,
    calls: [`${sleep} http://httpbin:9080/env`],
  },
  {
    name: "mirrored to a subset that is not there",
    cluster2: `${bookinfo("httpbin")}${versions("httpbin")}${virtualService("httpbin", "[{route: [{destination: {host: httpbin, subset: v1}}], mirror: {host: httpbin, subset: v9}}]")}`,
    calls: [`${sleep} http://httpbin:9080/env`],
  },
]);

/** helloworld in three places, of which the sidecar knows the locality. */
const places = (near: string, far: string, rule: string) => `
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: {name: helloworld}
spec:
  hosts: [helloworld.$id.acme.test]
  location: MESH_EXTERNAL
  resolution: STATIC
  ports: [{name: http, number: 5000, protocol: HTTP}]
  endpoints:
  - {address: $out, ports: {http: ${near}}, locality: region1/zone1/subzone1}
  - {address: $out, ports: {http: ${far}}, locality: region2/zone2/subzone2}
---
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: helloworld}
spec: {host: helloworld.$id.acme.test, trafficPolicy: ${rule}}
---`;
const caller = `
apiVersion: apps/v1
kind: Deployment
metadata: {name: caller}
spec:
  selector: {matchLabels: {app: caller}}
  template:
    metadata: {labels: {app: caller, sidecar.istio.io/inject: "true", istio-locality: region1.zone1.subzone1}}
    spec: {serviceAccountName: sleep, containers: [{name: curl, image: curlimages/curl}]}
---`;
const helloworld = ["cluster2 $sv/caller http://helloworld.$id.acme.test:5000/hello"];
const outlier = "outlierDetection: {consecutive5xxErrors: 1, interval: 1s, baseEjectionTime: 1m}";
const localities = task("locality load balancing", [
  {
    name: "failover keeps to the own region",
    cluster2: `${caller}${places("8080", "8999", `{loadBalancer: {simple: ROUND_ROBIN, localityLbSetting: {enabled: true, failover: [{from: region1, to: region2}]}}, ${outlier}}`)}`,
    spread: "pod",
    calls: helloworld,
  },
  {
    name: "weighted distribution, and one place refuses",
    cluster2: `${caller}${places("8080", "8080", `{loadBalancer: {localityLbSetting: {enabled: true, distribute: [{from: region1/*, to: {"region1/*": 80, "region2/*": 20}}]}}, ${outlier}}`)}`,
    calls: helloworld,
  },
  {
    name: "without outlier detection all places are alike",
    cluster2: `${caller}${places("8080", "8443", "{loadBalancer: {localityLbSetting: {enabled: true, failover: [{from: region1, to: region2}]}}}")}`,
    untrue: ["server"],
    calls: helloworld,
  },
]);

export const trafficManagement: readonly Scenario[] = [
  ...requestRouting,
  ...faults,
  ...shifting,
  ...tcpShifting,
  ...timeouts,
  ...mirroring,
  ...localities,
];
