import type { Observed, Pod } from "@isthmus/core";
import type { Unseen, WireCall } from "@isthmus/core/doctor";
import { findCaller, type TraceWorld, type WorkloadRequest } from "@isthmus/core/trace";
import type { Reach } from "../reach.ts";
import { callFromPod } from "./callFromPod.ts";

export interface CallerCall {
  readonly request: WorkloadRequest;
  readonly world: TraceWorld;
  readonly observed: Observed;
  /** By cluster; directories have none. */
  readonly reach: ReadonlyMap<string, Reach>;
  readonly signal?: AbortSignal;
}

const proxyContainer = "istio-proxy";

/** Makes a request from its caller's pod; or says why not. Throws only the reason of a signal that stops. */
export async function callAsCaller({
  request,
  world,
  observed,
  reach,
  signal,
}: CallerCall): Promise<WireCall | Unseen> {
  const client = reach.get(request.from.cluster);
  const cluster = world.clusters.get(request.from.cluster);
  const caller = cluster === undefined ? undefined : findCaller(cluster, request.from);
  if (client === undefined) return { unseen: `${request.from.cluster} is a directory` };
  if (caller === undefined) return { unseen: `no pod ${request.from.namespace}/${request.from.workload}` };
  const pod = observed.clusters
    .get(caller.cluster)
    ?.objects.find(
      (object): object is Pod =>
        object.kind === "Pod" && object.metadata.namespace === caller.namespace && object.metadata.name === caller.name,
    );
  const container = pod?.spec.containers?.find(({ name }) => name !== proxyContainer)?.name;
  if (container === undefined) return { unseen: `Pod ${caller.namespace}/${caller.name} has no container of an app` };
  const { namespace, name } = caller;
  return callFromPod({ reach: client, namespace, pod: name, container, request, ...(signal ? { signal } : {}) });
}
