import { say } from "../../findings/index.ts";
import type { IstioCluster } from "../../istio/index.ts";
import { acceptedTrustDomains, trustDomainsOf } from "../../istio/policy/index.ts";
import type { Report } from "./report.ts";

/**
 * Mutual TLS between two clusters needs a root certificate that both trust, and a server that accepts the caller's trust domain.
 * True where they share one or where one does not publish its roots (a warning).
 */
export function checkTrust(owner: string, consumer: IstioCluster, server: IstioCluster, report: Report): boolean {
  if (consumer.name === server.name) return true;
  return sharesRoot(owner, consumer, server, report) && acceptsTrustDomain(owner, consumer, server, report);
}

/** istiod pins a WorkloadEntry's service account in the trust domains of its own cluster, whoever serves there. */
export function checkPinnedTrustDomain(
  owner: string,
  consumer: IstioCluster,
  server: IstioCluster,
  report: Report,
): boolean {
  if (!consumer.settings.isKnown || !server.settings.isKnown) return true;
  const { trustDomain } = server.settings;
  if (trustDomainsOf(consumer.settings).includes(trustDomain)) return true;
  report.add(
    owner,
    "TRUST_DOMAIN_REFUSED",
    { kind: "MeshCluster", name: consumer.name },
    say`callers in ${{ consumer: consumer.name }} do not accept identities of ${{ server: server.name }}, whose trust domain is ${{ trustDomain }}, under a Service's own name (they accept ${{ meshConfig: trustDomainsOf(consumer.settings) }})`,
    say`add ${{ trustDomain }} to meshConfig.trustDomainAliases of ${{ consumer: consumer.name }}, or use the name form PerCluster`,
  );
  return false;
}

function acceptsTrustDomain(owner: string, consumer: IstioCluster, server: IstioCluster, report: Report): boolean {
  const accepted = acceptedTrustDomains(server);
  const { trustDomain } = consumer.settings;
  const isKnown = consumer.settings.isKnown && server.settings.isKnown;
  if (!isKnown || accepted === undefined || accepted.includes(trustDomain)) return true;
  report.add(
    owner,
    "TRUST_DOMAIN_REFUSED",
    { kind: "MeshCluster", name: server.name },
    say`${{ server: server.name }} does not accept callers of ${{ consumer: consumer.name }}, whose trust domain is ${{ trustDomain }} (it accepts ${{ accepted }})`,
    say`add ${{ trustDomain }} to meshConfig.trustDomainAliases of ${{ server: server.name }}`,
  );
  return false;
}

function sharesRoot(owner: string, consumer: IstioCluster, server: IstioCluster, report: Report): boolean {
  for (const facts of [consumer, server]) {
    if (facts.trustRoots.length > 0) continue;
    report.add(
      undefined,
      "TRUST_ROOT_UNKNOWN",
      { kind: "MeshCluster", name: facts.name },
      say`${{ cluster: facts.name }} has no ConfigMap istio-ca-root-cert in Istio's namespace, so its root certificate cannot be compared`,
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
    { kind: "MeshCluster", name: first.name },
    say`${{ first: first.name }} and ${{ second: second.name }} trust no common root certificate (${{ first2: show(first) }} and ${{ second2: show(second) }}), so mutual TLS between them fails`,
    "give every cluster an intermediate certificate of one root (Secret cacerts) and restart istiod and the workloads",
  );
  return false;
}
