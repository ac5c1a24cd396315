import type { KubeObject } from "../kinds/index.ts";

/** Istio's injection puts it on each Pod; without it a passthrough cluster drops the endpoint (Istio 1.20 and later). */
export const tlsModeLabel = "security.istio.io/tlsMode";

type Labels = Readonly<Record<string, string>>;

const namespaceLabel = "istio-injection";
const revisionLabel = "istio.io/rev";
/** Label of a Pod; as an annotation it is older, and only takes injection back. */
const podLabel = "sidecar.istio.io/inject";

/** Namespaces that the injector leaves out whatever they say. pkg/kube/inject/inject.go, IgnoredNamespaces */
const ignored: ReadonlySet<string> = new Set(["kube-system", "kube-public", "kube-node-lease", "local-path-storage"]);

/**
 * Whether Istio's webhooks, as its charts install them, send a Pod to the injector and it gets a sidecar: by its namespace's
 * label, by a revision, or by its own label (manifests/charts/istio-control/istio-discovery, mutatingwebhook.yaml;
 * pkg/kube/inject/inject.go, injectRequired).
 */
export function isInjected(
  namespace: KubeObject | undefined,
  { labels = {}, annotations = {} }: { readonly labels?: Labels; readonly annotations?: Labels } = {},
): boolean {
  if (ignored.has(namespace?.metadata.name ?? "")) return false;
  const asked = labels[podLabel];
  if (asked === "false" || (asked === undefined && annotations[podLabel] === "false")) return false;
  const { [namespaceLabel]: enabled, [revisionLabel]: revision } = namespace?.metadata.labels ?? {};
  if (enabled !== undefined) return enabled === "enabled";
  return revision !== undefined || labels[revisionLabel] !== undefined || asked === "true";
}

/** What a namespace asks for injection with, for people: `istio-injection=enabled`. */
export function injectionLabelOf({ metadata: { labels = {} } }: Pick<KubeObject, "metadata">): string {
  const revision = labels[revisionLabel];
  return revision === undefined || labels[namespaceLabel] === "enabled"
    ? `${namespaceLabel}=enabled`
    : `${revisionLabel}=${revision}`;
}

/** The labels that make a namespace one whose workloads Istio's proxies serve: sidecars, or ambient mode. */
export function asksForProxy(namespace: KubeObject): boolean {
  return isInjected(namespace) || namespace.metadata.labels?.["istio.io/dataplane-mode"] !== undefined;
}
