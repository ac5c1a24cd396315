import type { IstioCluster, Payload, Workload } from "../../istio/index.ts";
import { isIp, type NamedAddress } from "../../istio/registry/index.ts";
import type { ClientStep, Destination } from "../attempt.ts";
import type { WorkloadRequest } from "../traceRequest.ts";
import type { TraceHop, TraceOutcome } from "../traceResult.ts";
import type { TraceWorld } from "../traceWorld.ts";

/** What is known of the request at one of its stations. */
export interface Walk {
  readonly cluster: IstioCluster;
  /** All that could be read. */
  readonly clusters: TraceWorld["clusters"];
  readonly caller: Workload;
  readonly request: WorkloadRequest;
  readonly payload: Payload;
  readonly hops: readonly TraceHop[];
  readonly probability: number;
  /** As of TraceWorld. */
  readonly spreads: boolean;
}

export function ended(walk: Walk, hop: TraceHop, outcome: TraceOutcome): ClientStep {
  return { kind: "ended", probability: walk.probability, hops: [...walk.hops, hop], outcome };
}

export function showAddress({ address, workload }: NamedAddress): string {
  if (workload !== undefined) return `pod ${workload.name}`;
  if (address.startsWith("auto-ip:")) return "a virtual address of Istio's";
  return address.startsWith("cluster-ip:") ? "a ClusterIP" : address;
}

export function destinationOf({ address, workload }: NamedAddress, port: number): Destination {
  if (workload !== undefined) return { kind: "pod", workload, port };
  return { kind: "address", address, port, isHostname: !isIp(address) };
}

export function showTarget({
  host,
  port,
  subset,
}: {
  readonly host: string;
  readonly port: number;
  readonly subset: string | undefined;
}): string {
  return `${host}:${port}${subset === undefined ? "" : `, subset ${subset}`}`;
}
