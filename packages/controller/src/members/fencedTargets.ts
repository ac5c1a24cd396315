import { MeshError, say } from "@isthmus/core";
import type { Target } from "@isthmus/engine";
import { withDeadline } from "@isthmus/kube";

/**
 * The same targets, that write only while we may: a process that was frozen finds out before its next write, and one whose server
 * does not answer gives up in time. `left`: milliseconds that we may still write, none or less where we may not.
 */
export function fencedTargets(targets: ReadonlyMap<string, Target>, left: () => number): ReadonlyMap<string, Target> {
  return new Map([...targets].map(([name, target]) => [name, fenced(target, left)]));
}

function fenced(target: Target, left: () => number): Target {
  const { cluster, source, reach } = target;
  return {
    cluster,
    source,
    ...(reach !== undefined && { reach }),
    observe: (options) => target.observe(options),
    write: async (action, options) => {
      const most = left();
      if (most <= 0) throw leaseLost(cluster);
      const work = (signal: AbortSignal) => target.write(action, { ...options, signal });
      await withDeadline(most, options?.signal, work, () => leaseLost(cluster));
    },
    ...(target.proxySends && { proxySends: target.proxySends.bind(target) }),
    ...(target.lastWriter && { lastWriter: target.lastWriter.bind(target) }),
    close: () => target.close(),
  };
}

function leaseLost(cluster: string): MeshError {
  return new MeshError({
    code: "LEASE_LOST",
    at: { cluster },
    message: say`this controller does not hold the Lease any more, so that it writes nothing`,
    hint: "The one that holds it does the work.",
  });
}
