import type { Edit, Recipe, Variant } from "./recipe.ts";
import { ingress } from "./recipes.ts";

const set = (on: string, path: string, to: unknown): Edit => ({ on, path, to });
const one = (title: string, ...edits: readonly Edit[]): Variant => ({ title, edits });

/** The client speaks TLS itself; its sidecar sends it to the other cluster's gateway by SNI, which ends it. */
const external: Recipe = {
  name: "external access, HTTPS",
  reach: "names",
  cluster1: `
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: {name: $id}
spec:
  hosts: [$id.acme.test]
  location: MESH_EXTERNAL
  resolution: STATIC
  ports: [{name: tls, number: 443, protocol: TLS}]
  endpoints: [{address: $addr, ports: {tls: $https}}]
`,
  cluster2: (ingress.cluster2 ?? "").replace(
    "port: {number: 80, name: http, protocol: HTTP}",
    "port: {number: 443, name: https-$id, protocol: HTTPS}\n    tls: {mode: SIMPLE, credentialName: credential}",
  ),
  calls: ["https://$id.acme.test:443/env"],
};

/** The client's sidecar adds TLS. */
const origination: Recipe = {
  ...external,
  name: "external access, TLS added by the sidecar",
  cluster1: `${(external.cluster1 ?? "")
    .replace("{name: tls, number: 443, protocol: TLS}", "{name: http, number: 80, protocol: HTTP}")
    .replace("{tls: $https}", "{http: $https}")}---
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: $id}
spec:
  host: $id.acme.test
  trafficPolicy: {tls: {mode: SIMPLE, sni: $id.acme.test, insecureSkipVerify: true}}
`,
  calls: ["http://$id.acme.test/env"],
};

const tlsRoute = `
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: $id-tls}
spec:
  hosts: [$id.acme.test]
  gateways: [$gw/$id]
  tls: [{match: [{port: 443, sniHosts: [$id.acme.test]}], route: [{destination: {host: $id.$sv.svc.cluster.local, port: {number: 8000}}}]}]
`;

const ofGateway: readonly Variant[] = [
  one("as it should be"),
  one("the Gateway is gone", { on: "Gateway" }),
  one("the Gateway has another host", set("Gateway", "spec.servers[0].hosts", ["$idx.acme.test"])),
  one("the Gateway asks for a client certificate", set("Gateway", "spec.servers[0].tls.mode", "MUTUAL")),
  one("the Gateway is for the mesh's own certificates", set("Gateway", "spec.servers[0].tls.mode", "ISTIO_MUTUAL"), {
    on: "Gateway",
    path: "spec.servers[0].tls.credentialName",
    to: undefined,
  }),
  one(
    "the Gateway passes through, and no route says where to",
    set("Gateway", "spec.servers[0].tls", { mode: "PASSTHROUGH" }),
  ),
  {
    ...one(
      "the Gateway passes through to an app without TLS",
      set("Gateway", "spec.servers[0].tls", { mode: "PASSTHROUGH" }),
    ),
    cluster2: tlsRoute,
  },
  one("the VirtualService is gone", { on: "VirtualService" }),
  one("the VirtualService has another host", set("VirtualService", "spec.hosts", ["$idx.acme.test"])),
  one(
    "the VirtualService routes another path",
    set("VirtualService", "spec.http[0].match", [{ uri: { prefix: "/get" } }]),
  ),
  one(
    "the VirtualService routes http only",
    set("VirtualService", "spec.http[0].match", [{ scheme: { exact: "http" } }]),
  ),
  one("the Service selects nothing", set("Service", "spec.selector", { app: "nobody" })),
];

export const externalVariants: readonly (readonly [Recipe, readonly Variant[]])[] = [
  [
    external,
    [
      ...ofGateway,
      one("the ServiceEntry is gone", { on: "ServiceEntry" }),
      one("the ServiceEntry's port is HTTPS", set("ServiceEntry", "spec.ports[0].protocol", "HTTPS")),
      one("the ServiceEntry's port is HTTP", set("ServiceEntry", "spec.ports[0].protocol", "HTTP")),
      one(
        "the ServiceEntry's port is TCP",
        set("ServiceEntry", "spec.ports[0].protocol", "TCP"),
        set("ServiceEntry", "spec.addresses", ["$vip"]),
      ),
      one("the ServiceEntry has another host", set("ServiceEntry", "spec.hosts", ["$idx.acme.test"])),
      one("the endpoint's port is wrong", set("ServiceEntry", "spec.endpoints[0].ports.tls", 32996)),
      one("the endpoint is the gateway's HTTP port", set("ServiceEntry", "spec.endpoints[0].ports.tls", "$http")),
      {
        title: "a client without a sidecar calls",
        edits: [],
        calls: ["$cl/plain https://$addr:$https/env host=$id.acme.test"],
      },
      { title: "plain text is spoken", edits: [], calls: ["http://$id.acme.test:443/env"] },
    ],
  ],
  [
    origination,
    [
      ...ofGateway,
      one("no TLS", { on: "DestinationRule" }),
      one("no SNI", { on: "DestinationRule", path: "spec.trafficPolicy.tls.sni", to: undefined }),
      one("another SNI", set("DestinationRule", "spec.trafficPolicy.tls.sni", "$idx.acme.test")),
      one(
        "mutual TLS of the mesh",
        set("DestinationRule", "spec.trafficPolicy.tls", { mode: "ISTIO_MUTUAL", sni: "$id.acme.test" }),
      ),
      one(
        "mutual TLS of the mesh at both ends",
        set("DestinationRule", "spec.trafficPolicy.tls", { mode: "ISTIO_MUTUAL", sni: "$id.acme.test" }),
        set("Gateway", "spec.servers[0].tls", { mode: "ISTIO_MUTUAL" }),
      ),
      one(
        "mutual TLS of the mesh at both ends, and another server is expected",
        set("DestinationRule", "spec.trafficPolicy.tls", {
          mode: "ISTIO_MUTUAL",
          sni: "$id.acme.test",
          subjectAltNames: ["spiffe://cluster.local/ns/x/sa/y"],
        }),
        set("Gateway", "spec.servers[0].tls", { mode: "ISTIO_MUTUAL" }),
      ),
    ],
  ],
];
