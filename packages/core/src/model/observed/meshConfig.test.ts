import { expect, test } from "vitest";
import { defaultMeshConfig, parseMeshConfig, podConnectionSettings, podProxyMetadata } from "./meshConfig.ts";

test("what istiod is not told is as Istio's defaults have it", () => {
  expect(parseMeshConfig("accessLogFile: /dev/stdout")).toEqual(defaultMeshConfig);
});

test("each setting that decides where a request goes is read", () => {
  const config = parseMeshConfig(`
trustDomain: corp
trustDomainAliases: [old]
caCertificates: [{pem: x, trustDomains: [partner]}]
rootNamespace: istio-config
outboundTrafficPolicy: {mode: REGISTRY_ONLY}
enableAutoMtls: false
defaultServiceExportTo: ["."]
defaultVirtualServiceExportTo: ["~"]
defaultDestinationRuleExportTo: [shop]
defaultConfig: {proxyMetadata: {ISTIO_META_DNS_CAPTURE: true}, connectionSettings: {profile: EDGE, httpMergeSlashes: false}}
pathNormalization: {normalization: MERGE_SLASHES}
extensionProviders: [{name: opa, envoyExtAuthzGrpc: {service: opa, port: 9191}}, {name: zipkin, zipkin: {service: z}}]
discoverySelectors: [{matchLabels: {mesh: on, team: 7}}, {matchExpressions: [{key: env, operator: In, values: [prod]}]}]
`);

  expect(config).toEqual({
    trustDomain: "corp",
    trustDomainAliases: ["old"],
    authorityTrustDomains: ["partner"],
    rootNamespace: "istio-config",
    outboundTrafficPolicy: "REGISTRY_ONLY",
    enableAutoMtls: false,
    defaultServiceExportTo: ["."],
    defaultVirtualServiceExportTo: ["~"],
    defaultDestinationRuleExportTo: ["shop"],
    proxyMetadata: { ISTIO_META_DNS_CAPTURE: "true" },
    extensionProviders: ["opa"],
    discoverySelectors: [
      { matchLabels: { mesh: "on", team: "7" }, matchExpressions: [] },
      { matchLabels: {}, matchExpressions: [{ key: "env", operator: "In", values: ["prod"] }] },
    ],
    pathNormalization: "MERGE_SLASHES",
    connectionSettings: { isEdge: true, mergesSlashes: false },
  });
});

test("a text that is not a mapping gives no settings, and a wrong type none of its own", () => {
  expect(parseMeshConfig("[1, 2]")).toBeUndefined();
  expect(parseMeshConfig("a: [")).toBeUndefined();
  expect(parseMeshConfig("trustDomain: 7\ntrustDomainAliases: x")).toEqual(defaultMeshConfig);
});

test("a pod's own proxy config is YAML or JSON", () => {
  expect(podProxyMetadata('{"proxyMetadata":{"A":"b"}}')).toEqual({ A: "b" });
  expect(podProxyMetadata("proxyMetadata:\n  A: b\n")).toEqual({ A: "b" });
});

test("a pod says for itself what its proxy does with escaped slashes", () => {
  const text = "connectionSettings: {httpPathWithEscapedSlashesAction: REJECT_REQUEST}";

  expect(podConnectionSettings(text)).toEqual({ isEdge: false, escapedSlashes: "reject" });
  expect(podConnectionSettings("concurrency: 2")).toBeUndefined();
});
