import type { Sidecar } from "../../kinds/index.ts";
import type { IstioCluster } from "../istioCluster.ts";
import type { MeshService } from "../registry/meshService.ts";
import { exportToAnnotation, isVisible } from "../visibility.ts";
import type { Workload } from "../workload.ts";
import { egressOf, proxyScope } from "./proxyScope.ts";

/** Why a proxy does not know a service of its registry. */
export type Hiding =
  /** istiod does not look into its namespace. pkg/kube/namespace/filter.go, Filter */
  | { readonly kind: "not discovered" }
  /** `exportTo` leaves the proxy's namespace out. pilot/pkg/model/push_context.go, IsServiceVisible */
  | { readonly kind: "not exported" }
  /** No egress listener of the Sidecar imports it. pilot/pkg/model/sidecar.go, selectServices */
  | { readonly kind: "not imported"; readonly sidecar: Sidecar }
  /** Another one of the same host counts for the proxy. pilot/pkg/model/sidecar.go, selectServices */
  | { readonly kind: "shadowed"; readonly by: MeshService };

/** Undefined where the proxy knows it. */
export function hidingOf(cluster: IstioCluster, proxy: Workload, service: MeshService): Hiding | undefined {
  if (!cluster.isDiscovered(service.namespace)) return { kind: "not discovered" };
  if (!isVisible(service, proxy.namespace)) return { kind: "not exported" };
  const { key } = proxyScope(cluster, proxy);
  const { sidecar } = key;
  const ofHost = egressOf(cluster, key)
    .flatMap(({ services }) => services)
    .filter(({ host }) => host === service.host);
  // An egress listener of one port holds a copy with that port alone.
  if (ofHost.some(({ object }) => object === service.object)) return undefined;
  const [by] = ofHost;
  if (by !== undefined) return { kind: "shadowed", by };
  return sidecar === undefined ? undefined : { kind: "not imported", sidecar };
}

/** Where `exportTo` of a service is written; undefined where the mesh's default holds. */
export function exportFieldOf({ object, isKubernetes }: MeshService): string | undefined {
  if (isKubernetes) {
    return (object.metadata.annotations?.[exportToAnnotation] ?? "") === ""
      ? undefined
      : `metadata.annotations["${exportToAnnotation}"]`;
  }
  const { exportTo = [] } = object.spec as { readonly exportTo?: readonly string[] };
  return exportTo.length === 0 ? undefined : "spec.exportTo";
}
