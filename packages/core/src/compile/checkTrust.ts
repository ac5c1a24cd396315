import type { IstioCluster } from "../istio/istioCluster.ts";
import type { Report } from "./report.ts";

/**
 * Mutual TLS between two clusters needs a root certificate that both trust. True where they share one or where one does not
 * publish its roots (a warning).
 */
export function checkTrust(owner: string, consumer: IstioCluster, server: IstioCluster, report: Report): boolean {
  if (consumer.name === server.name) return true;
  for (const facts of [consumer, server]) {
    if (facts.trustRoots.length > 0) continue;
    report.add(
      undefined,
      "TRUST_ROOT_UNKNOWN",
      `MeshCluster ${facts.name}`,
      `${facts.name} has no ConfigMap istio-ca-root-cert in Istio's namespace, so its root certificate cannot be compared`,
      "is istiod running there?",
    );
  }
  if (consumer.trustRoots.length === 0 || server.trustRoots.length === 0) return true;
  const trusted = new Set(consumer.trustRoots.map(({ fingerprint }) => fingerprint));
  if (server.trustRoots.some(({ fingerprint }) => trusted.has(fingerprint))) return true;
  const show = (facts: IstioCluster) => facts.trustRoots.map(({ fingerprint }) => fingerprint.slice(0, 12)).join(", ");
  const [first, second] = consumer.name < server.name ? [consumer, server] : [server, consumer];
  report.add(
    owner,
    "TRUST_ROOTS_DIFFER",
    `MeshCluster ${first.name}`,
    `${first.name} and ${second.name} trust no common root certificate (${show(first)} and ${show(second)}), so mutual TLS between them fails`,
    "give every cluster an intermediate certificate of one root (Secret cacerts) and restart istiod and the workloads",
  );
  return false;
}
