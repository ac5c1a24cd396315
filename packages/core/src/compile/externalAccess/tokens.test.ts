import { externalAccess, gatewayService, intents, namespace, observedCluster, service } from "@isthmus/testkit";
import { expect, test } from "vitest";
import type { KubeObject } from "../../kinds/index.ts";
import { compile } from "../compile.ts";

const jwks = '{"keys":[{"kty":"EC"}]}';
const issuer = { issuer: "https://issuer.example.com", jwks };
const simple = { mode: "Simple", credential: { secret: "httpbin-credential" } };

function run(spec: Record<string, unknown>, targetPort: number | string = 8080) {
  const base = observedCluster("cluster2", "192.0.2.2", [namespace("bar"), service("bar/httpbin")]);
  const gateway = gatewayService({
    ports: [
      { name: "http2", port: 80, targetPort },
      { name: "https", port: 443, targetPort },
    ],
  });
  const objects = [...base.objects.filter(({ metadata }) => metadata.name !== gateway.metadata.name), gateway];
  return compile(intents([], { externalAccesses: [externalAccess("bar/httpbin", spec)] }), {
    clusters: new Map([["cluster2", { ...base, objects }]]),
    unreachable: new Map(),
  });
}

const ofKind = (compiled: ReturnType<typeof compile>, kind: string): KubeObject | undefined =>
  compiled.desired.get("cluster2")?.find((object) => object.kind === kind);

test("tokens are copied for our hosts alone into a header that only our rules read", () => {
  const fromHeaders = [{ name: "X-Token" }, { name: "Authorization", prefix: "Bearer " }];

  const compiled = run({
    hosts: ["b.example.com", "*.a.example.com"],
    tls: simple,
    jwt: {
      issuers: [
        { ...issuer, audiences: ["b", "a"], fromHeaders },
        { issuer: "second", jwksUri: "https://k/" },
      ],
    },
  });

  expect(compiled.problems).toEqual([]);
  const copies = ofKind(compiled, "EnvoyFilter");
  const name = `isthmus.token.${copies?.metadata.name}`;
  const type = "type.googleapis.com/envoy.extensions.filters.http.header_mutation.v3.HeaderMutation";
  const append_action = "OVERWRITE_IF_EXISTS_OR_ADD";
  const hash = "2845x38tqg5";
  const request_mutations = [
    { append: { header: { key: `x-isthmus-authorization-${hash}`, value: "%REQ(authorization)%" }, append_action } },
    { append: { header: { key: `x-isthmus-x-token-${hash}`, value: "%REQ(x-token)%" }, append_action } },
  ];
  const ofHost = (host: string) => ({
    applyTo: "VIRTUAL_HOST",
    match: { context: "GATEWAY", routeConfiguration: { vhost: { name: `${host}:443` } } },
    patch: {
      operation: "MERGE",
      value: { typed_per_filter_config: { [name]: { "@type": `${type}PerRoute`, mutations: { request_mutations } } } },
    },
  });
  expect(copies?.spec).toEqual({
    workloadSelector: { labels: { istio: "ingressgateway" } },
    configPatches: [
      {
        applyTo: "HTTP_FILTER",
        match: {
          context: "GATEWAY",
          listener: { filterChain: { filter: { name: "envoy.filters.network.http_connection_manager" } } },
        },
        patch: { operation: "INSERT_FIRST", value: { name, typed_config: { "@type": type } } },
      },
      ofHost("*.a.example.com"),
      ofHost("b.example.com"),
    ],
  });
  expect(ofKind(compiled, "RequestAuthentication")?.spec).toEqual({
    selector: { matchLabels: { istio: "ingressgateway" } },
    jwtRules: [
      {
        ...issuer,
        audiences: ["a", "b"],
        fromHeaders: [
          { name: `x-isthmus-x-token-${hash}` },
          { name: `x-isthmus-authorization-${hash}`, prefix: "Bearer " },
        ],
      },
      {
        issuer: "second",
        jwksUri: "https://k/",
        fromHeaders: [{ name: `x-isthmus-authorization-${hash}`, prefix: "Bearer " }],
      },
    ],
  });
  expect(ofKind(compiled, "AuthorizationPolicy")?.spec).toEqual({
    action: "DENY",
    selector: { matchLabels: { istio: "ingressgateway" } },
    rules: [
      {
        when: [
          { key: "request.auth.principal", notValues: ["https://issuer.example.com/*", "second/*"] },
          { key: "connection.sni", values: ["*.a.example.com", "b.example.com"] },
        ],
      },
    ],
  });
});

test("every claim is a rule of its own, public paths are left out, and plain HTTP is told by port and Host", () => {
  const claims = [{ name: "groups", values: ["staff", "admin"] }];

  const compiled = run({ jwt: { issuers: [issuer], claims, publicPaths: ["/status/*"] } });

  const to = [
    {
      operation: {
        hosts: ["httpbin.example.com", "httpbin.example.com:*"],
        notPaths: ["/status/*"],
        ports: ["8080"],
      },
    },
  ];
  expect(ofKind(compiled, "AuthorizationPolicy")?.spec).toMatchObject({
    rules: [
      { to, when: [{ key: "request.auth.principal", notValues: ["https://issuer.example.com/*"] }] },
      { to, when: [{ key: "request.auth.claims[groups]", notValues: ["admin", "staff"] }] },
    ],
  });
});

test("plain HTTP at a port that the gateway's Service only names is refused, since a rule would hold for other ports too", () => {
  const plain = run({ jwt: { issuers: [issuer] } }, "http2");
  const secure = run({ tls: simple, jwt: { issuers: [issuer] } }, "https");

  expect(plain.problems.map(({ code, at }) => [code, at])).toEqual([
    ["PORT_NAMED", "ExternalAccess bar/httpbin spec.jwt"],
  ]);
  expect(plain.held.has("ExternalAccess.bar.httpbin")).toBe(true);
  expect(secure.problems).toEqual([]);
});
