import { observedOf, podYaml } from "@isthmus/testkit";
import { expect, test } from "vitest";
import type { Observed } from "../model/index.ts";
import { trace } from "./trace.ts";
import type { TraceRequest } from "./traceRequest.ts";
import type { Trace } from "./traceResult.ts";
import { traceWorld } from "./traceWorld.ts";

const shop = `
{apiVersion: v1, kind: Namespace, metadata: {name: shop, labels: {istio-injection: enabled}}}
---
`;
const web = podYaml("shop/web", "10.0.0.1");

interface Where {
  readonly meshConfig?: Parameters<typeof observedOf>[0][string]["meshConfig"];
  readonly isDirectory?: true;
}

/** What becomes of a call of web. */
function call(url: string, yaml: string, { meshConfig = {}, isDirectory }: Where = {}): Trace {
  const [, scheme = "", host = "", port = ""] = /^(\w+):\/\/([^:/]+):(\d+)/.exec(url) ?? [];
  const request: TraceRequest = {
    from: { cluster: "west", namespace: "shop", workload: "web" },
    method: "GET",
    url: { scheme: scheme as TraceRequest["url"]["scheme"], host, port: Number(port), path: "/" },
    headers: {},
  };
  const observed = observedOf({ west: { yaml: `${shop}${web}${yaml}`, meshConfig } });
  return trace(traceWorld(isDirectory ? asDirectory(observed) : observed), request);
}

function asDirectory({ clusters, unreachable }: Observed): Observed {
  return {
    clusters: new Map([...clusters].map(([name, cluster]) => [name, { ...cluster, source: "directory" }])),
    unreachable,
  };
}

const noCapture = { meshConfig: { proxyMetadata: {} } };
const headless = (spec = "") =>
  `{apiVersion: v1, kind: Service, metadata: {name: db, namespace: shop}, spec: {clusterIP: None, selector: {app: db}, ports: [{name: tcp, port: 9090}, {name: http, port: 80}]${spec}}}\n---\n`;

/** A pod that has, or has not, a name under a headless Service. */
function member(name: string, address: string, spec: object = {}, ready = true): string {
  const pod = {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name, namespace: "shop", labels: { app: "db", "security.istio.io/tlsMode": "istio" } },
    spec: { containers: [{ name: "app" }, { name: "istio-proxy" }], ...spec },
    status: {
      phase: "Running",
      podIP: address,
      conditions: [{ type: "Ready", status: ready ? "True" : "False" }],
    },
  };
  return `${JSON.stringify(pod)}\n---\n`;
}

const named = { hostname: "db-0", subdomain: "db" };
const answeredBy = ({ branches }: Trace) =>
  branches.map(({ outcome }) =>
    outcome.kind === "answered" && outcome.by.type === "workload" ? outcome.by.name : outcome.kind,
  );

test("a pod of a headless Service has a name of its own, at its sidecar's DNS and at the cluster's", () => {
  const pods =
    headless() + member("db-0", "10.0.0.2", named) + member("db-1", "10.0.0.3", { ...named, hostname: "db-1" });

  for (const where of [{}, noCapture]) {
    for (const host of ["db-1.db", "db-1.db.shop", "db-1.db.shop.svc.cluster.local"]) {
      expect(answeredBy(call(`tcp://${host}:9090`, pods, where))).toEqual(["db-1"]);
      expect(answeredBy(call(`http://${host}:80`, pods, where))).toEqual(["db-1"]);
    }
  }
});

test("without a subdomain a pod goes by its address at the cluster's DNS, and istiod names it not at all", () => {
  const pods = headless() + member("one", "10.0.0.2") + member("two", "10.0.0.3");

  expect(answeredBy(call("tcp://10-0-0-3.db.shop.svc.cluster.local:9090", pods, noCapture))).toEqual(["two"]);
  expect(call("tcp://one.db.shop.svc.cluster.local:9090", pods, noCapture).blamed?.code).toBe("TRACE_HOST_UNKNOWN");
});

test("a pod that is not ready has no name, unless its Service publishes such pods", () => {
  const pod = member("db-0", "10.0.0.2", named, false);

  expect(call("tcp://db-0.db:9090", headless() + pod).blamed?.code).toBe("TRACE_HOST_UNKNOWN");
  expect(answeredBy(call("tcp://db-0.db:9090", headless(", publishNotReadyAddresses: true") + pod))).toEqual(["db-0"]);
});

test("the pods of a StatefulSet's manifest are numbered as far as its replicas go", () => {
  const set = (spec: string) =>
    `${headless()}{apiVersion: apps/v1, kind: StatefulSet, metadata: {name: db, namespace: shop}, spec: {serviceName: db, replicas: 2, ${spec}template: {metadata: {labels: {app: db}}, spec: {containers: [{name: c}]}}}}\n`;
  const inDirectory = (url: string, spec = "") => call(url, set(spec), { isDirectory: true });

  expect(answeredBy(inDirectory("tcp://db-1.db.shop:9090"))).toEqual(["db"]);
  expect(answeredBy(inDirectory("tcp://db-4.db.shop:9090", "ordinals: {start: 3}, "))).toEqual(["db"]);
  expect(inDirectory("tcp://db-2.db.shop:9090").blamed).toMatchObject({
    object: { kind: "Service", name: "db" },
    detail: expect.stringContaining("only db-0, db-1"),
  });
});

test("a StatefulSet of any number of replicas is read at once", () => {
  const set = `${headless()}{apiVersion: apps/v1, kind: StatefulSet, metadata: {name: db, namespace: shop}, spec: {serviceName: db, replicas: 2147483647, template: {metadata: {labels: {app: db}}, spec: {containers: [{name: c}]}}}}\n`;

  expect(answeredBy(call("tcp://db-1.db.shop:9090", set, { isDirectory: true }))).toEqual(["db"]);
});

const api = `{apiVersion: v1, kind: Service, metadata: {name: api, namespace: shop}, spec: {clusterIP: 10.96.0.1, selector: {app: api}, ports: [{name: http, port: 80, targetPort: 8080}, {name: tcp, port: 90}]}}
---
${podYaml("shop/api", "10.0.0.5")}`;
const alias = (ports: string, externalName = "api.shop.svc.cluster.local") =>
  `{apiVersion: v1, kind: Service, metadata: {name: api-x, namespace: shop}, spec: {type: ExternalName, externalName: ${externalName}, ports: [${ports}]}}\n---\n`;
const routed = (kind: string, port: number) =>
  `{apiVersion: networking.istio.io/v1, kind: VirtualService, metadata: {name: v, namespace: shop}, spec: {hosts: [api], ${kind}: [{route: [{destination: {host: api-x, port: {number: ${port}}}}]}]}}\n---\n`;

test("an ExternalName Service as a route's destination means the Service that it names", () => {
  const withHttp = alias("{name: http, port: 80}, {name: tcp, port: 90}");

  expect(answeredBy(call("http://api:80", api + withHttp + routed("http", 80)))).toEqual(["api"]);
  expect(answeredBy(call("tcp://api:90", api + withHttp + routed("tcp", 90)))).toEqual(["api"]);
});

test("a sidecar's HTTP route finds an alias only by a port of its own, and one alias does not lead on to another", () => {
  const chain = alias("{name: http, port: 80}", "other.shop.svc.cluster.local").concat(
    alias("{name: http, port: 80}").replace("api-x", "other"),
  );

  expect(call("http://api:80", api + alias("{name: web, port: 81}") + routed("http", 80)).verdict).toBe("broken");
  expect(call("http://api:80", api + chain + routed("http", 80)).verdict).toBe("broken");
});

const entry = (address: string, resolution = "DNS") => `
{apiVersion: networking.istio.io/v1, kind: ServiceEntry, metadata: {name: e, namespace: shop}, spec: {hosts: [api.consul], addresses: [240.0.9.1], location: MESH_INTERNAL, resolution: ${resolution}, ports: [{name: http, number: 80, protocol: HTTP}], endpoints: [{address: ${address}}]}}
---
`;

test("an endpoint that is a Service's name leads there, with and without a ClusterIP in the manifest", () => {
  const url = "http://api.consul:80";
  const manifest = api.replace("clusterIP: 10.96.0.1, ", "");

  expect(answeredBy(call(url, api + entry("api.shop.svc.cluster.local")))).toEqual(["api"]);
  expect(answeredBy(call(url, manifest + entry("api.shop.svc.cluster.local"), { isDirectory: true }))).toEqual(["api"]);
  expect(call(url, api + entry("none.shop.svc.cluster.local")).blamed?.code).toBe("TRACE_ADDRESS_UNKNOWN");
});

test("an endpoint may be the name of a headless Service's pod, or an ExternalName", () => {
  const url = "http://api.consul:80";
  const pods = headless() + member("db-0", "10.0.0.2", named);

  expect(answeredBy(call(url, pods + entry("db-0.db.shop.svc.cluster.local")))).toEqual(["db-0"]);
  expect(answeredBy(call(url, api + alias("") + entry("api-x.shop.svc.cluster.local")))).toEqual(["api"]);
  expect(call(url, pods + entry("db-9.db.shop.svc.cluster.local")).blamed?.code).toBe("TRACE_ADDRESS_UNKNOWN");
});
