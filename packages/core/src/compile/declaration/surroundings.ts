import type { IstioCluster } from "../../istio/index.ts";
import type { Intents, Observed } from "../../model/index.ts";
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
