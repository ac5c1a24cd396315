import { isInjected } from "../facts/workloads.ts";
import { ownerName } from "../kinds/ownership.ts";
import type { DeclaredPath } from "../model/compiled.ts";
import type { Intents } from "../model/intents.ts";
import type { SharedService } from "../model/sharedService.ts";
import type { TraceCluster } from "./traceCluster.ts";
import type { TraceRequest, TraceScheme } from "./traceRequest.ts";
import type { TraceWorld } from "./traceWorld.ts";

/** The request that proves a declared path: by a consumer that may make it, with a method and path that it may use. */
export function requestOfPath(path: DeclaredPath, shared: SharedService | undefined, world: TraceWorld): TraceRequest {
  const { consumer, host, port } = path;
  const cluster = world.clusters.get(consumer.cluster);
  const namespace = consumer.namespace === "*" ? anyNamespace(cluster) : consumer.namespace;
  const rule = shared?.spec.access?.find(
    ({ ports, from }) =>
      (ports === undefined || ports.includes(port)) &&
      (from === undefined || from.some((identity) => identity.endsWith(`.${namespace}`))),
  );
  const named = rule?.from?.find((identity) => identity.endsWith(`.${namespace}`))?.split(".")[0];
  const account = named ?? accountOf(shared, consumer.cluster, namespace);
  return {
    from: {
      cluster: consumer.cluster,
      namespace,
      workload: "*",
      ...(account === undefined ? {} : { serviceAccount: account }),
    },
    method: rule?.methods?.[0] ?? "GET",
    url: { scheme: schemeOf(path), host, port, path: rule?.paths?.[0]?.replace(/\*/g, "x") ?? "/" },
    headers: {},
  };
}

/** By owner, as declared paths name it. */
export function sharedServicesByOwner({
  sharedServices,
}: Pick<Intents, "sharedServices">): ReadonlyMap<string, SharedService> {
  return new Map(
    sharedServices.map((shared) => {
      const { namespace, name } = shared.metadata;
      return [ownerName("SharedService", namespace, name), shared];
    }),
  );
}

function accountOf(shared: SharedService | undefined, cluster: string, namespace: string): string | undefined {
  const consumers = (shared?.spec.consumers ?? []).filter(
    (consumer) =>
      (!Array.isArray(consumer.clusters) || consumer.clusters.includes(cluster)) &&
      (consumer.namespaces === undefined || consumer.namespaces.includes(namespace)),
  );
  // A consumer without accounts lets every one in.
  if (consumers.some(({ serviceAccounts }) => serviceAccounts === undefined)) return undefined;
  return consumers[0]?.serviceAccounts?.[0];
}

/** Where any namespace may call: one with a sidecar, else one that injects them. */
function anyNamespace(cluster: TraceCluster | undefined): string {
  if (cluster === undefined) return "default";
  return cluster.memo("a namespace that calls", () => {
    const meshed = cluster.workloads.find(({ proxy }) => proxy === "sidecar")?.namespace;
    const injecting = [...cluster.namespaces.values()].find((namespace) => isInjected(namespace))?.metadata.name;
    return meshed ?? injecting ?? "default";
  });
}

function schemeOf({ protocol }: DeclaredPath): TraceScheme {
  switch (protocol) {
    case undefined:
    case "HTTP":
    case "HTTP2":
      return "http";
    case "GRPC":
    case "GRPC-Web":
      return "grpc";
    case "HTTPS":
    case "TLS":
      return "https";
    default:
      return "tcp";
  }
}
