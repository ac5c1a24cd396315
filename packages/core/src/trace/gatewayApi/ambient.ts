import type { IstioCluster, Workload } from "../../istio/index.ts";
import type { MeshService } from "../../istio/registry/index.ts";
import type { PassedHop, TraceHopName } from "../traceResult.ts";
import { notFollowed } from "./notFollowed.ts";

const modeLabel = "istio.io/dataplane-mode";
const waypointLabel = "istio.io/use-waypoint";

/** A hop for a pod without a sidecar whose traffic ztunnel takes; undefined where it does not. */
export function inAmbient(cluster: IstioCluster, workload: Workload, name: TraceHopName): PassedHop | undefined {
  const { labels, annotations, namespace, proxy } = workload;
  if (proxy !== "none") return undefined;
  const mode = labels[modeLabel] ?? cluster.namespaces.get(namespace)?.metadata.labels?.[modeLabel];
  if (mode !== "ambient" && annotations["ambient.istio.io/redirection"] !== "enabled") return undefined;
  const object = { cluster: cluster.name, kind: "Pod", namespace, name: workload.name };
  const why = "it is in ambient mode, which is not modelled";
  return notFollowed({ cluster, object, field: `metadata.labels["${modeLabel}"]`, why }, name);
}

/** A hop for a host that has a waypoint; undefined where it has none. */
export function behindWaypoint(cluster: IstioCluster, service: MeshService): PassedHop | undefined {
  const own = service.object.metadata.labels?.[waypointLabel];
  const waypoint = own ?? cluster.namespaces.get(service.namespace)?.metadata.labels?.[waypointLabel];
  if (waypoint === undefined || waypoint === "" || waypoint === "none") return undefined;
  const { kind, metadata } = service.object;
  const object = { cluster: cluster.name, kind, namespace: service.namespace, name: metadata.name };
  const why = `it has waypoint ${waypoint}, and waypoints are not modelled`;
  return notFollowed({ cluster, object, field: `metadata.labels["${waypointLabel}"]`, why }, "endpoints");
}
