import {
  demandsOn,
  type ExternalAccess,
  type Intents,
  issuedCredentialName,
  type MeshCluster,
  selectClusters,
} from "../model/index.ts";
import type { RbacOptions } from "./rbacManifests.ts";

/** What the declarations ask of a cluster's roles: kinds, the Secrets that `isthmus ca issue --external` writes, and where cert-manager signs. */
export function declaredRights(
  cluster: MeshCluster,
  intents: Pick<Intents, "mesh" | "clusters" | "externalAccesses">,
): Pick<RbacOptions, "demands" | "credentials" | "signing"> {
  const { mesh, clusters, externalAccesses } = intents;
  const { ca } = mesh.spec;
  const requests = [ca.signer?.certManager, ca.external.signer?.certManager];
  const signing = requests.flatMap((each) => (each?.cluster === cluster.metadata.name ? [each.namespace] : []));
  const isIssued = ({ spec }: ExternalAccess) =>
    spec.tls.credential?.issue !== undefined && selectClusters(spec.clusters, clusters).includes(cluster);
  return {
    demands: demandsOn(cluster, intents),
    signing: [...new Set(signing)].sort(),
    credentials: {
      namespace: cluster.spec.ingressGateway.namespace,
      names: externalAccesses.filter(isIssued).map(issuedCredentialName),
    },
  };
}
