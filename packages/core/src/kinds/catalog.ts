/**
 * A kind as the API server's paths need it, and what we use it for.
 * - `read: "needed"`: without it (403, no CRD) nothing can be said about the cluster;
 * - `read: "optional"`: a cluster may lack it or keep it from us; what depends on it says so.
 * - `read: "ifServed"`: what some clusters have beside Istio. Where a cluster lacks it or keeps it from us there is none, and
 *   only who declared something that needs it is told.
 * - `write`: we create, update and delete objects of this kind; all of them are listed, since they are our inventory.
 */
export interface KindEntry {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly plural: string;
  readonly namespaced: boolean;
  readonly read: "needed" | "optional" | "ifServed";
  readonly write: boolean;
}

/** Every kind that we read or write. Never Secret. */
export const catalog: readonly KindEntry[] = [
  {
    group: "",
    version: "v1",
    kind: "Namespace",
    plural: "namespaces",
    namespaced: false,
    read: "needed",
    write: false,
  },
  { group: "", version: "v1", kind: "Node", plural: "nodes", namespaced: false, read: "optional", write: false },
  { group: "", version: "v1", kind: "Service", plural: "services", namespaced: true, read: "needed", write: true },
  { group: "", version: "v1", kind: "Pod", plural: "pods", namespaced: true, read: "needed", write: false },
  {
    group: "networking.istio.io",
    version: "v1",
    kind: "Gateway",
    plural: "gateways",
    namespaced: true,
    read: "needed",
    write: true,
  },
  {
    group: "networking.istio.io",
    version: "v1",
    kind: "ServiceEntry",
    plural: "serviceentries",
    namespaced: true,
    read: "needed",
    write: true,
  },
  {
    group: "networking.istio.io",
    version: "v1",
    kind: "DestinationRule",
    plural: "destinationrules",
    namespaced: true,
    read: "needed",
    write: true,
  },
  {
    group: "networking.istio.io",
    version: "v1",
    kind: "WorkloadEntry",
    plural: "workloadentries",
    namespaced: true,
    read: "needed",
    write: true,
  },
  {
    group: "networking.istio.io",
    version: "v1",
    kind: "VirtualService",
    plural: "virtualservices",
    namespaced: true,
    read: "needed",
    write: true,
  },
  {
    group: "networking.istio.io",
    version: "v1alpha3",
    kind: "EnvoyFilter",
    plural: "envoyfilters",
    namespaced: true,
    read: "needed",
    write: true,
  },
  {
    group: "security.istio.io",
    version: "v1",
    kind: "AuthorizationPolicy",
    plural: "authorizationpolicies",
    namespaced: true,
    read: "needed",
    write: true,
  },
  {
    group: "networking.istio.io",
    version: "v1",
    kind: "Sidecar",
    plural: "sidecars",
    namespaced: true,
    read: "optional",
    write: false,
  },
  {
    group: "security.istio.io",
    version: "v1",
    kind: "PeerAuthentication",
    plural: "peerauthentications",
    namespaced: true,
    read: "optional",
    write: false,
  },
  {
    group: "security.istio.io",
    version: "v1",
    kind: "RequestAuthentication",
    plural: "requestauthentications",
    namespaced: true,
    read: "needed",
    write: true,
  },
  {
    group: "networking.istio.io",
    version: "v1beta1",
    kind: "ProxyConfig",
    plural: "proxyconfigs",
    namespaced: true,
    read: "ifServed",
    write: false,
  },
  {
    group: "extensions.istio.io",
    version: "v1alpha1",
    kind: "WasmPlugin",
    plural: "wasmplugins",
    namespaced: true,
    read: "ifServed",
    write: false,
  },
  {
    group: "multicluster.x-k8s.io",
    version: "v1alpha1",
    kind: "ServiceExport",
    plural: "serviceexports",
    namespaced: true,
    read: "ifServed",
    write: false,
  },
  {
    group: "multicluster.x-k8s.io",
    version: "v1alpha1",
    kind: "ServiceImport",
    plural: "serviceimports",
    namespaced: true,
    read: "ifServed",
    write: true,
  },
  {
    group: "gateway.networking.k8s.io",
    version: "v1",
    kind: "HTTPRoute",
    plural: "httproutes",
    namespaced: true,
    read: "ifServed",
    write: true,
  },
  {
    group: "gateway.networking.k8s.io",
    version: "v1",
    kind: "GRPCRoute",
    plural: "grpcroutes",
    namespaced: true,
    read: "ifServed",
    write: false,
  },
  {
    group: "gateway.networking.k8s.io",
    version: "v1",
    kind: "TCPRoute",
    plural: "tcproutes",
    namespaced: true,
    read: "ifServed",
    write: false,
  },
  {
    group: "gateway.networking.k8s.io",
    version: "v1",
    kind: "TLSRoute",
    plural: "tlsroutes",
    namespaced: true,
    read: "ifServed",
    write: true,
  },
  {
    group: "gateway.networking.k8s.io",
    version: "v1beta1",
    kind: "ReferenceGrant",
    plural: "referencegrants",
    namespaced: true,
    read: "ifServed",
    write: false,
  },
  {
    group: "gateway.networking.k8s.io",
    version: "v1",
    kind: "Gateway",
    plural: "gateways",
    namespaced: true,
    read: "ifServed",
    write: true,
  },
];

export function kindEntry(group: string, kind: string): KindEntry | undefined {
  return catalog.find((entry) => entry.group === group && entry.kind === kind);
}
