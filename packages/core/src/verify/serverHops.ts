import { labelsMatch } from "../facts/workloads.ts";
import type { DeclaredPath } from "../model/compiled.ts";
import type { Hop, HopName, ProofStatus } from "./pathProof.ts";
import type { ProofContext } from "./proofContext.ts";

/** The hops of a path in the serving cluster. */
export function serverHops(path: DeclaredPath, context: ProofContext): readonly Hop[] {
  return [gatewayHop(path, context), passthroughHop(path, context), serviceHop(path, context)];
}

function hop(path: DeclaredPath, name: HopName, status: ProofStatus, detail: string): Hop {
  return { name, cluster: path.server.cluster, status, detail };
}

/** Its Service has an address, and where pods can be seen, one of them is ready. */
function gatewayHop(path: DeclaredPath, context: ProofContext): Hop {
  const { cluster } = path.server;
  const [facts, declared, gateway] = [context.facts(cluster), context.declared(cluster), context.gateway(cluster)];
  if (facts === undefined || declared === undefined || gateway === undefined) {
    return hop(path, "gateway", "unknown", `${cluster} cannot be read`);
  }
  if ("fault" in gateway) {
    const service = gateway.service === undefined ? "" : ` (Service ${gateway.service})`;
    return hop(path, "gateway", "broken", `the east-west gateway has ${gateway.fault}${service}`);
  }
  const { namespace, selector } = declared.spec.eastWestGateway;
  const pods = facts.workloads.select(namespace, selector);
  const addresses = gateway.addresses.map(({ address, port }) => `${address}:${port}`).join(", ");
  if (pods.length > 0 && !pods.some(({ ready }) => ready)) {
    return hop(path, "gateway", "broken", `none of ${pods.length} gateway pods is ready (${addresses})`);
  }
  const state = pods.length === 0 ? "its pods are not seen" : `${pods.filter(({ ready }) => ready).length} ready`;
  return hop(path, "gateway", "ok", `${addresses}; ${state}`);
}

/** The gateway forwards the name. Without a Gateway of ours, one of the user's does: the compiler has looked. */
function passthroughHop(path: DeclaredPath, context: ProofContext): Hop {
  const { cluster } = path.server;
  if (context.facts(cluster) === undefined) return hop(path, "passthrough", "unknown", `${cluster} cannot be read`);
  const needed = context.needed(cluster, path.owner, "server");
  const faults = needed.flatMap(({ fault }) => fault ?? []);
  if (faults.length > 0) return hop(path, "passthrough", "broken", faults.join("; "));
  const ours = needed.some(({ desired }) => desired.kind === "Gateway");
  const count = needed.length === 1 ? "1 object" : `${needed.length} objects`;
  return hop(path, "passthrough", "ok", ours ? `${count} in place` : "a Gateway that is not ours passes it through");
}

/** Behind the Service stands a ready workload with a sidecar, since a passthrough gateway forwards to no other. */
function serviceHop(path: DeclaredPath, context: ProofContext): Hop {
  const { cluster, namespace, service: name, labels } = path.server;
  const facts = context.facts(cluster);
  if (facts === undefined) return hop(path, "service", "unknown", `${cluster} cannot be read`);
  const service = facts.services.get(`${namespace}/${name}`);
  if (service === undefined) return hop(path, "service", "broken", `Service ${namespace}/${name} is missing`);
  if (!service.spec.ports?.some(({ port }) => port === path.port)) {
    return hop(path, "service", "broken", `Service ${namespace}/${name} has no port ${path.port}`);
  }
  const workloads = facts.workloads
    .select(namespace, service.spec.selector ?? {})
    .filter((workload) => labels === undefined || labelsMatch(labels, workload.labels));
  const serving = workloads.filter(({ ready, meshed }) => ready && meshed);
  if (serving.length === 0) {
    return hop(path, "service", "broken", `none of ${workloads.length} workloads is ready and has a sidecar`);
  }
  return hop(path, "service", "ok", `${serving.length} of ${workloads.length} workloads are ready and have a sidecar`);
}
