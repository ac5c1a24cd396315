import type { Demand } from "../kinds/index.ts";
import type { Intents } from "./intents.ts";
import type { MeshCluster } from "./mesh/meshCluster.ts";
import { selectsCluster } from "./mesh/selectClusters.ts";

/** What the declarations ask of a cluster beyond the kinds that any shared service may need. */
export function demandsOn(
  { metadata: { name } }: MeshCluster,
  { mesh, clusters, externalAccesses }: Pick<Intents, "mesh" | "clusters" | "externalAccesses">,
): ReadonlySet<Demand> {
  const here = externalAccesses.filter(({ spec }) => selectsCluster(spec.clusters, name, clusters));
  return new Set<Demand>([
    ...(here.some(({ spec }) => spec.jwt !== undefined) ? (["tokens"] as const) : []),
    ...(here.length > 0 && mesh.spec.emit === "GatewayApi" ? (["gatewayApi"] as const) : []),
    ...(mesh.spec.mcs === undefined ? [] : (["exports"] as const)),
  ]);
}
