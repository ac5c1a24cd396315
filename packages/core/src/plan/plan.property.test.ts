import { clusterObjects, mergeApply } from "@isthmus/testkit";
import fc from "fast-check";
import { expect, test } from "vitest";
import { say } from "../findings/index.ts";
import type { KubeObject } from "../kinds/index.ts";
import type { Compiled, Observed, ObservedCluster } from "../model/index.ts";
import { makeProblem } from "../problem.ts";
import { plan } from "./plan.ts";

type Clusters = readonly (readonly [string, readonly KubeObject[]])[];

function observed(clusters: Clusters, unreachable: readonly string[]): Observed {
  const seen = clusters.filter(([name]) => !unreachable.includes(name));
  const problem = makeProblem({ code: "CLUSTER_UNREACHABLE", at: {}, message: say``, hint: "" });
  return {
    clusters: new Map(
      seen.map(([name, objects]): [string, ObservedCluster] => [
        name,
        { name, source: "live", objects, istiodVersions: [], trustRoots: [] },
      ]),
    ),
    unreachable: new Map(unreachable.map((name) => [name, problem])),
  };
}

function compiled(clusters: Clusters, held: readonly string[]): Compiled {
  return { desired: new Map(clusters), paths: [], held: new Map(held.map((owner) => [owner, "held"])), problems: [] };
}

/** The same, with all lists in the reverse order. */
const reversed = (clusters: Clusters): Clusters =>
  clusters.map(([name, objects]) => [name, objects.toReversed()] as const).toReversed();

const world = fc.record({
  desired: clusterObjects().map((clusters): Clusters => [...clusters]),
  live: clusterObjects().map(
    (clusters): Clusters =>
      [...clusters].map(([name, objects]) => [name, objects.map((object) => mergeApply(object, undefined))]),
  ),
  unreachable: fc.subarray(["c1", "c2", "c3"]),
  held: fc.subarray(["SharedService.n.x", "SharedService.n.y-renamed"]),
});

test("a plan does not depend on the order of anything", () => {
  fc.assert(
    fc.property(world, ({ desired, live, unreachable, held }) => {
      const options = { prune: true, adopt: false };

      const forwards = plan(compiled(desired, held), observed(live, unreachable), options);
      const backwards = plan(
        compiled(reversed(desired), held.toReversed()),
        observed(reversed(live), unreachable.toReversed()),
        options,
      );

      expect(backwards).toEqual(forwards);
    }),
  );
});

test("nothing is written that what cannot be seen or done could break", () => {
  fc.assert(
    fc.property(world, ({ desired, live, unreachable, held }) => {
      const { actions } = plan(compiled(desired, held), observed(live, unreachable), {
        prune: true,
        adopt: false,
      }).plan;

      const writes = actions.filter(({ verb }) => verb !== "noop");
      expect(writes.filter(({ cluster }) => unreachable.includes(cluster))).toEqual([]);
      expect(writes.filter(({ owner, verb }) => held.includes(owner) && verb !== "create")).toEqual([]);
      expect(writes.filter(({ phase }) => phase === 4 && unreachable.length > 0)).toEqual([]);
    }),
  );
});
