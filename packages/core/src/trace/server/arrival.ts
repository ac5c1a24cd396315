import type { Words } from "../../findings/index.ts";
import type { Payload, Transport, Workload } from "../../istio/index.ts";
import type { ClusterObject, KubeObject } from "../../kinds/index.ts";
import type { Assumption } from "../assumption.ts";
import type { Attempt } from "../attempt.ts";
import { broken as brokenHop } from "../hop.ts";
import type {
  OtherObject,
  PassedHop,
  TraceBranch,
  TraceCode,
  TraceHop,
  TraceHopName,
  TraceOutcome,
} from "../traceResult.ts";

/** A connection as a port of a gateway's pod took it. */
export interface Passage {
  readonly workload: Workload;
  readonly port: number;
  readonly sni: string;
  readonly payload: Payload;
}

/** A connection on its way to a server: what is left to find out is what takes it, and whether. */
export interface Arrival {
  readonly attempt: Attempt;
  readonly probability: number;
  readonly hops: readonly TraceHop[];
  readonly transport: Transport;
  readonly payload: Payload;
  /** The workload that opened this connection: the caller, or the last gateway on the way; undefined: outside of all clusters. */
  readonly from: Workload | undefined;
  /** The address that the server sees; undefined where translation hides it. */
  readonly sourceAddress: string | undefined;
  /** The gateways that it came through: it must not come back. */
  readonly through: readonly Passage[];
}

interface HopText extends Pick<PassedHop, "wire" | "identities" | "limits"> {
  readonly name: TraceHopName;
  /** Absent outside of the clusters. */
  readonly cluster?: string;
  readonly object?: ClusterObject;
  readonly field?: string;
  readonly assumes?: readonly Assumption[];
  readonly detail: string;
  readonly others?: readonly OtherObject[];
  readonly source: string;
}

export function passed(
  arrival: Arrival,
  hop: HopText & Pick<PassedHop, "code"> & { readonly status?: never },
  status: "ok" | "unknown" = "ok",
): Arrival {
  return withHops(arrival, [...arrival.hops, { status, ...hop }]);
}

/** Written out, as spreading is slow and this is done at each station of thousands of paths. */
function withHops(arrival: Arrival, hops: Arrival["hops"]): Arrival {
  const { attempt, probability, transport, payload, from, sourceAddress, through } = arrival;
  return { attempt, probability, hops, transport, payload, from, sourceAddress, through };
}

/** A connection that a gateway opens in its turn. */
export function sentOn(arrival: Arrival, by: Workload): Arrival {
  return { ...arrival, from: by, sourceAddress: by.address };
}

/** One part of an arrival that may go several ways. */
export function share(arrival: Arrival, part: number): Arrival {
  return { ...arrival, probability: arrival.probability * part };
}

/** What happens from here cannot be told. */
export function untold(arrival: Arrival, hop: PassedHop): readonly TraceBranch[] {
  return ended({ ...arrival, hops: [...arrival.hops, hop] }, { kind: "unknown", why: hop.detail });
}

export function ended({ probability, hops }: Arrival, outcome: TraceOutcome): readonly TraceBranch[] {
  return [{ probability, hops, outcome }];
}

interface Fault extends Omit<HopText, "detail"> {
  readonly detail: Words;
  readonly code: TraceCode;
  readonly fix: Words;
}

export function broken(arrival: Arrival, fault: Fault, outcome: TraceOutcome): readonly TraceBranch[] {
  return ended({ ...arrival, hops: [...arrival.hops, brokenHop(fault)] }, outcome);
}

/**
 * What the caller sees of a connection that fails, with the flags that its own proxy logs: an HTTP proxy answers 503, a TCP proxy or
 * none shows a closed connection. To a TCP proxy a server that closes is not a failure, and one that can't be connected to is the last
 * of `max_connect_attempts` (Envoy, source/common/tcp_proxy/tcp_proxy.cc, establishUpstreamConnection).
 */
export function failedConnection({ attempt }: Arrival, responseFlag: "UF" | "UC" | "UH"): TraceOutcome {
  if (attempt.proxied === "http") return { kind: "refused", status: 503, responseFlag };
  if (attempt.proxied === "no" || responseFlag === "UC") return { kind: "reset" };
  return { kind: "reset", responseFlag: responseFlag === "UF" ? "UF,URX" : responseFlag };
}

/** Nothing answers at all: a proxy gives up after its connect timeout, and a client by itself waits. */
export function silence(arrival: Arrival): TraceOutcome {
  return arrival.attempt.proxied === "no" ? { kind: "timeout" } : failedConnection(arrival, "UF");
}

/** `AuthorizationPolicy bar/httpbin`, for people. */
export function show({ kind, metadata }: KubeObject): string {
  return `${kind} ${metadata.namespace === undefined ? "" : `${metadata.namespace}/`}${metadata.name}`;
}
