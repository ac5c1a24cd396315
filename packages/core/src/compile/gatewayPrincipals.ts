import type { IstioCluster } from "../istio/istioCluster.ts";
import type { Mesh } from "../model/mesh.ts";
import type { MeshCluster } from "../model/meshCluster.ts";

type GatewaySpec = MeshCluster["spec"]["eastWestGateway"];

/** The identities of a gateway's pods, as an AuthorizationPolicy takes them; where none is seen, those of its namespace. */
export function gatewayPrincipals(
  { namespace, selector }: Pick<GatewaySpec, "namespace" | "selector">,
  facts: IstioCluster,
  { spec: { trustDomain } }: Mesh,
): readonly string[] {
  const accounts = facts.selectSeen(namespace, selector).map(({ serviceAccount }) => serviceAccount);
  const names = accounts.length === 0 ? ["*"] : [...new Set(accounts)].sort().map((account) => `sa/${account}`);
  return names.map((name) => `${trustDomain}/ns/${namespace}/${name}`);
}
