import { pathChanges, reachability } from "@isthmus/core/reachability";
import { traceWorld } from "@isthmus/core/trace";
import { wholeMesh } from "./wholeMesh.ts";

export interface PathsMeasured {
  readonly size: number;
  /** Milliseconds: who reaches what; what the removal of one policy changes of it. */
  readonly all: number;
  readonly changes: number;
  /** Resident after both. */
  readonly megabytes: number;
}

/** One cluster with so many workloads and hosts. */
export function measurePaths(size: number): PathsMeasured {
  const observed = wholeMesh(size);
  const [all] = timed(() => reachability(traceWorld(observed)));
  const without = new Map(
    [...observed.clusters].map(([name, cluster]) => {
      const gone = cluster.objects.find(({ kind }) => kind === "AuthorizationPolicy");
      return [name, { ...cluster, objects: cluster.objects.filter((object) => object !== gone) }] as const;
    }),
  );
  const worlds = [traceWorld(observed), traceWorld({ ...observed, clusters: without })] as const;
  const [changes, found] = timed(() => pathChanges(...worlds));
  if (found.length === 0) throw new Error("a policy that goes changes nothing");
  return { size, all, changes, megabytes: Math.round(process.memoryUsage().rss / 2 ** 20) };
}

function timed<T>(run: () => T): readonly [milliseconds: number, result: T] {
  const begun = performance.now();
  const result = run();
  return [performance.now() - begun, result];
}
