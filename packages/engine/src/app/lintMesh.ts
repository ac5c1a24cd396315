import type { Problem } from "@isthmus/core";
import { type Lint, lint } from "@isthmus/core/lint";
import { traceWorld } from "@isthmus/core/trace";
import { type ObserveOptions, observe } from "../observe/observe.ts";
import type { DeclaredMesh } from "./planMesh.ts";

export interface MeshLint {
  readonly lint: Lint;
  /** What could not be read. */
  readonly problems: readonly Problem[];
}

/** Reads the clusters, and looks for objects of Istio that have no effect. Writes nothing. */
export async function lintMesh({ intents, targets }: DeclaredMesh, options: ObserveOptions): Promise<MeshLint> {
  const { observed, problems } = await observe(targets, options);
  return { lint: lint(traceWorld(observed, intents).clusters), problems };
}
