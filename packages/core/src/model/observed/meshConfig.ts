import type { LabelSelector } from "../../kinds/index.ts";
import { type Fields, fieldsOf, isFields, listOf } from "../../shape/index.ts";
import { readDocuments } from "../yaml/readDocuments.ts";
import { type MeshNetwork, meshNetworksOf } from "./meshNetworks.ts";

/** What of istiod's mesh config and of a proxy's own config decides where a request goes; defaults filled in. */
export interface MeshConfig {
  readonly trustDomain: string;
  readonly trustDomainAliases: readonly string[];
  /** `caCertificates[].trustDomains`: sidecars take certificates of these as well. */
  readonly authorityTrustDomains: readonly string[];
  /** Where policies are for the whole mesh. */
  readonly rootNamespace: string;
  readonly outboundTrafficPolicy: "ALLOW_ANY" | "REGISTRY_ONLY";
  readonly enableAutoMtls: boolean;
  readonly defaultServiceExportTo: readonly string[];
  readonly defaultVirtualServiceExportTo: readonly string[];
  readonly defaultDestinationRuleExportTo: readonly string[];
  /** `defaultConfig.proxyMetadata`, such as ISTIO_META_DNS_CAPTURE. */
  readonly proxyMetadata: Readonly<Record<string, string>>;
  /** Istiod looks into namespaces that one of them chooses only; none: into all. */
  readonly discoverySelectors: readonly LabelSelector[];
  /** Names of the extension providers that authorize: those of other kinds are none to a CUSTOM policy. */
  readonly extensionProviders: readonly string[];
  /** Of the same ConfigMap, key `meshNetworks`; absent where it has none. */
  readonly networks?: readonly MeshNetwork[];
  /** What proxies make of a path before routes and policies look at it; Istio's `DEFAULT` is `BASE`. */
  readonly pathNormalization: PathNormalizationLevel;
  /** `defaultConfig.connectionSettings`; absent where nothing is set. */
  readonly connectionSettings?: ConnectionSettings;
}

const pathNormalizationLevels = ["NONE", "BASE", "MERGE_SLASHES", "DECODE_AND_MERGE_SLASHES"] as const;
export type PathNormalizationLevel = (typeof pathNormalizationLevels)[number];

/** What a proxy's own settings say of paths, over `pathNormalization`. */
export interface ConnectionSettings {
  /** Profile `EDGE`: gateways take stricter defaults. */
  readonly isEdge: boolean;
  readonly mergesSlashes?: boolean;
  readonly escapedSlashes?: EscapedSlashes;
}

/** What is done with `%2F` and `%5C` in a path. */
export type EscapedSlashes = "keep" | "reject" | "redirect" | "unescape";

const escapedSlashesActions: Readonly<Record<string, EscapedSlashes>> = {
  KEEP_UNCHANGED: "keep",
  REJECT_REQUEST: "reject",
  UNESCAPE_AND_REDIRECT: "redirect",
  UNESCAPE_AND_FORWARD: "unescape",
};

/** What istiod takes where nothing is set: istio/pkg/config/mesh/mesh.go, DefaultMeshConfig. */
export const defaultMeshConfig: MeshConfig = {
  trustDomain: "cluster.local",
  trustDomainAliases: [],
  authorityTrustDomains: [],
  rootNamespace: "istio-system",
  outboundTrafficPolicy: "ALLOW_ANY",
  enableAutoMtls: true,
  defaultServiceExportTo: ["*"],
  defaultVirtualServiceExportTo: ["*"],
  defaultDestinationRuleExportTo: ["*"],
  proxyMetadata: {},
  discoverySelectors: [],
  extensionProviders: [],
  pathNormalization: "BASE",
};

const none = defaultMeshConfig;

/**
 * Of the texts in ConfigMap `istio`, keys `mesh` and `meshNetworks`; undefined where the first is not a YAML mapping. Fields of a
 * wrong type count as absent.
 */
export function parseMeshConfig(text: string, networksText = ""): MeshConfig | undefined {
  const config = yamlMapping(text);
  if (config === undefined) return undefined;
  const policy = fieldsOf(config.outboundTrafficPolicy).mode;
  const networks = meshNetworksOf(yamlMapping(networksText));
  return {
    trustDomain: textOf(config.trustDomain) ?? none.trustDomain,
    trustDomainAliases: textsOf(config.trustDomainAliases) ?? [],
    authorityTrustDomains: listOf(config.caCertificates).flatMap((each) => textsOf(fieldsOf(each).trustDomains) ?? []),
    rootNamespace: textOf(config.rootNamespace) ?? none.rootNamespace,
    outboundTrafficPolicy: policy === "REGISTRY_ONLY" ? policy : none.outboundTrafficPolicy,
    enableAutoMtls: config.enableAutoMtls !== false,
    defaultServiceExportTo: textsOf(config.defaultServiceExportTo) ?? none.defaultServiceExportTo,
    defaultVirtualServiceExportTo: textsOf(config.defaultVirtualServiceExportTo) ?? none.defaultVirtualServiceExportTo,
    defaultDestinationRuleExportTo:
      textsOf(config.defaultDestinationRuleExportTo) ?? none.defaultDestinationRuleExportTo,
    proxyMetadata: metadataIn(fieldsOf(config.defaultConfig)),
    discoverySelectors: listOf(config.discoverySelectors).map(selectorOf),
    extensionProviders: listOf(config.extensionProviders).flatMap((each) => {
      const { name, envoyExtAuthzHttp, envoyExtAuthzGrpc } = fieldsOf(each);
      return (envoyExtAuthzHttp ?? envoyExtAuthzGrpc) === undefined ? [] : (textOf(name) ?? []);
    }),
    pathNormalization: levelOf(fieldsOf(config.pathNormalization).normalization),
    ...connectionSettingsOf(fieldsOf(config.defaultConfig)),
    ...(networks.length === 0 ? {} : { networks }),
  };
}

function levelOf(value: unknown): PathNormalizationLevel {
  return pathNormalizationLevels.find((level) => level === value) ?? none.pathNormalization;
}

/** Of a pod's annotation `proxy.istio.io/config`: what it sets for that pod over the mesh's. */
export function podProxyMetadata(text: string): Readonly<Record<string, string>> {
  return metadataIn(yamlMapping(text) ?? {});
}

/** Of the same annotation; undefined where it says nothing of them. */
export function podConnectionSettings(text: string): ConnectionSettings | undefined {
  return connectionSettingsOf(yamlMapping(text) ?? {}).connectionSettings;
}

function connectionSettingsOf(config: Fields): { readonly connectionSettings?: ConnectionSettings } {
  if (config.connectionSettings === undefined) return {};
  const { profile, httpMergeSlashes, httpPathWithEscapedSlashesAction } = fieldsOf(config.connectionSettings);
  const escapedSlashes = escapedSlashesActions[textOf(httpPathWithEscapedSlashesAction) ?? ""];
  return {
    connectionSettings: {
      isEdge: profile === "EDGE",
      ...(typeof httpMergeSlashes === "boolean" ? { mergesSlashes: httpMergeSlashes } : {}),
      ...(escapedSlashes === undefined ? {} : { escapedSlashes }),
    },
  };
}

function selectorOf(value: unknown): LabelSelector {
  const { matchLabels, matchExpressions } = fieldsOf(value);
  return {
    matchLabels: Object.fromEntries(Object.entries(fieldsOf(matchLabels)).map(([key, each]) => [key, String(each)])),
    matchExpressions: listOf(matchExpressions).map((each) => {
      const { key, operator, values } = fieldsOf(each);
      return { key: String(key), operator: String(operator), values: listOf(values).map(String) };
    }),
  };
}

function metadataIn(config: Fields): Readonly<Record<string, string>> {
  const metadata = Object.entries(fieldsOf(config.proxyMetadata));
  return Object.fromEntries(metadata.map(([name, value]) => [name, String(value)]));
}

function yamlMapping(text: string): Fields | undefined {
  const value = readDocuments({ name: "mesh", text }).documents[0]?.value;
  return isFields(value) ? value : undefined;
}

function textOf(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}

function textsOf(value: unknown): readonly string[] | undefined {
  const texts = listOf(value).flatMap((each) => textOf(each) ?? []);
  return texts.length === 0 ? undefined : texts;
}
