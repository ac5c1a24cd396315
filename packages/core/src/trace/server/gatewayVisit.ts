import type { GatewayPod } from "../../istio/gateway/index.ts";
import type { Attempt } from "../attempt.ts";
import type { TraceBranch } from "../traceResult.ts";
import type { TraceWorld } from "../traceWorld.ts";
import type { Arrival } from "./arrival.ts";

/** A connection at a port of a gateway's pod. */
export interface GatewayVisit extends GatewayPod {
  readonly world: TraceWorld;
  readonly port: number;
  /** Follows what the gateway sends on. */
  readonly forward: (arrival: Arrival, to: Attempt["destination"]) => readonly TraceBranch[];
}
