import { serviceHost } from "../istio/hostNames.ts";
import { isInjected } from "../istio/injection.ts";
import { parseIdentity, spiffeId } from "../istio/spiffeId.ts";
import { isVisible } from "../istio/visibility.ts";
import type { Service } from "../kinds/core.ts";
import type { DestinationRule } from "../kinds/destinationRule.ts";
import type { ServiceEntry, VirtualService, WorkloadEntry } from "../kinds/istio.ts";
import type { KubeObject } from "../kinds/kubeObject.ts";
import type { AcrossPath, OutwardPath } from "../model/compiled.ts";
import type { Hop, HopName, ProofStatus } from "./pathProof.ts";
import type { NeededObject, ProofContext } from "./proofContext.ts";

/** A path that begins at a workload. */
type ConsumerPath = AcrossPath | OutwardPath;

/** The hops of a path in the consuming cluster. */
export function consumerHops(path: ConsumerPath, context: ProofContext): readonly Hop[] {
  const { cluster } = path.consumer;
  const needed = context
    .needed(cluster, path.owner, "consumer")
    .filter(({ desired }) => leadsTo(desired, path, context));
  const hops = [clientHop(path, context), nameHop(path, needed, context)];
  return path.direction === "across" ? [...hops, identityHop(path, needed, context)] : hops;
}

function hop(path: ConsumerPath, name: HopName, status: ProofStatus, detail: string): Hop {
  return { name, cluster: path.consumer.cluster, status, detail };
}

/** Only a sidecar can call across: a pod without one knows neither the name nor mutual TLS. */
function clientHop(path: ConsumerPath, context: ProofContext): Hop {
  const { cluster, namespace } = path.consumer;
  const facts = context.facts(cluster);
  if (facts === undefined) return hop(path, "client", "unknown", `${cluster} cannot be read`);
  const anywhere = namespace === "*";
  const workloads = anywhere
    ? [...facts.namespaces.keys()].flatMap((each) => facts.workloadsIn(each))
    : facts.workloadsIn(namespace);
  const meshed = workloads.filter((workload) => workload.isMutualTls).length;
  const where = anywhere ? "any namespace" : `namespace ${namespace}`;
  if (meshed > 0)
    return hop(path, "client", "ok", `${meshed} of ${workloads.length} workloads in ${where} have a sidecar`);
  if (!anywhere && isInjected(facts.namespaces.get(namespace)) && workloads.length === 0) {
    return hop(path, "client", "ok", `no workload in ${where} yet; what starts there gets a sidecar`);
  }
  return hop(path, "client", anywhere ? "unknown" : "broken", `no workload in ${where} has a sidecar`);
}

/** Whether the caller's sidecar needs the object for this path. */
function leadsTo(object: KubeObject, path: ConsumerPath, context: ProofContext): boolean {
  switch (object.kind) {
    case "ServiceEntry":
      return (object as ServiceEntry).spec.hosts.includes(path.host) && isSeenBy(object as ServiceEntry, path);
    case "VirtualService":
      return (
        (object as VirtualService).spec.hosts?.includes(path.host) === true && isSeenBy(object as VirtualService, path)
      );
    case "DestinationRule":
      return (object as DestinationRule).spec.host === path.host && isSeenBy(object as DestinationRule, path);
    case "Service":
      return path.direction === "across" && isSameName(path, context) && object.metadata.name === path.server.service;
    case "WorkloadEntry":
      return (
        path.direction === "across" && isSameName(path, context) && isGatewayOf(object as WorkloadEntry, path, context)
      );
    default:
      return false;
  }
}

function isSameName({ host, server, consumer }: AcrossPath, context: ProofContext): boolean {
  const facts = context.facts(consumer.cluster);
  return facts !== undefined && host === serviceHost(server.service, server.namespace, facts);
}

function isSeenBy(
  { metadata, spec }: ServiceEntry | DestinationRule | VirtualService,
  { consumer }: ConsumerPath,
): boolean {
  // What we write has `exportTo` always.
  const { exportTo = [] } = spec;
  return (
    consumer.namespace === "*" ||
    isVisible({ exportTo, namespace: metadata.namespace ?? "default" }, consumer.namespace)
  );
}

/** Two clusters' gateways may be behind one address, at different ports. */
function isGatewayOf({ spec }: WorkloadEntry, path: AcrossPath, context: ProofContext): boolean {
  const gateway = context.gateway(path.server.cluster, "eastWestGateway");
  if (gateway === undefined || !("addresses" in gateway)) return false;
  const ports = Object.values(spec.ports ?? {});
  return gateway.addresses.some(({ address, port }) => address === spec.address && ports.includes(port));
}

/** The name resolves, and leads to the serving cluster's gateway. */
function nameHop(path: ConsumerPath, needed: readonly NeededObject[], context: ProofContext): Hop {
  if (context.facts(path.consumer.cluster) === undefined) {
    return hop(path, "name", "unknown", `${path.consumer.cluster} cannot be read`);
  }
  const faults = needed.flatMap(({ fault }) => fault ?? []);
  if (faults.length > 0) return hop(path, "name", "broken", faults.join("; "));
  if (needed.length === 0) return hop(path, "name", "unknown", `nothing is known that leads to ${path.host}`);
  const imported = needed.find(({ live }) => live?.kind === "Service")?.live as Service | undefined;
  const [entry] = needed.flatMap(({ live }) => (live?.kind === "ServiceEntry" ? [live as ServiceEntry] : []));
  const address = imported?.spec.clusterIP ?? entry?.spec.addresses?.[0];
  const count = needed.length === 1 ? "1 object" : `${needed.length} objects`;
  return hop(path, "name", "ok", `${path.host}${address === undefined ? "" : ` is ${address}`}: ${count} in place`);
}

/** The caller accepts who serves, and nobody else: read from what is live, not from what is wanted. */
function identityHop(path: AcrossPath, needed: readonly NeededObject[], context: ProofContext): Hop {
  const live = needed.flatMap((each) => each.live ?? []);
  if (live.length === 0) return hop(path, "identity", "unknown", "no object that pins the server's identity is there");
  const accepted = isSameName(path, context) ? accountsOf(live, path) : subjectAltNames(live, path);
  if (accepted.length === 0) {
    return hop(
      path,
      "identity",
      "broken",
      "no identity is pinned: every workload of the mesh could pass as the server",
    );
  }
  const missing = path.identities.filter((identity) => !accepted.includes(identity));
  const foreign = accepted.filter((identity) => !path.identities.includes(identity));
  if (missing.length > 0) return hop(path, "identity", "broken", `${missing.join(", ")} serves, but is not accepted`);
  if (foreign.length > 0)
    return hop(path, "identity", "broken", `${foreign.join(", ")} is accepted, but does not serve`);
  return hop(path, "identity", "ok", `only ${accepted.join(", ")}`);
}

function subjectAltNames(live: readonly KubeObject[], path: AcrossPath): readonly string[] {
  const names = live.flatMap((object) => {
    if (object.kind !== "DestinationRule") return [];
    const policy = (object as DestinationRule).spec.trafficPolicy;
    const ofPort = policy?.portLevelSettings?.find(({ port }) => port?.number === path.port);
    return (ofPort ?? policy)?.tls?.subjectAltNames ?? [];
  });
  return [...new Set(names)].sort();
}

/** Istio pins the service account of each endpoint. */
function accountsOf(live: readonly KubeObject[], { identities, server }: AcrossPath): readonly string[] {
  const trustDomain = parseIdentity(identities[0] ?? "")?.trustDomain ?? "";
  const accounts = live.flatMap((object) =>
    object.kind === "WorkloadEntry" ? ((object as WorkloadEntry).spec.serviceAccount ?? []) : [],
  );
  return [...new Set(accounts)].sort().map((account) => spiffeId(trustDomain, server.namespace, account));
}
