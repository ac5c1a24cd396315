import { externalAccess, intents, mesh, namespace, observedCluster, pod, service } from "@isthmus/testkit";
import { expect, test } from "vitest";
import type { KubeObject } from "../../kinds/index.ts";
import { issuedCredentialName, type ObservedCluster } from "../../model/index.ts";
import { compile } from "../compile.ts";

const credential = { secret: "httpbin-credential" };

function compiled(
  spec: Record<string, unknown>,
  { emit = "GatewayApi", ...rest }: Partial<ObservedCluster> & { readonly emit?: string } = {},
) {
  const tls = service("bar/httpbin", [
    { name: "http", port: 8000 },
    { name: "https", port: 8443 },
  ]);
  const cluster = observedCluster("cluster2", "192.0.2.2", [namespace("bar"), tls, pod("bar/httpbin")], rest);
  const declared = intents([], { mesh: mesh({ emit }), externalAccesses: [externalAccess("bar/httpbin", spec)] });
  const { desired, problems, held } = compile(declared, {
    clusters: new Map([["cluster2", cluster]]),
    unreachable: new Map(),
  });
  const objects = desired.get("cluster2") ?? [];
  return {
    objects,
    problems,
    held,
    kinds: objects.map(({ apiVersion, kind }) => `${kind} ${apiVersion.split("/")[0]}`).sort(),
  };
}

const one = (objects: readonly KubeObject[], kind: string, part = "") =>
  objects.find((object) => object.kind === kind && object.metadata.name.includes(part));

test("plain HTTP is a Gateway on the gateway that is there, and an HTTPRoute", () => {
  const { objects, problems } = compiled({ tls: { mode: "None" } });

  const gateway = one(objects, "Gateway");
  expect(gateway?.spec).toEqual({
    gatewayClassName: "istio",
    addresses: [{ type: "Hostname", value: "istio-ingressgateway.istio-system.svc.cluster.local" }],
    listeners: [
      {
        name: "host-1",
        port: 80,
        hostname: "httpbin.example.com",
        protocol: "HTTP",
        allowedRoutes: {
          namespaces: { from: "Selector", selector: { matchLabels: { "kubernetes.io/metadata.name": "bar" } } },
        },
      },
    ],
  });
  const route = one(objects, "HTTPRoute");
  expect(route?.metadata.namespace).toBe("bar");
  expect(route?.spec).toEqual({
    parentRefs: [
      {
        group: "gateway.networking.k8s.io",
        kind: "Gateway",
        name: gateway?.metadata.name,
        namespace: "istio-system",
      },
    ],
    hostnames: ["httpbin.example.com"],
    rules: [
      {
        matches: [{ path: { type: "PathPrefix", value: "/" } }],
        backendRefs: [{ group: "", kind: "Service", name: "httpbin", port: 8000, weight: 1 }],
      },
    ],
  });
  expect(problems).toEqual([]);
});

test("an issued certificate is referred to by the name of the Secret that it is put into", () => {
  const { objects, problems } = compiled({ tls: { mode: "Simple", credential: { issue: {} } } });

  expect(problems).toEqual([]);
  expect(JSON.stringify(objects)).toContain(
    JSON.stringify([
      { group: "", kind: "Secret", name: issuedCredentialName({ metadata: { namespace: "bar", name: "httpbin" } }) },
    ]),
  );
});

test("mutual TLS with a redirect is a Gateway and a route for each of the two ports", () => {
  const { objects, problems, kinds } = compiled({
    hosts: ["b.example.com", "a.example.com"],
    tls: { mode: "Mutual", credential, httpsRedirect: true },
  });

  expect(kinds).toEqual([
    "Gateway gateway.networking.k8s.io",
    "Gateway gateway.networking.k8s.io",
    "HTTPRoute gateway.networking.k8s.io",
    "HTTPRoute gateway.networking.k8s.io",
  ]);
  const tls = {
    mode: "Terminate",
    certificateRefs: [{ group: "", kind: "Secret", name: "httpbin-credential" }],
    options: { "gateway.istio.io/tls-terminate-mode": "MUTUAL" },
  };
  expect(one(objects, "Gateway", "httpbin-https")?.spec).toMatchObject({
    listeners: [
      { hostname: "a.example.com", port: 443, protocol: "HTTPS", tls },
      { hostname: "b.example.com", port: 443, protocol: "HTTPS", tls },
    ],
  });
  expect(one(objects, "HTTPRoute", "redirect")?.spec).toMatchObject({
    rules: [{ filters: [{ type: "RequestRedirect", requestRedirect: { scheme: "https", statusCode: 301 } }] }],
  });
  expect(problems).toEqual([]);
});

test("passthrough is a TLSRoute", () => {
  const { objects, kinds } = compiled({ port: 8443, tls: { mode: "Passthrough" } });

  expect(kinds).toEqual(["Gateway gateway.networking.k8s.io", "TLSRoute gateway.networking.k8s.io"]);
  expect(one(objects, "Gateway")?.spec).toMatchObject({
    listeners: [{ port: 443, protocol: "TLS", tls: { mode: "Passthrough" } }],
  });
});

test.each([
  ["narrowed client certificates", { tls: { mode: "Mutual", credential, clients: { subjectAltNames: ["a"] } } }, {}],
  [
    "tokens",
    { tls: { mode: "Simple", credential }, jwt: { issuers: [{ issuer: "me", jwksUri: "https://me/keys" }] } },
    {},
  ],
  [
    "a cluster without the kinds",
    {},
    { unread: new Map([["gateway.networking.k8s.io/Gateway", "not served" as const]]) },
  ],
  [
    "kinds that are kept from us",
    {},
    { unread: new Map([["gateway.networking.k8s.io/HTTPRoute", "forbidden" as const]]) },
  ],
])("%s stay Istio's, which is told and holds nothing", (_, spec, cluster) => {
  const { kinds, problems, held } = compiled(spec, cluster);

  expect(kinds).toEqual(expect.arrayContaining(["Gateway networking.istio.io", "VirtualService networking.istio.io"]));
  expect(kinds.filter((kind) => kind.endsWith("gateway.networking.k8s.io"))).toEqual([]);
  expect(problems).toMatchObject([{ code: "EMIT_FALLBACK", at: "ExternalAccess bar/httpbin" }]);
  expect(held).toEqual(new Map());
});

test("a directory does not tell what its cluster serves: what is asked for is written", () => {
  const { kinds, problems } = compiled({}, { source: "directory" });

  expect(kinds).toEqual(["Gateway gateway.networking.k8s.io", "HTTPRoute gateway.networking.k8s.io"]);
  expect(problems).toEqual([]);
});

test("unless it is asked for, nothing is of the Gateway API", () => {
  const { kinds } = compiled({}, { emit: "Istio" });

  expect(kinds).toEqual(["Gateway networking.istio.io", "VirtualService networking.istio.io"]);
});
