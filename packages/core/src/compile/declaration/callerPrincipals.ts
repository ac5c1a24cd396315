import { principal, principalsOfAccount, principalsOfNamespace } from "../../istio/index.ts";
import type { SharedService } from "../../model/index.ts";
import type { CallerTrustDomains } from "./callerTrustDomains.ts";

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
