import type { IstioCluster } from "../../istio/istioCluster.ts";
import type { Intents } from "../../model/intents.ts";
import type { Observed } from "../../model/observed/observed.ts";
import type { Report } from "./report.ts";

/** What a declaration is resolved against. */
export interface Surroundings {
  readonly intents: Intents;
  readonly observed: Observed;
  readonly facts: ReadonlyMap<string, IstioCluster>;
  readonly report: Report;
}

/** What declarations are compiled against. */
export type CompileWorld = Omit<Surroundings, "report">;
