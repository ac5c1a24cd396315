import type { KubeObject } from "../../kinds/index.ts";
import type { DeclaredPath, Mesh } from "../../model/index.ts";
import type { CompileContext } from "./compileContext.ts";
import { Report, type Told } from "./report.ts";

export interface PlacedObject {
  readonly cluster: string;
  readonly object: KubeObject;
}

/** What a part of compile gives: values only. */
export interface Output extends Told {
  readonly objects: readonly PlacedObject[];
  readonly paths: readonly DeclaredPath[];
}

/** Runs a part of compile with a context of its own, so that what it writes is a value. */
export function collect<T>(mesh: Mesh, work: (context: CompileContext) => T): readonly [T, Output] {
  const report = new Report();
  const objects: PlacedObject[] = [];
  const paths: DeclaredPath[] = [];
  const value = work({
    mesh,
    report,
    emit: (cluster, ...written) => objects.push(...written.map((object) => ({ cluster, object }))),
    declare: (path) => paths.push(path),
  });
  return [value, { objects, paths, problems: report.problems, held: report.held }];
}
