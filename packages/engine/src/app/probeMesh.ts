import { type AcrossPath, say, usage } from "@isthmus/core";
import type { Probe } from "../probe/probe.ts";
import { type ProbeOptions, probePaths } from "../probe/probePaths.ts";
import { reachOf } from "../target/reachOf.ts";
import type { PlannedMesh } from "./planMesh.ts";
import { isPathIn, type ScopeWords, scopeOf } from "./scope.ts";

export interface ProbeMeshOptions extends Omit<ProbeOptions, "intents" | "observed" | "reach"> {
  /** Only paths to these; all unless set. */
  readonly scope?: ScopeWords;
  /** Told once, how many paths will be tried. */
  readonly onStart?: (paths: number) => void;
}

/** Tries the declared paths between clusters on the wire, and what must be refused. Throws USAGE where no path leads to a service. */
export function probeMesh(
  mesh: PlannedMesh,
  { scope, onStart, ...options }: ProbeMeshOptions,
): Promise<readonly Probe[]> {
  const { intents, observed, targets } = mesh;
  const paths = probedPaths(mesh, scope);
  onStart?.(paths.length);
  return probePaths(paths, { ...options, intents, observed, reach: reachOf(targets) });
}

/** The paths that a probe of these tries. Throws USAGE where none leads to them. */
export function probedPaths(mesh: PlannedMesh, words: ScopeWords = {}): readonly AcrossPath[] {
  const scope = scopeOf(mesh, words);
  const paths = mesh.compiled.paths.filter(
    (path): path is AcrossPath => path.direction === "across" && isPathIn(scope, path),
  );
  const { services = [] } = words;
  if (paths.length === 0 && services.length > 0) {
    throw usage(
      say`no path between clusters leads to ${{ services }}`,
      "Name a shared service as httpbin.bar, or a host as httpbin.bar.cluster2; isthmus status lists them.",
    );
  }
  return paths;
}
