import type { KubeObject } from "@isthmus/core";
import fc from "fast-check";

/** What users write beside declarations about `web`, `api` and `db` of namespaces `red` and `blue`, as random meshes have them. */

const namespaces = ["red", "blue", "istio-system"] as const;
const app = fc.constantFrom("web", "api", "db");
const hosts = fc
  .tuple(app, fc.constantFrom("red", "blue"))
  .chain(([name, namespace]) =>
    fc.constantFrom(`${name}.${namespace}.svc.cluster.local`, `${name}.${namespace}.svc.cluster.local`, name),
  );
const paths = fc.constantFrom("/get", "/admin*", "*/x", "/a/*");
const methods = fc.constantFrom("GET", "POST");

const rule = fc.record(
  {
    from: fc.constantFrom(
      [{ source: { namespaces: ["blue"] } }],
      [{ source: { principals: ["cluster.local/ns/blue/sa/*"] } }],
      [{ source: { notPrincipals: ["*"] } }],
      [{ source: { requestPrincipals: ["issuer/*"] } }],
      [{ source: { ipBlocks: ["10.0.0.0/8"] } }],
    ),
    to: fc.tuple(methods, paths).map(([method, path]) => [{ operation: { methods: [method], paths: [path] } }]),
    when: fc.constantFrom(
      [{ key: "request.headers[x-user]", values: ["a"] }],
      [{ key: "request.headers[host]", values: ["db.red.svc.cluster.local"] }],
      [{ key: "destination.port", values: ["8000"] }],
    ),
  },
  { requiredKeys: [] },
);

const selector = app.map((name) => ({ selector: { matchLabels: { app: name } } }));
const attached = fc.oneof({ weight: 4, arbitrary: selector }, { weight: 1, arbitrary: fc.constant({}) });

const authorization = fc
  .tuple(attached, fc.constantFrom("ALLOW", "ALLOW", "DENY"), fc.array(rule, { maxLength: 2 }))
  .map(([where, action, rules]) => ({ ...where, action, rules }));
const authentication = attached.map((where) => ({ ...where, jwtRules: [{ issuer: "issuer", jwks: '{"keys":[]}' }] }));
const mode = fc.constantFrom("STRICT", "PERMISSIVE", "DISABLE", "UNSET");
const peers = fc.tuple(attached, mode, fc.option(mode)).map(([where, own, ofPort]) => ({
  ...where,
  mtls: { mode: own },
  ...(ofPort === null || !("selector" in where) ? {} : { portLevelMtls: { 8000: { mode: ofPort } } }),
}));

const match = fc.constantFrom(
  [{ uri: { prefix: "/a" } }],
  [{ method: { exact: "POST" } }],
  [{ headers: { "x-user": { exact: "a" } } }],
  [{ headers: { host: { exact: "db.red.svc.cluster.local" } } }],
  [{ sourceLabels: { app: "caller" } }],
  [{ sourceNamespace: "blue" }],
);
const destination = fc
  .tuple(hosts, fc.option(fc.constantFrom("v0", "v1")))
  .map(([host, subset]) => ({ destination: { host, ...(subset === null ? {} : { subset }) } }));
const httpRoute = fc.record({
  match: fc.option(match),
  to: fc.uniqueArray(destination, { minLength: 1, maxLength: 2, selector: ({ destination: { host } }) => host }),
  fault: fc.option(fc.constant({ abort: { httpStatus: 503, percentage: { value: 100 } } }), { freq: 8 }),
});
const routes = fc
  .tuple(fc.uniqueArray(hosts, { minLength: 1, maxLength: 2 }), fc.array(httpRoute, { minLength: 1, maxLength: 3 }))
  .map(([own, http]) => ({
    hosts: own,
    http: http.map(({ match: asked, to, fault }) => ({
      ...(asked === null ? {} : { match: asked }),
      ...(fault === null ? {} : { fault }),
      route: to.map((each) => ({ ...each, weight: 100 / to.length })),
    })),
  }));

const subsets = ["v0", "v1"].map((version) => ({ name: version, labels: { version } }));
const destinations = fc.record({
  host: hosts,
  trafficPolicy: fc.constantFrom(
    {},
    { tls: { mode: "DISABLE" } },
    { tls: { mode: "ISTIO_MUTUAL" } },
    { loadBalancer: { simple: "PASSTHROUGH" } },
    { outlierDetection: { consecutive5xxErrors: 3 } },
  ),
  subsets: fc.constantFrom([], subsets),
});

const entry = fc.record({
  hosts: fc.constantFrom(["outside.example"], ["web.red.svc.cluster.local"], ["api.mesh"]),
  ports: fc.constantFrom(
    [{ number: 80, name: "http", protocol: "HTTP" }],
    [{ number: 8000, name: "tcp", protocol: "TCP" }],
    [{ number: 9000, name: "tls", protocol: "TLS" }],
  ),
  reach: fc.constantFrom(
    { resolution: "NONE" },
    { resolution: "DNS" },
    { resolution: "DNS", endpoints: [{ address: "db.red.svc.cluster.local" }] },
    { resolution: "STATIC", workloadSelector: { labels: { app: "db" } } },
    { resolution: "STATIC", location: "MESH_INTERNAL", endpoints: [{ address: "10.0.0.7" }] },
  ),
});
const entries = entry.map(({ reach, ...spec }) => ({ ...spec, ...reach }));

const sidecars = fc
  .tuple(fc.constantFrom(["./*"], ["*/*"], ["red/*", "istio-system/*"]), fc.constantFrom("ALLOW_ANY", "REGISTRY_ONLY"))
  .map(([own, outside]) => ({ egress: [{ hosts: own }], outboundTrafficPolicy: { mode: outside } }));

function objects(kind: string, group: string, spec: fc.Arbitrary<unknown>): fc.Arbitrary<KubeObject> {
  return fc
    .record({ namespace: fc.constantFrom(...namespaces), name: fc.constantFrom("one", "two"), spec })
    .map(({ spec: own, ...metadata }) => ({ apiVersion: `${group}.istio.io/v1`, kind, metadata, spec: own }));
}

/** Policies alone: who may call. */
export const randomPolicy: fc.Arbitrary<KubeObject> = fc.oneof(
  { weight: 5, arbitrary: objects("AuthorizationPolicy", "security", authorization) },
  { weight: 1, arbitrary: objects("RequestAuthentication", "security", authentication) },
  { weight: 2, arbitrary: objects("PeerAuthentication", "security", peers) },
);

/** What decides where calls go. */
export const randomRouting: fc.Arbitrary<KubeObject> = fc.oneof(
  { weight: 4, arbitrary: objects("VirtualService", "networking", routes) },
  { weight: 4, arbitrary: objects("DestinationRule", "networking", destinations) },
  { weight: 2, arbitrary: objects("ServiceEntry", "networking", entries) },
  { weight: 1, arbitrary: objects("Sidecar", "networking", sidecars) },
);
