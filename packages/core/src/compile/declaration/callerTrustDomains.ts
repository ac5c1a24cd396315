import type { IstioCluster } from "../../istio/index.ts";
import { acceptedTrustDomains, trustDomainsOf } from "../../istio/policy/index.ts";

/** The trust domains of those who may call a cluster. */
export interface CallerTrustDomains {
  readonly own: string;
  /** The cluster takes an exact principal of its own trust domain for the same one in each of these, and no other form. */
  readonly aliases: readonly string[];
  /** Accepted as well, and not the same. */
  readonly others: readonly string[];
}

/**
 * The trust domains that callers of a cluster may have: what its own mesh config says, so that a consuming cluster that cannot
 * be read changes nothing. Where its istiod does not look at them, those of the consumers.
 */
export function callerTrustDomains(server: IstioCluster, consumers: readonly IstioCluster[]): CallerTrustDomains {
  const [own = server.meshConfig.trustDomain, ...aliases] = trustDomainsOf(server.meshConfig);
  const accepted = acceptedTrustDomains(server) ?? consumers.map(({ meshConfig }) => meshConfig.trustDomain);
  const others = accepted.filter((domain) => domain !== own && !aliases.includes(domain));
  return { own, aliases, others: [...new Set(others)].sort() };
}
