/**
 * A kind as the API server's paths need it, and what we use it for.
 * - `read: "needed"`: without it (403, no CRD) nothing can be said about the cluster;
 * - `read: "optional"`: a cluster may lack it or keep it from us; what depends on it says so.
 * - `read: "ifServed"`: what some clusters have beside Istio. Where a cluster lacks it or keeps it from us there is none, and
 *   only a declaration that needs it is told so.
 * - `write`: we create, update and delete objects of this kind; all of them are listed, since they are our inventory.
 */
export interface KindEntry {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly plural: string;
  /** What core calls it where another group has a kind of the same name. */
  readonly alias?: string;
  readonly namespaced: boolean;
  readonly read: "needed" | "optional" | "ifServed";
  readonly write: Writing | false;
}

/** How objects of a kind that we write are written. */
export interface Writing {
  /**
   * Lower ones are added first, and removed last. What finds and knows tokens before policies that ask for them; those before
   * what can be called; rules before the hosts they govern, endpoints before the names that lead to them,
   * routes after what they route to, gateways last.
   */
  readonly order: number;
  /** The kinds of owners that it is written for, and where: any other with our label is not ours. */
  readonly places: Readonly<Partial<Record<OwnerKind, OwnedPlace>>>;
  /** Absent: any shared service may need it. */
  readonly demand?: Demand;
  /** From Kubernetes' api/openapi-spec, Istio's crd-all.gen.yaml and the Gateway API's CRDs: all that there are. */
  readonly merge?: MergeRules;
}

/**
 * What asks for a kind that no SharedService needs: tokens at an ingress gateway, objects of the Gateway API in place of Istio's, or
 * the exports of a cluster set. Without it nobody gets the right to write the kind: an EnvoyFilter can change any proxy.
 */
export type Demand = "tokens" | "gatewayApi" | "exports";

export type OwnerKind = "SharedService" | "ServiceExport" | "ExternalAccess" | "ExternalService";
/** Beside the Service that its owner names, or beside callers or a gateway, wherever those are. */
export type OwnedPlace = "owner's namespace" | "any namespace";

/**
 * How server-side apply merges a field where its OpenAPI schema says other than the default (maps are merged key by key,
 * lists are replaced as a whole).
 * - `keyed`: elements are matched by these fields (`x-kubernetes-list-type: map`); the value counts where the field is absent.
 * - `atomic`: replaced as a whole (`x-kubernetes-map-type: atomic`).
 */
export type MergeRule = KeyedListRule | { readonly type: "atomic" };

export interface KeyedListRule {
  readonly type: "keyed";
  readonly keys: Readonly<Record<string, string | undefined>>;
}

/** By path: `spec.ports`. */
export type MergeRules = Readonly<Record<string, MergeRule>>;

/** A ServiceExport's objects are those of a SharedService. */
function ofServices(place: OwnedPlace): Writing["places"] {
  return { SharedService: place, ServiceExport: place };
}

/**
 * Every kind that we read or write. Never Secret. Rights, the order of writes, merge rules, what is ours, the indexes of a cluster
 * and the schemas that `npm run generate` writes come from here.
 */
export const catalog: readonly KindEntry[] = [
  {
    ...{ group: "", version: "v1", kind: "Namespace", plural: "namespaces" },
    namespaced: false,
    read: "needed",
    write: false,
  },
  { ...{ group: "", version: "v1", kind: "Node", plural: "nodes" }, namespaced: false, read: "optional", write: false },
  {
    ...{ group: "", version: "v1", kind: "Service", plural: "services" },
    namespaced: true,
    read: "needed",
    write: {
      order: 6,
      places: { ...ofServices("owner's namespace") },
      merge: {
        "spec.ports": { type: "keyed", keys: { port: undefined, protocol: "TCP" } },
        "spec.selector": { type: "atomic" },
      },
    },
  },
  { ...{ group: "", version: "v1", kind: "Pod", plural: "pods" }, namespaced: true, read: "needed", write: false },
  {
    ...{ group: "networking.istio.io", version: "v1", kind: "Gateway", plural: "gateways" },
    namespaced: true,
    read: "needed",
    write: {
      order: 12,
      places: { ...ofServices("any namespace"), ExternalAccess: "any namespace", ExternalService: "any namespace" },
    },
  },
  {
    ...{ group: "networking.istio.io", version: "v1", kind: "ServiceEntry", plural: "serviceentries" },
    namespaced: true,
    read: "needed",
    write: {
      order: 7,
      places: { ...ofServices("any namespace"), ExternalService: "any namespace" },
      merge: { "spec.ports": { type: "keyed", keys: { name: undefined } } },
    },
  },
  {
    ...{ group: "networking.istio.io", version: "v1", kind: "DestinationRule", plural: "destinationrules" },
    namespaced: true,
    read: "needed",
    write: { order: 4, places: { ...ofServices("any namespace"), ExternalService: "any namespace" } },
  },
  {
    ...{ group: "networking.istio.io", version: "v1", kind: "WorkloadEntry", plural: "workloadentries" },
    namespaced: true,
    read: "needed",
    write: { order: 5, places: { ...ofServices("owner's namespace") } },
  },
  {
    ...{ group: "networking.istio.io", version: "v1", kind: "VirtualService", plural: "virtualservices" },
    namespaced: true,
    read: "needed",
    write: {
      order: 9,
      places: { ...ofServices("any namespace"), ExternalAccess: "owner's namespace", ExternalService: "any namespace" },
    },
  },
  {
    ...{ group: "networking.istio.io", version: "v1alpha3", kind: "EnvoyFilter", plural: "envoyfilters" },
    namespaced: true,
    read: "needed",
    write: { order: 1, places: { ExternalAccess: "any namespace" }, demand: "tokens" },
  },
  {
    ...{ group: "security.istio.io", version: "v1", kind: "AuthorizationPolicy", plural: "authorizationpolicies" },
    namespaced: true,
    read: "needed",
    write: {
      order: 3,
      places: { ...ofServices("owner's namespace"), ExternalAccess: "any namespace", ExternalService: "any namespace" },
    },
  },
  {
    ...{ group: "networking.istio.io", version: "v1", kind: "Sidecar", plural: "sidecars" },
    namespaced: true,
    read: "optional",
    write: false,
  },
  {
    ...{ group: "security.istio.io", version: "v1", kind: "PeerAuthentication", plural: "peerauthentications" },
    namespaced: true,
    read: "optional",
    write: false,
  },
  {
    ...{ group: "security.istio.io", version: "v1", kind: "RequestAuthentication", plural: "requestauthentications" },
    namespaced: true,
    read: "needed",
    write: { order: 2, places: { ExternalAccess: "any namespace" }, demand: "tokens" },
  },
  {
    ...{ group: "networking.istio.io", version: "v1beta1", kind: "ProxyConfig", plural: "proxyconfigs" },
    namespaced: true,
    read: "ifServed",
    write: false,
  },
  {
    ...{ group: "extensions.istio.io", version: "v1alpha1", kind: "WasmPlugin", plural: "wasmplugins" },
    namespaced: true,
    read: "ifServed",
    write: false,
  },
  {
    ...{ group: "multicluster.x-k8s.io", version: "v1alpha1", kind: "ServiceExport", plural: "serviceexports" },
    namespaced: true,
    read: "ifServed",
    write: false,
  },
  {
    ...{ group: "multicluster.x-k8s.io", version: "v1alpha1", kind: "ServiceImport", plural: "serviceimports" },
    namespaced: true,
    read: "ifServed",
    write: { order: 8, places: { ServiceExport: "owner's namespace" }, demand: "exports" },
  },
  {
    ...{ group: "gateway.networking.k8s.io", version: "v1", kind: "HTTPRoute", plural: "httproutes" },
    namespaced: true,
    read: "ifServed",
    write: { order: 10, places: { ExternalAccess: "owner's namespace" }, demand: "gatewayApi" },
  },
  {
    ...{ group: "gateway.networking.k8s.io", version: "v1", kind: "GRPCRoute", plural: "grpcroutes" },
    namespaced: true,
    read: "ifServed",
    write: false,
  },
  {
    ...{ group: "gateway.networking.k8s.io", version: "v1", kind: "TCPRoute", plural: "tcproutes" },
    namespaced: true,
    read: "ifServed",
    write: false,
  },
  {
    ...{ group: "gateway.networking.k8s.io", version: "v1", kind: "TLSRoute", plural: "tlsroutes" },
    namespaced: true,
    read: "ifServed",
    write: { order: 11, places: { ExternalAccess: "owner's namespace" }, demand: "gatewayApi" },
  },
  {
    ...{ group: "gateway.networking.k8s.io", version: "v1beta1", kind: "ReferenceGrant", plural: "referencegrants" },
    namespaced: true,
    read: "ifServed",
    write: false,
  },
  {
    ...{ group: "gateway.networking.k8s.io", version: "v1", kind: "Gateway", plural: "gateways", alias: "ApiGateway" },
    namespaced: true,
    read: "ifServed",
    write: {
      order: 12,
      places: { ExternalAccess: "any namespace" },
      demand: "gatewayApi",
      merge: { "spec.listeners": { type: "keyed", keys: { name: undefined } } },
    },
  },
];

const byName = new Map(catalog.map((entry) => [`${entry.group}/${entry.kind}`, entry]));

export function kindEntry(group: string, kind: string): KindEntry | undefined {
  return byName.get(`${group}/${kind}`);
}

/** How objects of a kind are written; undefined where we write none. */
export function writingOf(group: string, kind: string): Writing | undefined {
  return byName.get(`${group}/${kind}`)?.write || undefined;
}

/** What a directory of manifests has in place of Pods, of group `apps`. */
export const controllerKinds: readonly string[] = ["Deployment", "StatefulSet", "DaemonSet"];

/** Read by name, where Istio tells something: it is not a kind of which all objects matter. */
export const configMapKind: KindEntry = {
  group: "",
  version: "v1",
  kind: "ConfigMap",
  plural: "configmaps",
  namespaced: true,
  read: "optional",
  write: false,
};

/** A kind that only `isthmus check` reads. */
export interface CheckedKind extends KindEntry {
  /** `istio`: only in Istio's own namespace. */
  readonly scope: "everywhere" | "istio";
}

const optional = { read: "optional", write: false } as const;

export const deploymentKind: CheckedKind = {
  ...{ group: "apps", version: "v1", kind: "Deployment", plural: "deployments", namespaced: true },
  ...optional,
  scope: "istio",
};

export const endpointSliceKind: CheckedKind = {
  ...{ group: "discovery.k8s.io", version: "v1", kind: "EndpointSlice", plural: "endpointslices", namespaced: true },
  ...optional,
  scope: "istio",
};

export const mutatingWebhookKind: CheckedKind = {
  group: "admissionregistration.k8s.io",
  version: "v1",
  kind: "MutatingWebhookConfiguration",
  plural: "mutatingwebhookconfigurations",
  namespaced: false,
  ...optional,
  scope: "everywhere",
};

/** Served since Kubernetes 1.33. */
export const serviceCidrKind: CheckedKind = {
  ...{ group: "networking.k8s.io", version: "v1", kind: "ServiceCIDR", plural: "servicecidrs", namespaced: false },
  ...optional,
  scope: "everywhere",
};

/** Every kind of which only `isthmus check` lists objects. */
export const checkedKinds: readonly CheckedKind[] = [
  deploymentKind,
  endpointSliceKind,
  mutatingWebhookKind,
  serviceCidrKind,
];

const noRules: MergeRules = {};

export function mergeRules(group: string, kind: string): MergeRules {
  return writingOf(group, kind)?.merge ?? noRules;
}

/** `8000/TCP`: what names an element of a list that is merged by keys. */
export function elementKey(element: unknown, rule: KeyedListRule): string {
  const fields =
    typeof element === "object" && element !== null ? new Map<string, unknown>(Object.entries(element)) : undefined;
  return Object.entries(rule.keys)
    .map(([key, whenAbsent]) => String(fields?.get(key) ?? whenAbsent ?? ""))
    .join("/");
}
