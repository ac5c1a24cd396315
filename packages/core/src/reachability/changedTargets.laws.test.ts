import { type RandomMesh, randomMesh, randomPolicy, randomRouting, surroundedMesh } from "@isthmus/testkit";
import fc from "fast-check";
import { expect, test } from "vitest";
import { compile } from "../compile/index.ts";
import { type KubeObject, keyOf, refOf } from "../kinds/index.ts";
import { afterPlan, plan } from "../plan/index.ts";
import { type TraceWorld, traceWorld } from "../trace/index.ts";
import { changedTargets } from "./changedTargets.ts";
import { pathChanges } from "./pathChanges.ts";
import { reachability } from "./reachability.ts";

/** `npm run laws` draws 1,000 pairs. */
const runs = Math.ceil(Number(process.env.LAW_RUNS ?? 100) / 5);

/** What asks for the Host header has everything compared, so that nothing else is tried. */
const isOfHost = (object: KubeObject) => /headers\[host\]|"headers":\{"host"/.test(JSON.stringify(object.spec));
const routing = randomRouting.filter((object) => !isOfHost(object));
const policy = randomPolicy.filter((object) => !isOfHost(object));
const anyConfiguration = fc.tuple(fc.array(randomRouting, { maxLength: 4 }), fc.array(randomPolicy, { maxLength: 4 }));
const narrowed = fc.tuple(fc.array(routing, { maxLength: 4 }), fc.array(policy, { maxLength: 2 }));
const configuration = fc.oneof({ weight: 1, arbitrary: anyConfiguration }, { weight: 3, arbitrary: narrowed });
const isRoute = ({ kind }: KubeObject) => kind === "VirtualService" || kind === "DestinationRule";
/** What comes, is edited or goes. */
const change = fc.tuple(
  fc.oneof(
    { weight: 2, arbitrary: policy },
    { weight: 4, arbitrary: routing.filter(isRoute) },
    { weight: 1, arbitrary: randomRouting },
  ),
  fc.integer({ min: 0, max: 3 }).map((number) => number === 0),
);

const states = fc
  .record({
    mesh: fc.oneof(randomMesh, surroundedMesh),
    held: configuration.map((each) => each.flat()),
    changes: fc.array(change, { minLength: 1, maxLength: 3 }),
    isPlanned: fc.boolean(),
  })
  .map(({ mesh, held, changes, isPlanned }) => {
    const before = withObjects(isPlanned ? planned(mesh) : mesh.observed, held);
    const gone = new Set(changes.flatMap(([object, isGone]) => (isGone ? [keyOf(refOf(object))] : [])));
    const come = changes.flatMap(([object, isGone]) => (isGone ? [] : [object]));
    // Read again, as from a folder: nothing is the same object.
    const after = structuredClone(withObjects(before, come, gone));
    return [before, after].map((each) => traceWorld(each, mesh.intents));
  });

function planned({ intents, observed }: RandomMesh): RandomMesh["observed"] {
  return afterPlan(observed, plan(compile(intents, observed), observed, { prune: true, adopt: false }).plan);
}

function withObjects(
  observed: RandomMesh["observed"],
  added: readonly KubeObject[],
  gone: ReadonlySet<string> = new Set(),
): RandomMesh["observed"] {
  const byKey = new Map(added.map((object) => [keyOf(refOf(object)), object]));
  const clusters = [...observed.clusters].map(([name, cluster]) => {
    const kept = cluster.objects.filter((object) => !gone.has(keyOf(refOf(object))));
    const known = new Set(kept.map((object) => keyOf(refOf(object))));
    const edited = kept.map((object) => byKey.get(keyOf(refOf(object))) ?? object);
    const come = [...byKey].flatMap(([key, object]) => (known.has(key) ? [] : [object]));
    return [name, { ...cluster, objects: [...edited, ...come] }] as const;
  });
  return { ...observed, clusters: new Map(clusters) };
}

test("what changes between two states is what two whole matrices differ in, byte for byte", () => {
  const figures = { compared: 0, targets: 0, changed: 0 };
  fc.assert(
    fc.property(states, ([before, after]) => {
      if (before === undefined || after === undefined) return;
      const whole = pathChanges(before, after, {}, () => true);

      expect(JSON.stringify(pathChanges(before, after))).toBe(JSON.stringify(whole));

      count(figures, before, after);
      figures.changed += whole.length;
    }),
    { numRuns: runs },
  );
  expect(figures.changed).toBeGreaterThan(0);
  expect(figures.compared).toBeLessThan(figures.targets);
});

function count(figures: { compared: number; targets: number }, before: TraceWorld, after: TraceWorld): void {
  const isChanged = changedTargets(before, after);
  const targets = reachability(before).targets.map(({ target }) => target);
  figures.targets += targets.length;
  figures.compared += targets.filter(isChanged).length;
}
