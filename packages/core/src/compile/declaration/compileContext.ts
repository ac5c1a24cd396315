import type { KubeObject } from "../../kinds/index.ts";
import type { DeclaredPath, Mesh } from "../../model/index.ts";
import type { Report } from "./report.ts";

/** What the parts of compile write to and look up. */
export interface CompileContext {
  readonly mesh: Mesh;
  readonly report: Report;
  emit(cluster: string, ...objects: readonly KubeObject[]): void;
  declare(path: DeclaredPath): void;
}
