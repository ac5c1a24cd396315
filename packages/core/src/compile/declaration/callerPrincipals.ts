import { type IstioCluster, principal, principalsOfAccount, principalsOfNamespace } from "../../istio/index.ts";
import { acceptedTrustDomains, trustDomainsOf } from "../../istio/policy/index.ts";
import type { SharedService } from "../../model/index.ts";

/**
 * The identities of all consumers, as an AuthorizationPolicy takes them: exact, with `*` at one end, or `*` for everyone
 * with a certificate. https://istio.io/latest/docs/reference/config/security/authorization-policy/#Source
 */
export function allowedPrincipals(
  consumers: SharedService["spec"]["consumers"],
  domains: CallerTrustDomains,
): readonly string[] {
  const all = [domains.own, ...domains.aliases, ...domains.others];
  const principals = consumers.flatMap(({ namespaces, serviceAccounts }) => {
    if (namespaces === undefined) return serviceAccounts?.map(principalsOfAccount) ?? ["*"];
    return namespaces.flatMap(
      (namespace) =>
        serviceAccounts?.flatMap((account) => exactPrincipals(namespace, account, domains)) ??
        all.map((domain) => principalsOfNamespace(domain, namespace)),
    );
  });
  return principals.includes("*") ? ["*"] : [...new Set(principals)].sort();
}

/** One account in all trust domains; its own stands for the aliases as well. */
export function exactPrincipals(
  namespace: string,
  account: string,
  { own, others }: CallerTrustDomains,
): readonly string[] {
  return [own, ...others].map((domain) => principal(domain, namespace, account));
}

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
  const [own = server.settings.trustDomain, ...aliases] = trustDomainsOf(server.settings);
  const accepted = acceptedTrustDomains(server) ?? consumers.map(({ settings }) => settings.trustDomain);
  const others = accepted.filter((domain) => domain !== own && !aliases.includes(domain));
  return { own, aliases, others: [...new Set(others)].sort() };
}
