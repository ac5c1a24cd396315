import { recompile } from "@isthmus/core";
import { afterStep, type RandomMesh, randomMesh, randomSteps, surroundedMesh } from "@isthmus/testkit";
import fc from "fast-check";
import { expect, test } from "vitest";
import { retrace, type TraceState } from "./retrace.ts";
import { tracePaths } from "./tracePaths.ts";

const anyMesh: fc.Arbitrary<RandomMesh> = fc.oneof(randomMesh, surroundedMesh);

test("law 11: after any changes the paths that are traced again and those that are kept are the whole, byte for byte", () => {
  fc.assert(
    fc.property(anyMesh, randomSteps, (first, steps) => {
      let mesh = { ...first, first };
      let compiled = recompile(undefined, mesh.intents, mesh.observed);
      let traced: TraceState | undefined;
      for (const step of steps) {
        mesh = afterStep(mesh, step, compiled.compiled.desired);
        compiled = recompile(compiled, mesh.intents, mesh.observed);
        const input = { intents: mesh.intents, paths: compiled.compiled.paths, observed: mesh.observed };
        traced = retrace(traced, input);

        expect(JSON.stringify(traced.traces)).toBe(JSON.stringify(tracePaths(input)));
      }
    }),
    { numRuns: Number(process.env.LAW_RUNS ?? 40), endOnFailure: true },
  );
});
