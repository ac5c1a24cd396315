import { say } from "../../findings/index.ts";
import { fingerprintsOf, virtualAddress, workloadObject } from "../../istio/index.ts";
import { isIp, type MeshService, type NamedAddress, nodeLocalField } from "../../istio/registry/index.ts";
import { clusterObject, showClusterObject } from "../../kinds/index.ts";
import type { Attempt, ClientStep, Destination } from "../attempt.ts";
import { broken, passed, unsure } from "../hop.ts";
import type { TraceHop, TraceOutcome } from "../traceResult.ts";
import { failure, showDestination } from "../upstream/openUpstream.ts";
import { throughKubeProxy } from "./throughKubeProxy.ts";
import { ended, showAddress, type Walk } from "./walk.ts";

/** Straight to the address, through kube-proxy where that is a Service's. */
export function direct(walk: Walk, address: NamedAddress, proxied: Attempt["proxied"]): readonly ClientStep[] {
  const { cluster, request, caller, payload } = walk;
  const { port } = request.url;
  const attempt = (destination: Destination, share: number, more: readonly TraceHop[]): Attempt => ({
    kind: "attempt",
    probability: walk.probability * share,
    pick: `${cluster.name} ${caller.namespace}/${caller.name} ${showAddress(address)}:${port}`,
    hosts: 1,
    retries: undefined,
    proxied,
    caller: { workload: caller, trustRoots: fingerprintsOf(cluster) },
    destination,
    transport: { mode: "none" },
    payload,
    hops: [...walk.hops, ...more],
  });
  if (address.workload !== undefined) return [attempt({ kind: "pod", workload: address.workload, port }, 1, [])];
  const found = throughKubeProxy(cluster, { caller, address: address.address, port });
  if (found.kind === "not a service") {
    const virtual = virtualAddress(cluster, address.address);
    if (virtual !== undefined) return [nothingThere(walk, virtual, { address, proxied })];
    const isHostname = !isIp(address.address);
    return [attempt({ kind: "address", address: address.address, port, isHostname }, 1, [])];
  }
  const object = clusterObject(cluster.name, found.service.object);
  const source = "https://kubernetes.io/docs/reference/networking/virtual-ips/";
  if (found.kind === "pods") {
    const share = 1 / found.destinations.length;
    return found.destinations.map((destination) => {
      const detail = `${showClusterObject(object)} leads to ${showDestination(destination)}`;
      return attempt(destination, share, [
        passed({ name: "endpoints", cluster: cluster.name, object, detail, source }),
      ]);
    });
  }
  if (found.kind === "other nodes") return [otherNodes(walk, found, proxied)];
  const isPort = found.kind === "no port";
  const hop = broken({
    name: "endpoints",
    cluster: cluster.name,
    object,
    field: isPort ? "spec.ports" : "spec.selector",
    code: isPort ? "TRACE_PORT_UNDECLARED" : "TRACE_NO_ENDPOINTS",
    detail: isPort ? say`${{ object }} has no port ${{ port }}` : say`${{ object }} selects no ready pod`,
    fix: isPort
      ? say`Call one of its ports ${{ ports: found.service.ports.map(({ number }) => number) }}, or add ${{ port }}.`
      : say`Start pods that ${{ object }} selects, or correct its selector.`,
    source,
  });
  return [ended(walk, hop, unreachable(proxied, isPort))];
}

/** kube-proxy drops what a Service for the pods of a node has no pod for there. */
function otherNodes(
  walk: Walk,
  { service, isTold }: { readonly service: MeshService; readonly isTold: boolean },
  proxied: Attempt["proxied"],
): ClientStep {
  const { cluster, caller } = walk;
  const object = clusterObject(cluster.name, service.object);
  const base = {
    name: "endpoints",
    cluster: cluster.name,
    object,
    field: nodeLocalField,
    source: "https://kubernetes.io/docs/concepts/services-networking/service-traffic-policy/",
  } as const;
  const only = `${showClusterObject(object)} is for pods of the caller's own node (internalTrafficPolicy Local)`;
  if (!isTold) {
    const why = `${only}, and which node ${caller.name} or its endpoints are on is not known`;
    return ended(walk, unsure({ ...base, detail: why }), { kind: "unknown", why });
  }
  const hop = broken({
    ...base,
    code: "TRACE_NO_ENDPOINTS",
    detail: say`${{ only }}, and has none on that of ${{ caller: caller.name }}`,
    fix: `Set internalTrafficPolicy: Cluster, or run its pods on every node that calls.`,
  });
  return ended(walk, hop, unreachable(proxied, true));
}

/** A virtual address leads on from a listener of a sidecar, and from nowhere else. */
function nothingThere(
  walk: Walk,
  virtual: string,
  { address, proxied }: { readonly address: NamedAddress; readonly proxied: Attempt["proxied"] },
): ClientStep {
  const { cluster, caller, request } = walk;
  const where = `${showAddress(address)}:${request.url.port}`;
  const isPlain = caller.proxy !== "sidecar";
  const hop = broken({
    name: "connection",
    cluster: cluster.name,
    object: workloadObject(caller),
    code: "TRACE_NOTHING_LISTENS",
    detail: say`${where} is ${{ virtual }}, ${isPlain ? `which only a sidecar leads on from, and ${caller.name} has none` : "and no listener of the sidecar takes the call"}`,
    fix: isPlain
      ? say`Give ${{ caller: caller.name }} a sidecar, or call an address that something has.`
      : say`Call a port that is declared for the address, or declare ${{ port: request.url.port }} there.`,
    source: "pilot/pkg/serviceregistry/serviceentry/auto_allocation.go",
  });
  return ended(walk, hop, unreachable(proxied, true));
}

/** A connection that nobody takes: refused at once where kube-proxy knows that there are no pods, else silence. */
function unreachable(proxied: Attempt["proxied"], isSilent: boolean): TraceOutcome {
  if (proxied !== "no") return failure(proxied, "UF");
  return isSilent ? { kind: "timeout" } : { kind: "reset" };
}
