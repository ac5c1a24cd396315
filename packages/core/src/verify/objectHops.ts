import { isVisible } from "../istio/index.ts";
import {
  clusterSetDomain,
  type DestinationRule,
  type KubeObject,
  type ServiceEntry,
  type Side,
  type VirtualService,
  type WorkloadEntry,
} from "../kinds/index.ts";
import type { AcrossPath, DeclaredPath, ExternalServicePath } from "../model/index.ts";
import type { Hop } from "./pathProof.ts";
import type { ProofContext } from "./proofContext.ts";

/** Where objects of a path are, and on which side. */
interface Place {
  readonly cluster: string;
  readonly side: Side;
}

/** A hop for each cluster that holds objects of the path: whether they are there as a plan would leave them. */
export function objectHops(path: DeclaredPath, context: ProofContext): readonly Hop[] {
  return placesOf(path).flatMap((place) => objectHop(path, place, context));
}

function placesOf(path: DeclaredPath): readonly Place[] {
  switch (path.direction) {
    case "across":
      return [
        { cluster: path.consumer.cluster, side: "consumer" },
        { cluster: path.server.cluster, side: "server" },
      ];
    case "out":
      return [
        { cluster: path.consumer.cluster, side: "consumer" },
        ...(path.via === undefined ? [] : [{ cluster: path.via, side: "server" as const }]),
      ];
    case "in":
      return [{ cluster: path.server.cluster, side: "server" }];
  }
}

function objectHop(path: DeclaredPath, { cluster, side }: Place, context: ProofContext): readonly Hop[] {
  const hop = { name: "objects", cluster } as const;
  if (!context.isRead(cluster)) return [{ ...hop, status: "unknown", detail: `${cluster} cannot be read` }];
  const all = context.needed(cluster, path.owner, side);
  const needed =
    path.direction === "in" || side === "server" ? all : all.filter(({ desired }) => leadsTo(desired, path, context));
  // A Gateway of the user's may pass a service through as it is.
  if (needed.length === 0) return [];
  const faults = needed.flatMap(({ fault }) => fault ?? []);
  if (faults.length > 0) return [{ ...hop, status: "broken", detail: `${faults.join("; ")}; see isthmus plan` }];
  return [{ ...hop, status: "ok", detail: needed.length === 1 ? "1, as planned" : `${needed.length}, as planned` }];
}

/** Whether an object of the owner's is one that this path needs. */
function leadsTo(object: KubeObject, path: AcrossPath | ExternalServicePath, context: ProofContext): boolean {
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
      return path.direction === "across" && isSameName(path) && object.metadata.name === path.server.service;
    case "WorkloadEntry":
      return path.direction === "across" && isSameName(path) && isGatewayOf(object as WorkloadEntry, path, context);
    default:
      return false;
  }
}

function isSameName({ host, server }: AcrossPath): boolean {
  return host.startsWith(`${server.service}.${server.namespace}.svc.`) && !host.endsWith(`.svc.${clusterSetDomain}`);
}

function isSeenBy(
  { metadata: { namespace = "default" }, spec: { exportTo = [] } }: ServiceEntry | DestinationRule | VirtualService,
  { consumer }: AcrossPath | ExternalServicePath,
): boolean {
  if (consumer.namespace === "*" || exportTo.length === 0) return true;
  return isVisible({ exportTo, namespace }, consumer.namespace);
}

/** Two clusters' gateways may be behind one address, at different ports. */
function isGatewayOf({ spec }: WorkloadEntry, path: AcrossPath, context: ProofContext): boolean {
  const ports = Object.values(spec.ports ?? {});
  return context
    .gatewayAddresses(path.server.cluster)
    .some(({ address, port }) => address === spec.address && ports.includes(port));
}
