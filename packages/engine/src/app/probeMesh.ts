import { type AcrossPath, MeshError } from "@isthmus/core";
import type { Probe } from "../probe/probe.ts";
import { type ProbeOptions, probePaths } from "../probe/probePaths.ts";
import { reachOf } from "../target/reachOf.ts";
import type { PlannedMesh } from "./planMesh.ts";

export interface ProbeMeshOptions extends Omit<ProbeOptions, "intents" | "observed" | "reach"> {
  /** Only paths to these (`httpbin.bar`, or a name under which it is called); all where there are none. */
  readonly services: readonly string[];
  /** Told once, how many paths will be tried. */
  readonly onStart?: (paths: number) => void;
}

/** Tries the declared paths between clusters on the wire, and what must be refused. Throws USAGE where no path leads to a service. */
export function probeMesh(
  mesh: PlannedMesh,
  { services, onStart, ...options }: ProbeMeshOptions,
): Promise<readonly Probe[]> {
  const { intents, observed, targets } = mesh;
  const paths = probedPaths(mesh, services);
  onStart?.(paths.length);
  return probePaths(paths, { ...options, intents, observed, reach: reachOf(targets) });
}

/** The paths that a probe of these services tries. Throws USAGE where no path leads to one. */
export function probedPaths({ compiled }: PlannedMesh, services: readonly string[]): readonly AcrossPath[] {
  const paths = compiled.paths.filter((path): path is AcrossPath => path.direction === "across");
  const isTo = (path: AcrossPath, service: string) =>
    path.host === service || `${path.server.service}.${path.server.namespace}` === service;
  const unknown = services.filter((service) => !paths.some((path) => isTo(path, service)));
  if (unknown.length > 0) {
    throw new MeshError({
      code: "USAGE",
      at: {},
      message: `no path between clusters leads to ${unknown.join(", ")}`,
      hint: "Name a shared service as httpbin.bar, or a host as httpbin.bar.cluster2; isthmus status lists them.",
    });
  }
  return services.length === 0 ? paths : paths.filter((path) => services.some((service) => isTo(path, service)));
}
