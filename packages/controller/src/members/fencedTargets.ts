import { MeshError, say } from "@isthmus/core";
import type { Target } from "@isthmus/engine";

/** The same targets, that write only while we may: a process that was frozen finds out before its next write. */
export function fencedTargets(
  targets: ReadonlyMap<string, Target>,
  mayWrite: () => boolean,
): ReadonlyMap<string, Target> {
  return new Map([...targets].map(([name, target]) => [name, fenced(target, mayWrite)]));
}

function fenced(target: Target, mayWrite: () => boolean): Target {
  const { cluster, source, reach } = target;
  return {
    cluster,
    source,
    ...(reach !== undefined && { reach }),
    observe: (options) => target.observe(options),
    write: async (action, options) => {
      if (!mayWrite()) throw leaseLost(cluster);
      await target.write(action, options);
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
