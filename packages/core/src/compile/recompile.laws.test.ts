import { afterStep, type RandomMesh, randomMesh, randomSteps, surroundedMesh } from "@isthmus/testkit";
import fc from "fast-check";
import { expect, test } from "vitest";
import type { Compiled, Observed } from "../model/index.ts";
import { applyChanges } from "../world/index.ts";
import { compile } from "./compile.ts";
import { recompile } from "./recompile.ts";

/** Also with exports, Gateway API objects and rules for callers, which read across declarations. */
const anyMesh: fc.Arbitrary<RandomMesh> = fc
  .tuple(fc.oneof(randomMesh, surroundedMesh), fc.boolean(), fc.boolean(), fc.boolean())
  .map(([{ intents, observed }, hasExports, isGatewayApi, isStrict]) => {
    const { spec } = intents.mesh;
    const mesh = {
      ...intents.mesh,
      spec: {
        ...spec,
        ...(hasExports ? { mcs: {} } : {}),
        ...(isGatewayApi ? { emit: "GatewayApi" as const } : {}),
        ...(isStrict ? { access: { ...spec.access, localCallers: "Consumers" as const } } : {}),
      },
    };
    return { intents: { ...intents, mesh }, observed: hasExports ? withExports(observed) : observed };
  });

/** Of every second Service of the users'. */
function withExports(observed: Observed): Observed {
  const exports = [...observed.clusters].flatMap(([cluster, { objects }]) =>
    objects
      .filter(({ kind, metadata }) => kind === "Service" && metadata.namespace !== "istio-system")
      .filter((_, index) => index % 2 === 0)
      .map(({ metadata: { name, namespace = "" } }) => {
        const metadata = { name, namespace, creationTimestamp: "2026-01-01T00:00:00Z" };
        const object = { apiVersion: "multicluster.x-k8s.io/v1alpha1", kind: "ServiceExport", metadata };
        return { cluster, object, isGone: false };
      }),
  );
  return applyChanges(observed, exports);
}

test("law 11: after any changes the step is the whole, byte for byte", () => {
  fc.assert(
    fc.property(anyMesh, randomSteps, (first, steps) => {
      let mesh = { ...first, first };
      let state = recompile(undefined, mesh.intents, mesh.observed);
      for (const step of steps) {
        mesh = afterStep(mesh, step, state.compiled.desired);
        state = recompile(state, mesh.intents, mesh.observed);

        expect(written(state.compiled)).toBe(written(compile(mesh.intents, mesh.observed)));
      }
    }),
    { numRuns: Number(process.env.LAW_RUNS ?? 40), endOnFailure: true },
  );
});

function written({ desired, held, unproven, ...others }: Compiled): string {
  const keys = [...(unproven ?? [])].map(([cluster, objects]) => [cluster, [...objects]]);
  return JSON.stringify([[...desired], [...held], keys, others]);
}
