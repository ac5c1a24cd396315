import { randomMesh } from "@isthmus/testkit";
import fc from "fast-check";
import { expect, test } from "vitest";
import { compile } from "../compile/index.ts";
import type { KubeObject } from "../kinds/index.ts";
import type { Intents, Observed } from "../model/index.ts";
import { tracePaths } from "../trace/index.ts";
import { statusOfTrace } from "./pathProof.ts";
import { proofOfPaths } from "./proofOfPaths.ts";

/** What somebody does to the n-th of our objects. */
interface Deed {
  readonly pick: number;
  readonly kind: "remove" | "empty" | "address" | "namespace";
}

const deeds = fc.array(
  fc.record({ pick: fc.nat(40), kind: fc.constantFrom<Deed["kind"]>("remove", "empty", "address", "namespace") }),
  { maxLength: 4 },
);

function done(object: KubeObject, kind: Deed["kind"]): readonly KubeObject[] {
  switch (kind) {
    case "remove":
      return [];
    case "empty":
      return [{ ...object, spec: Object.fromEntries(Object.entries(object.spec ?? {}).slice(0, 1)) }];
    case "address":
      return [JSON.parse(JSON.stringify(object).replace(/192\.0\.2\.\d+/g, "203.0.113.1")) as KubeObject];
    case "namespace":
      return [{ ...object, metadata: { ...object.metadata, namespace: "blue" } }];
  }
}

/** What the clusters hold after an apply, and after these deeds. */
function applied(intents: Intents, observed: Observed, changes: readonly Deed[]) {
  const compiled = compile(intents, observed);
  const clusters = [...observed.clusters].map(([name, cluster]) => {
    const ours = compiled.desired.get(name) ?? [];
    const changed = ours.flatMap((object, index) => {
      const deed = changes.find(({ pick }) => pick % Math.max(ours.length, 1) === index);
      return deed === undefined ? [object] : done(object, deed.kind);
    });
    return [name, { ...cluster, objects: [...cluster.objects, ...changed] }] as const;
  });
  return { compiled, observed: { ...observed, clusters: new Map(clusters) } };
}

test("verify and trace say the same of every path of any mesh, and of one that somebody has changed", () => {
  fc.assert(
    fc.property(randomMesh, deeds, ({ intents, observed }, changes) => {
      const after = applied(intents, observed, changes);
      const proofs = proofOfPaths({ intents, ...after });
      const traces = tracePaths({ intents, paths: after.compiled.paths, observed: after.observed });

      expect(proofs.map(({ trace }) => trace)).toEqual(traces.map(({ trace }) => trace));
      for (const { hops, trace, verdict } of proofs) {
        const [before, stations] = [
          hops.filter(({ name }) => name === "declaration" || name === "objects"),
          hops.filter(({ name }) => name !== "declaration" && name !== "objects"),
        ];
        // No station is worse than the call, and no call is worse than all of its stations.
        const isBroken = stations.some(({ status }) => status === "broken");
        if (trace.verdict === "reaches") expect(stations.every(({ status }) => status === "ok")).toBe(true);
        if (trace.verdict === "broken" || trace.verdict === "partly") expect(isBroken).toBe(true);
        if (trace.verdict === "unknown")
          expect(trace.branches.some(({ outcome }) => outcome.kind === "unknown")).toBe(true);
        // The path is as good as the worst of what was said.
        const statuses = [...before.map(({ status }) => status), statusOfTrace(trace.verdict)];
        const worst = statuses.includes("broken") ? "broken" : statuses.includes("unknown") ? "unknown" : "ok";
        expect(verdict).toBe(worst);
      }
    }),
    { numRuns: Number(process.env.LAW_RUNS ?? 90) },
  );
});

test("probabilities of a trace's branches add up to one, of the part that one path sees as well", () => {
  fc.assert(
    fc.property(randomMesh, deeds, ({ intents, observed }, changes) => {
      const { compiled, observed: after } = applied(intents, observed, changes);

      for (const { trace, share } of tracePaths({ intents, paths: compiled.paths, observed: after })) {
        expect(trace.branches.length).toBeGreaterThan(0);
        expect(trace.branches.reduce((sum, { probability }) => sum + probability, 0)).toBeCloseTo(1, 6);
        expect(share).toBeLessThanOrEqual(1 + 1e-9);
      }
    }),
    { numRuns: 60 },
  );
});
