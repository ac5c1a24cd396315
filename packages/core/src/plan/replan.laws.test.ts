import { compile, recompile } from "@isthmus/core";
import { afterStep, randomMesh, randomSteps } from "@isthmus/testkit";
import fc from "fast-check";
import { expect, test } from "vitest";
import { type PlanState, plan, replan } from "./plan.ts";

test("law 11: a plan made from the one before is the whole plan, byte for byte", () => {
  fc.assert(
    fc.property(randomMesh, randomSteps, fc.boolean(), fc.boolean(), (first, steps, prune, adopt) => {
      let mesh = { ...first, first };
      let state = recompile(undefined, mesh.intents, mesh.observed);
      let known: PlanState | undefined;
      for (const step of steps) {
        mesh = afterStep(mesh, step, state.compiled.desired);
        state = recompile(state, mesh.intents, mesh.observed);
        known = replan(known, state.compiled, mesh.observed, { prune, adopt });

        const whole = plan(compile(mesh.intents, mesh.observed), mesh.observed, { prune, adopt });
        expect(JSON.stringify([known.plan, known.problems])).toBe(JSON.stringify([whole.plan, whole.problems]));
      }
    }),
    { numRuns: Number(process.env.LAW_RUNS ?? 40), endOnFailure: true },
  );
});
