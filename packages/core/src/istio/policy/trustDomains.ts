import type { MeshConfig } from "../../model/index.ts";
import { askBy } from "../found.ts";
import type { IstioCluster } from "../istioCluster.ts";
import { memoisedBy } from "../memoised.ts";
import { parseIdentity, spiffeId } from "../spiffeId.ts";

/**
 * A principal of a policy as istiod hands it to Envoy: in the mesh's trust domain and each of its aliases
 * (pilot/pkg/security/trustdomain/bundle.go). `cluster.local` always means the mesh's own.
 */
export const withTrustDomainAliases = memoisedBy((mesh: MeshConfig, principal: string): readonly string[] => {
  const [domain = "", ...rest] = principal.split("/");
  if (rest.length !== 4 || domain === "*") return [principal];
  const domains = trustDomainsOf(mesh);
  if (domain !== "cluster.local" && !domains.some((each) => resembles(domain, each))) return [principal];
  const rewritten = domains.map((each) =>
    domain.startsWith("*") && each.endsWith(domain.slice(1)) ? principal : [each, ...rest].join("/"),
  );
  return [...new Set(rewritten)];
});

export function expandTrustDomains(domain: string, mesh: MeshConfig): readonly string[] {
  const domains = trustDomainsOf(mesh);
  return domains.includes(domain) ? domains : [domain];
}

/** The trust domains that are one to the mesh: its own, then its aliases. */
export function trustDomainsOf({ trustDomain, trustDomainAliases }: MeshConfig): readonly string[] {
  return [trustDomain, ...trustDomainAliases];
}

/**
 * The trust domains whose certificates sidecars take from callers; undefined: any
 * (pilot/pkg/networking/plugin/authn/util.go, TrustDomainsForValidation).
 */
export function acceptedTrustDomains(cluster: IstioCluster): readonly string[] | undefined {
  if (takesAnyTrustDomain(cluster, undefined)) return undefined;
  return [...new Set([...trustDomainsOf(cluster.settings), ...cluster.settings.authorityTrustDomains])];
}

const takesAnyTrustDomain = askBy(({ istiodContainers }, _: undefined) =>
  istiodContainers.some(({ env = [] }) =>
    env.some(({ name, value }) => name === "PILOT_SKIP_VALIDATE_TRUST_DOMAIN" && value === "true"),
  ),
);

/**
 * An identity in the trust domains in which a client's proxy takes it, where istiod knows it from a service account: as it is,
 * and in each alias (pkg/spiffe/spiffe.go, ExpandWithTrustDomains). One that a DestinationRule names is taken as it is.
 */
export function withAliases(identity: string, { trustDomainAliases }: MeshConfig): readonly string[] {
  const parsed = identity.startsWith("spiffe://") ? parseIdentity(identity) : undefined;
  if (parsed === undefined) return [identity];
  const { namespace, serviceAccount } = parsed;
  return [identity, ...trustDomainAliases.map((alias) => spiffeId(alias, namespace, serviceAccount))];
}

/** Either may have a `*` at its beginning or end. */
function resembles(left: string, right: string): boolean {
  return left === right || right === "*" || fits(left, right) || fits(right, left);
}

function fits(text: string, pattern: string): boolean {
  return (
    (pattern.endsWith("*") && text.startsWith(pattern.slice(0, -1))) ||
    (pattern.startsWith("*") && text.endsWith(pattern.slice(1)))
  );
}
