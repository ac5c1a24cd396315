import type { KubeObject } from "../../kinds/kubeObject.ts";
import type { DeclaredPath } from "../../model/compiled.ts";
import type { Mesh } from "../../model/mesh/mesh.ts";
import type { Report } from "./report.ts";

/** What the parts of compile write to and look up. */
export interface CompileContext {
  readonly mesh: Mesh;
  readonly report: Report;
  emit(cluster: string, ...objects: readonly KubeObject[]): void;
  declare(path: DeclaredPath): void;
}
