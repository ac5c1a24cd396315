import { compile, type Intents, type Observed } from "@isthmus/core";
import { plan, planGroups } from "@isthmus/core/plan";
import { tracePaths } from "@isthmus/core/trace";
import { afterStep, randomMesh, randomSteps } from "@isthmus/testkit";
import fc from "fast-check";
import { expect, test } from "vitest";
import { type KeptMesh, keepingMesh } from "./keepMesh.ts";

const options = { prune: true, adopt: false };

function kept(
  previous: KeptMesh | undefined,
  intents: Intents,
  observed: Observed,
  refused: KeptMesh["world"]["refused"],
) {
  const work = keepingMesh(previous, { intents, observed, refused }, options);
  for (let step = work.next(); ; step = work.next()) if (step.done === true) return step.value;
}

test("what is kept from turn to turn is what a look at the whole would find, whoever is refused", () => {
  fc.assert(
    fc.property(randomMesh, randomSteps, fc.nat(3), (first, steps, which) => {
      let mesh = { ...first, first };
      let known: KeptMesh | undefined;
      for (const step of steps) {
        mesh = afterStep(mesh, step, known?.compiled.desired ?? new Map());
        const { intents, observed } = mesh;
        const compiled = compile(intents, observed);
        const owner = compiled.paths[which]?.owner;
        const refused = new Map(owner === undefined ? [] : [[owner, "it has an error"]]);
        known = kept(known, intents, observed, refused);

        const held = new Map([...compiled.held, ...refused]);
        const whole = plan({ ...compiled, held }, observed, options);
        expect(JSON.stringify(known.plan.plan)).toBe(JSON.stringify(whole.plan));
        expect(JSON.stringify(known.traces.traces)).toBe(
          JSON.stringify(tracePaths({ intents, paths: compiled.paths, observed })),
        );
      }
    }),
    { numRuns: 15, endOnFailure: true },
  );
});

test("the groups of a plan are its writes, each once, and no two have an owner in common", () => {
  fc.assert(
    fc.property(randomMesh, ({ intents, observed }) => {
      const whole = plan(compile(intents, observed), observed, options).plan;
      const groups = planGroups(whole);

      const writes = whole.actions.filter(({ verb }) => verb !== "noop");
      expect(new Set(groups.flatMap((group) => group.plan.actions))).toEqual(new Set(writes));
      expect(groups.flatMap((group) => group.plan.actions)).toHaveLength(writes.length);
      const owners = groups.flatMap((group) => group.owners);
      expect(new Set(owners).size).toBe(owners.length);
    }),
    { numRuns: 30 },
  );
});
