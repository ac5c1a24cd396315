import { afterStep, type RandomMesh, randomMesh, randomSteps, type SteppedMesh } from "@isthmus/testkit";
import fc from "fast-check";
import { expect, test } from "vitest";
import { compile } from "../compile/index.ts";
import { type Action, afterPlan, leftOut, narrowPlan, type Plan, type PlanScope, plan } from "../plan/index.ts";
import { pathEffects } from "./pathEffects.ts";

/** A mesh that was applied, and to which something happened since, or for which something else is declared now. */
const changedMesh: fc.Arbitrary<RandomMesh> = fc
  .tuple(randomMesh, randomMesh, randomSteps, fc.boolean())
  .map(([first, other, steps, isDeclaredAnew]) => {
    const { intents, observed } = first;
    const applied = { intents, observed: afterPlan(observed, wholePlan(first).whole) };
    if (isDeclaredAnew) return { ...applied, intents: other.intents };
    return steps.reduce<SteppedMesh>(
      (mesh, step) => afterStep(mesh, step, compile(mesh.intents, mesh.observed).desired),
      { ...applied, first },
    );
  });

function wholePlan({ intents, observed }: RandomMesh) {
  const compiled = compile(intents, observed);
  return { compiled, whole: plan(compiled, observed, { prune: true, adopt: false }).plan };
}

/** Some of the owners, some of the clusters, or both. */
const choice = fc.record({
  owners: fc.nat(255),
  clusters: fc.nat(15),
  by: fc.constantFrom("owners", "clusters", "both"),
});

function scopeIn(
  { actions }: Plan,
  { owners, clusters, by }: { owners: number; clusters: number; by: string },
): PlanScope {
  const some = (all: readonly string[], bits: number) =>
    new Set([...new Set(all)].filter((_, index) => (bits >> (index % 8)) % 2 === 1));
  return {
    ...(by === "clusters"
      ? {}
      : {
          owners: some(
            actions.map(({ owner }) => owner),
            owners,
          ),
        }),
    ...(by === "owners"
      ? {}
      : {
          clusters: some(
            actions.map(({ cluster }) => cluster),
            clusters,
          ),
        }),
  };
}

function writesOf({ actions }: Plan): readonly Action[] {
  return actions.filter(({ verb }) => verb !== "noop");
}

test("a narrowed plan writes some of what the whole plan writes, and of that only what is asked for", () => {
  let narrowed = 0;
  fc.assert(
    fc.property(changedMesh, choice, (mesh, chosen) => {
      const { whole } = wholePlan(mesh);
      const scope = scopeIn(whole, chosen);

      const some = narrowPlan(whole, mesh.observed, scope);

      const writes = writesOf(some);
      expect(writes.filter((write) => !writesOf(whole).includes(write))).toEqual([]);
      const unasked = writes.filter(
        ({ owner, cluster }) => scope.owners?.has(owner) === false || scope.clusters?.has(cluster) === false,
      );
      expect(unasked).toEqual([]);
      expect(some.actions).toHaveLength(whole.actions.length);
      if (writes.length > 0 && writes.length < writesOf(whole).length) narrowed += 1;
    }),
    { numRuns: 25 },
  );
  expect(narrowed).toBeGreaterThan(1);
});

/**
 * A name that passes from one declaration to another goes with the one unless the other comes: of that `apply` tells before it writes,
 * and refuses (PATH_WOULD_BREAK).
 */
test("a narrowed plan breaks no path, and hides none, that the whole plan keeps by what it does not leave out", () => {
  fc.assert(
    fc.property(changedMesh, choice, (mesh, chosen) => {
      const { intents, observed } = mesh;
      const { compiled, whole } = wholePlan(mesh);
      const some = narrowPlan(whole, observed, scopeIn(whole, chosen));
      const effectsOf = (of: Plan) =>
        pathEffects({ intents, paths: compiled.paths, before: observed, after: afterPlan(observed, of) });

      const [kept, left] = [effectsOf(whole), effectsOf(some)];

      const waiting = new Set(leftOut(some).map(({ owner }) => owner));
      const worse = left.filter(
        ({ kind, path }, index) =>
          kept[index]?.kind === "keeps" && (kind === "breaks" || kind === "hides") && !waiting.has(path.owner),
      );
      expect(worse).toEqual([]);
    }),
    { numRuns: Number(process.env.LAW_RUNS ?? 25) },
  );
});
