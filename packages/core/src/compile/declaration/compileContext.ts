import type { IstioCluster } from "../../istio/index.ts";
import type { KubeObject } from "../../kinds/index.ts";
import type { DeclaredPath, Intents, Mesh, Observed } from "../../model/index.ts";
import type { Report } from "./report.ts";

/** What the parts of compile write to and look up. */
export interface CompileContext {
  readonly mesh: Mesh;
  readonly report: Report;
  emit(cluster: string, ...objects: readonly KubeObject[]): void;
  declare(path: DeclaredPath): void;
}

/** What a declaration is resolved against. */
export interface Surroundings {
  readonly intents: Intents;
  readonly observed: Observed;
  readonly facts: ReadonlyMap<string, IstioCluster>;
  readonly report: Report;
}

/** What declarations are compiled against. */
export type CompileWorld = Omit<Surroundings, "report">;
