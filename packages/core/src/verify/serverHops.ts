import { matchTold, podLabels } from "../istio/topologyLabels.ts";
import type { ApiGateway } from "../kinds/gatewayApi.ts";
import type { Gateway } from "../kinds/istio.ts";
import type { KubeObject } from "../kinds/kubeObject.ts";
import type { AcrossPath, InwardPath } from "../model/compiled.ts";
import { gatewayHop } from "./gatewayHop.ts";
import type { Hop, HopName, ProofStatus } from "./pathProof.ts";
import type { ProofContext } from "./proofContext.ts";

/** The hops of a path in the serving cluster. */
export function serverHops(path: AcrossPath, context: ProofContext): readonly Hop[] {
  return [
    gatewayHop(path.server.cluster, "eastWestGateway", context),
    passthroughHop(path, context),
    serviceHop(path, context),
  ];
}

/**
 * The hops of a path that comes in from outside. What a Secret holds is not looked at, as Secrets are never read; behind an
 * ingress gateway also a workload without a sidecar serves.
 */
export function inwardHops(path: InwardPath, context: ProofContext): readonly Hop[] {
  return [
    gatewayHop(path.server.cluster, "ingressGateway", context, path.port),
    entranceHop(path, context),
    ...(path.isRedirect ? [] : [serviceHop(path, context)]),
  ];
}

function hop(path: AcrossPath | InwardPath, name: HopName, status: ProofStatus, detail: string): Hop {
  return { name, cluster: path.server.cluster, status, detail };
}

/** The gateway forwards the name. Without a Gateway of ours, one of the user's does: the compiler has looked. */
function passthroughHop(path: AcrossPath, context: ProofContext): Hop {
  const { cluster } = path.server;
  if (context.facts(cluster) === undefined) return hop(path, "passthrough", "unknown", `${cluster} cannot be read`);
  const needed = context.needed(cluster, path.owner, "server");
  const faults = needed.flatMap(({ fault }) => fault ?? []);
  if (faults.length > 0) return hop(path, "passthrough", "broken", faults.join("; "));
  const ours = needed.some(({ desired }) => desired.kind === "Gateway");
  const count = needed.length === 1 ? "1 object" : `${needed.length} objects`;
  return hop(path, "passthrough", "ok", ours ? `${count} in place` : "a Gateway that is not ours passes it through");
}

/** The gateway has a server for the name, with what is asked of clients, and a way to the Service. */
function entranceHop(path: InwardPath, context: ProofContext): Hop {
  const { cluster } = path.server;
  if (context.facts(cluster) === undefined) return hop(path, "entrance", "unknown", `${cluster} cannot be read`);
  const needed = context.needed(cluster, path.owner, "server");
  const faults = needed.flatMap(({ fault }) => fault ?? []);
  if (faults.length > 0) return hop(path, "entrance", "broken", faults.join("; "));
  if (needed.length === 0) return hop(path, "entrance", "unknown", `nothing is known that lets ${path.host} in`);
  const count = needed.length === 1 ? "1 object" : `${needed.length} objects`;
  const secrets = [...new Set(needed.flatMap(({ live }) => credentialsOf(live)))].sort();
  const shown = secrets.length === 0 ? "" : `; shows Secret ${secrets.join(", ")}, which is not read`;
  return hop(path, "entrance", "ok", `${count} in place${shown}`);
}

/** Those of Istio's and of the Gateway API's Gateways, by name. */
function credentialsOf(object: KubeObject | undefined): readonly string[] {
  if (object?.kind !== "Gateway") return [];
  const { servers = [], listeners = [] } = (object as Gateway | ApiGateway).spec as Partial<
    Gateway["spec"] & ApiGateway["spec"]
  >;
  return [
    ...servers.flatMap(({ tls }) => tls?.credentialName ?? []),
    ...listeners.flatMap(({ tls }) => (tls?.certificateRefs ?? []).map(({ name }) => name)),
  ];
}

/** Behind the Service stands a ready workload, for a passthrough gateway with a sidecar, since it forwards to no other. */
function serviceHop(path: AcrossPath | InwardPath, context: ProofContext): Hop {
  const { cluster, namespace, service: name } = path.server;
  const facts = context.facts(cluster);
  if (facts === undefined) return hop(path, "service", "unknown", `${cluster} cannot be read`);
  const service = facts.services.get(`${namespace}/${name}`);
  if (service === undefined) return hop(path, "service", "broken", `Service ${namespace}/${name} is missing`);
  const all = facts.select(namespace, service.spec.selector ?? {});
  if (path.direction === "in") {
    const ready = all.filter((workload) => workload.isReady).length;
    return ready === 0
      ? hop(path, "service", "broken", `none of ${all.length} workloads is ready`)
      : hop(path, "service", "ok", `${ready} of ${all.length} workloads are ready`);
  }
  if (!service.spec.ports?.some(({ port }) => port === path.port)) {
    return hop(path, "service", "broken", `Service ${namespace}/${name} has no port ${path.port}`);
  }
  const { labels } = path.server;
  const workloads = all.filter(
    (workload) => labels === undefined || matchTold(labels, podLabels(facts, workload)) !== false,
  );
  const serving = workloads.filter(({ isReady, isMutualTls }) => isReady && isMutualTls);
  if (serving.length === 0) {
    return hop(path, "service", "broken", `none of ${workloads.length} workloads is ready and has a sidecar`);
  }
  return hop(path, "service", "ok", `${serving.length} of ${workloads.length} workloads are ready and have a sidecar`);
}
