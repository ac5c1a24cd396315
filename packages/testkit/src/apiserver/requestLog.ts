import type { Verb } from "./apiCall.ts";

export interface RequestEntry {
  readonly method: string;
  /** With its query. */
  readonly path: string;
  readonly userAgent: string;
  /** Absent for what is not a resource, `/version`. */
  readonly verb?: Verb;
  /** `services`, `gateways.networking.istio.io`. */
  readonly resource?: string;
  readonly namespace?: string;
  readonly name?: string;
  readonly dryRun: boolean;
  /** Counts the tries to write from 1 on, dry runs left out; 0 for what does not write. */
  readonly write: number;
  /** Which connection it came on: equal for requests that shared one. */
  readonly connection: number;
}
