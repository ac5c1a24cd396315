import type { AcrossPath } from "@isthmus/core";
import type { ProofStatus } from "@isthmus/core/verify";
import type { ProbeContainer } from "./provideContainer.ts";

/**
 * What is tried: `call` what a consumer does, from here or (`call from pod`) from its own pod; the others what must be refused:
 * a caller without a certificate, with one of another authority, for a name that is not shared, and without TLS.
 */
export const probeKinds = [
  "call",
  "call from pod",
  "no certificate",
  "foreign authority",
  "foreign name",
  "plain text",
] as const;
export type ProbeKind = (typeof probeKinds)[number];

/** Percentiles in milliseconds. */
export interface Latency {
  readonly calls: number;
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
}

/** One thing tried on the wire, and what came of it. */
export interface Probe {
  readonly kind: ProbeKind;
  readonly path: AcrossPath;
  /** Where: `192.0.2.1:32001`, or the pod that called. */
  readonly at: string;
  /** In whose name, where in anybody's. */
  readonly identity?: string;
  /** `unknown` where it could not be tried from here. */
  readonly status: ProofStatus;
  readonly detail: string;
  readonly latency?: Latency;
  /** The ephemeral container that called, where the app's own could not. */
  readonly container?: ProbeContainer;
}

/** Nearest-rank percentiles of what calls took. */
export function latencyOf(milliseconds: readonly number[]): Latency {
  const sorted = milliseconds.toSorted((a, b) => a - b);
  const rank = (share: number) => sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0;
  return { calls: sorted.length, p50: rank(0.5), p90: rank(0.9), p99: rank(0.99) };
}
