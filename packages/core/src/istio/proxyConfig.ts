import type { ProxyConfig } from "../kinds/index.ts";
import type { IstioCluster } from "./istioCluster.ts";
import { labelsMatch } from "./labels.ts";
import { memoisedBy } from "./memoised.ts";
import type { Workload } from "./workload.ts";

type Metadata = Readonly<Record<string, string>>;

/** By which a sidecar answers its pod's DNS (pkg/dns/client/dns.go). */
export const dnsCapture = "ISTIO_META_DNS_CAPTURE";

/**
 * `proxyMetadata` of a proxy that starts now, name by name: the mesh's, over it that of ProxyConfigs of the root namespace and
 * of its own, of its annotation, and of the oldest ProxyConfig that selects it (pilot/pkg/model/proxy_config.go,
 * EffectiveProxyConfig).
 */
export function proxyMetadataOf(cluster: IstioCluster, workload: Workload): Metadata {
  const { namespace, labels, proxyMetadata } = workload;
  const selecting = cluster.in("ProxyConfig", namespace).find((each) => {
    const selector = selectorOf(each);
    return Object.keys(selector).length > 0 && labelsMatch(selector, labels);
  });
  return { ...proxyMetadataIn(cluster, namespace), ...proxyMetadata, ...variablesOf(selecting) };
}

/** The same of a namespace, for whatever says nothing of its own. */
export function proxyMetadataIn(cluster: IstioCluster, namespace: string): Metadata {
  const { proxyMetadata, rootNamespace } = cluster.settings;
  const ofAll = (each: string) =>
    variablesOf(cluster.in("ProxyConfig", each).find(({ spec }) => spec?.selector === undefined));
  return { ...proxyMetadata, ...ofAll(rootNamespace), ...(namespace === rootNamespace ? {} : ofAll(namespace)) };
}

function selectorOf({ spec }: ProxyConfig): Metadata {
  return spec?.selector?.matchLabels ?? {};
}

function variablesOf(config: ProxyConfig | undefined): Metadata {
  return config?.spec?.environmentVariables ?? {};
}

/**
 * Whether the pod's DNS is answered by its sidecar. What injection set when the pod was made counts, not what is configured by
 * now. Taken to be so where istiod's settings are not known: manifests often lack them.
 */
export const capturesDns = memoisedBy((cluster: IstioCluster, workload: Workload): boolean => {
  if (workload.proxy !== "sidecar") return false;
  const { proxyEnvironment } = workload;
  if (proxyEnvironment !== undefined) return proxyEnvironment[dnsCapture] === "true";
  const told = proxyMetadataOf(cluster, workload)[dnsCapture];
  return told === undefined ? !cluster.settings.isKnown : told === "true";
});
