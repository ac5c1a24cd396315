import { type KubeClient, KubeError } from "@isthmus/kube";
import type { ProxyPod } from "./proxyPods.ts";
import { readGauge } from "./readGauge.ts";

export interface ViewOptions {
  readonly signal?: AbortSignal | undefined;
}

/** What an istiod works with. Times are Unix seconds. */
export interface AuthorityInUse {
  /** When the first root of its bundle ends, and its intermediate. */
  readonly rootEnds: number;
  readonly signerEnds: number;
}

/**
 * How one sees what istiods and proxies work with. Neither tells a certificate; both tell to the second when theirs ends, and that
 * is enough (docs/decisions/0009-ca-rollover.md). Undefined where a pod does not answer.
 */
export interface CertificateView {
  istiod(
    pod: { readonly namespace: string; readonly pod: string },
    options: ViewOptions,
  ): Promise<AuthorityInUse | undefined>;
  /** Milliseconds until the proxy's certificate ends. */
  timeLeft(pod: ProxyPod, options: ViewOptions): Promise<number | undefined>;
}

const istiodMetrics = { port: 15014, path: "/metrics" };
const agentMetrics = { port: 15020, path: "/stats/prometheus" };

/** By metrics of istiod and of the proxies' agents, through the API server: the verb `get` of `pods/proxy` is all it needs. */
export function metricsView(client: KubeClient): CertificateView {
  return {
    async istiod(pod, options) {
      const metrics = await read(client, { ...pod, port: istiodMetrics.port }, istiodMetrics.path, options);
      // istio security/pkg/server/ca/monitoring.go, set by RecordCertsExpiry whenever istiod takes a change over
      const rootEnds = readGauge(metrics, "citadel_server_root_cert_expiry_timestamp");
      const signerEnds = readGauge(metrics, "citadel_server_cert_chain_expiry_timestamp");
      return rootEnds === undefined || signerEnds === undefined ? undefined : { rootEnds, signerEnds };
    },
    async timeLeft({ namespace, pod }, options) {
      const metrics = await read(client, { namespace, pod, port: agentMetrics.port }, agentMetrics.path, options);
      // istio security/pkg/nodeagent/cache/monitoring.go
      const seconds = readGauge(metrics, "istio_agent_cert_expiry_seconds");
      return seconds === undefined ? undefined : seconds * 1000;
    },
  };
}

async function read(
  client: KubeClient,
  pod: { readonly namespace: string; readonly pod: string; readonly port: number },
  path: string,
  { signal }: ViewOptions,
): Promise<string> {
  try {
    return await client.podText(pod, path, signal === undefined ? {} : { signal });
  } catch (error) {
    // Gone, not ready, no such port: the pod does not answer. That we may not ask is another matter.
    if (error instanceof KubeError && error.status !== 401 && error.status !== 403) return "";
    throw error;
  }
}
