import { type IstioCluster, principal, principalsOfNamespace } from "../../istio/index.ts";
import type { MeshCluster } from "../../model/index.ts";

type GatewaySpec = MeshCluster["spec"]["eastWestGateway"];

/** The identities of a gateway's pods, as an AuthorizationPolicy takes them; where none is seen, those of its namespace. */
export function gatewayPrincipals(
  { namespace, selector }: Pick<GatewaySpec, "namespace" | "selector">,
  facts: IstioCluster,
): readonly string[] {
  const { trustDomain } = facts.meshConfig;
  const accounts = facts.selectSeen(namespace, selector).map(({ serviceAccount }) => serviceAccount);
  if (accounts.length === 0) return [principalsOfNamespace(trustDomain, namespace)];
  return [...new Set(accounts)].sort().map((account) => principal(trustDomain, namespace, account));
}
