import { pathChanges, reachability } from "@isthmus/core/reachability";
import { traceWorld } from "@isthmus/core/trace";
import { wholeMesh } from "./wholeMesh.ts";

/** Milliseconds. */
interface Taken {
  readonly wall: number;
  readonly cpu: number;
}

export interface PathsMeasured {
  readonly size: number;
  /** Who reaches what. */
  readonly all: Taken;
  /** What the removal of one policy changes of it. */
  readonly changes: Taken;
  /** Resident after both. */
  readonly megabytes: number;
}

/** One cluster with so many workloads and hosts. */
export function measurePaths(size: number): PathsMeasured {
  const observed = wholeMesh(size);
  // As it is read a second time: no object is the same.
  const read = structuredClone(observed);
  const without = new Map(
    [...read.clusters].map(([name, cluster]) => {
      const gone = cluster.objects.find(({ kind }) => kind === "AuthorizationPolicy");
      return [name, { ...cluster, objects: cluster.objects.filter((object) => object !== gone) }] as const;
    }),
  );
  const [changes, found] = timed(() =>
    pathChanges(traceWorld(observed), traceWorld({ ...observed, clusters: without })),
  );
  if (found.length === 0) throw new Error("a policy that goes changes nothing");
  const [all] = timed(() => reachability(traceWorld(observed)));
  return { size, all, changes, megabytes: Math.round(process.memoryUsage().rss / 2 ** 20) };
}

function timed<T>(run: () => T): readonly [taken: Taken, result: T] {
  const [begun, used] = [performance.now(), process.cpuUsage()];
  const result = run();
  const { user, system } = process.cpuUsage(used);
  return [{ wall: performance.now() - begun, cpu: (user + system) / 1000 }, result];
}
