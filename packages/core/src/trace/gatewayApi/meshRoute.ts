import { objectOf, serviceOf } from "../../istio/gatewayApi/index.ts";
import { type IstioCluster, memoised } from "../../istio/index.ts";
import type { MeshService } from "../../istio/registry/index.ts";
import type { PassedHop } from "../traceResult.ts";
import { notFollowed } from "./notFollowed.ts";

/** A hop for a TLSRoute or TCPRoute that takes a Service's connections within the mesh, which is not followed. */
export function unfollowedMeshRoute(cluster: IstioCluster, service: MeshService): PassedHop | undefined {
  if (!service.isKubernetes) return undefined;
  const found = routesByService(cluster).get(`${service.namespace}/${service.object.metadata.name}`);
  if (found === undefined) return undefined;
  const object = { cluster: cluster.name, ...objectOf(found) };
  return notFollowed(
    { cluster, object, field: "spec.parentRefs", why: "a route of TLS or TCP within the mesh is not followed" },
    "route",
  );
}

const routesByService = memoised((cluster: IstioCluster) => {
  const routes = [...cluster.all("TLSRoute"), ...cluster.all("TCPRoute")];
  return new Map(
    routes.flatMap((route) =>
      (route.spec?.parentRefs ?? []).flatMap((ref) => {
        const parent = serviceOf(route, ref);
        return parent === undefined ? [] : [[`${parent.namespace}/${parent.name}`, route] as const];
      }),
    ),
  );
});
