import { type IstioCluster, isPublic, type Workload } from "../istio/index.ts";
import type { MeshService } from "../istio/registry/index.ts";
import { exportFieldOf, type Hiding, hidingOf } from "../istio/scope/index.ts";
import { clusterObject, showClusterObject } from "../kinds/index.ts";
import { broken } from "./hop.ts";
import type { BrokenHop, TraceHopName } from "./traceResult.ts";
import { discoverySource, fixDiscovery, undiscovered } from "./undiscovered.ts";

export interface HiddenService {
  readonly cluster: IstioCluster;
  /** Whose proxy does not know it. */
  readonly proxy: Workload;
  readonly service: MeshService;
  readonly hiding: Hiding;
  /** As the client or a route calls it. */
  readonly called: string;
}

/** A service that exists, and that a proxy does not know: blames what hides it. */
export function hiddenHop(hidden: HiddenService, name: TraceHopName = "visibility"): BrokenHop {
  return broken({ name, cluster: hidden.cluster.name, code: "TRACE_HOST_HIDDEN", ...faultOf(hidden) });
}

/** Services of a name that a proxy knows none of, the first with what hides it; undefined where it knows one, or there is none. */
export function hiddenOf(
  cluster: IstioCluster,
  proxy: Workload,
  services: readonly MeshService[],
): Pick<HiddenService, "service" | "hiding"> | undefined {
  const found = services.map((service) => ({ service, hiding: hidingOf(cluster, proxy, service) }));
  const hidden = found.flatMap(({ service, hiding }) => (hiding === undefined ? [] : [{ service, hiding }]));
  if (hidden.length < found.length) return undefined;
  // What the namespace may see is closer to what is meant.
  return hidden.find(({ hiding }) => hiding.kind !== "not exported") ?? hidden[0];
}

type Fault = Pick<BrokenHop, "object" | "field" | "detail" | "fix" | "others" | "source">;

function faultOf({ cluster, proxy, service, hiding, called }: HiddenService): Fault {
  const own = clusterObject(cluster.name, service.object);
  const shown = showClusterObject(own);
  switch (hiding.kind) {
    case "not discovered":
      return {
        object: own,
        field: "metadata.namespace",
        detail: `${shown} is in ${undiscovered(cluster, service.namespace)}`,
        fix: fixDiscovery(service.namespace),
        source: discoverySource,
      };
    case "not exported": {
      const source = "pilot/pkg/model/push_context.go, IsServiceVisible";
      const field = exportFieldOf(service);
      const to = service.exportTo.includes("~") ? "nobody" : `${service.exportTo.join(", ")} only`;
      if (field !== undefined) {
        const detail = `${shown} is exported to ${to}, not to namespace ${proxy.namespace}`;
        return { object: own, field, detail, fix: `Add ${proxy.namespace} to ${field} of ${shown}.`, source };
      }
      const written = service.isKubernetes ? 'annotation "networking.istio.io/exportTo"' : "spec.exportTo";
      return {
        object: own,
        field: service.isKubernetes ? "metadata.annotations" : "spec.exportTo",
        detail: `${shown} has no exportTo, and the mesh's default exports it to ${to}, not to namespace ${proxy.namespace}`,
        fix: `Give ${shown} ${written} with ${proxy.namespace} in it, or change defaultServiceExportTo of the mesh config.`,
        source,
      };
    }
    case "not imported": {
      const sidecar = clusterObject(cluster.name, hiding.sidecar);
      return {
        object: sidecar,
        field: "spec.egress",
        detail: `${showClusterObject(sidecar)} does not let ${called} through to ${proxy.name === "*" ? `namespace ${proxy.namespace}` : proxy.name}`,
        fix: `Add "${service.namespace}/${service.host}" to the hosts of an egress listener of ${showClusterObject(sidecar)}.`,
        others: [{ object: own, part: "has the name, and is what stays hidden" }],
        source: "pilot/pkg/model/sidecar.go, selectServices",
      };
    }
    case "shadowed": {
      const { by } = hiding;
      const other = clusterObject(cluster.name, by.object);
      return {
        object: own,
        field: service.isKubernetes ? "metadata.name" : "spec.hosts",
        detail: `${shown} is ignored here: ${showClusterObject(other)} has the host ${service.host} as well, and ${whyItCounts(proxy, by, service)}`,
        fix: `Remove the host from one of ${shown} and ${showClusterObject(other)}.`,
        others: [{ object: other, part: "has the same host and is the one that counts" }],
        source: "pilot/pkg/model/sidecar.go, selectServices",
      };
    }
  }
}

/** sidecar.go, selectServices: of several of one host. */
function whyItCounts({ namespace }: Workload, by: MeshService, ignored: MeshService): string {
  if (by.namespace === namespace) return `that of the proxy's own namespace counts`;
  if (by.isKubernetes && !ignored.isKubernetes) return "a Service counts more than a ServiceEntry";
  const isNamed = !isPublic(by) && isPublic(ignored);
  return isNamed ? "what is exported to a namespace by name counts more than what all see" : "the older one counts";
}
