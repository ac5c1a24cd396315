import type { MeshConfig } from "../../model/meshConfig.ts";

/**
 * A principal of a policy as istiod hands it to Envoy: in the mesh's trust domain and each of its aliases
 * (pilot/pkg/security/trustdomain/bundle.go). `cluster.local` always means the mesh's own.
 */
export function withTrustDomainAliases(principal: string, mesh: MeshConfig): readonly string[] {
  const [domain = "", ...rest] = principal.split("/");
  if (rest.length !== 4 || domain === "*") return [principal];
  const domains = trustDomainsOf(mesh);
  if (domain !== "cluster.local" && !domains.some((each) => resembles(domain, each))) return [principal];
  const rewritten = domains.map((each) =>
    domain.startsWith("*") && each.endsWith(domain.slice(1)) ? principal : [each, ...rest].join("/"),
  );
  return [...new Set(rewritten)];
}

export function expandTrustDomains(domain: string, mesh: MeshConfig): readonly string[] {
  const domains = trustDomainsOf(mesh);
  return domains.includes(domain) ? domains : [domain];
}

export function trustDomainsOf({ trustDomain, trustDomainAliases }: MeshConfig): readonly string[] {
  return [trustDomain, ...trustDomainAliases];
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
