import {
  type Compiled,
  hasErrors,
  isOurs,
  type KubeObject,
  keyOf,
  MeshError,
  type Observed,
  ownerOf,
  refOf,
  say,
  sideOf,
} from "@isthmus/core";
import { type Action, type Plan, plan } from "@isthmus/core/plan";
import {
  type ClusterObjects,
  clusterNames,
  clusterObjects,
  type Drift,
  driftAway,
  drifts,
  foreignObjects,
  MemoryTarget,
  mergeApply,
} from "@isthmus/testkit";
import fc from "fast-check";
import { expect, test } from "vitest";
import type { ApplyEvent } from "./applyEvent.ts";
import { applyPlan } from "./applyPlan.ts";

type Targets = ReadonlyMap<string, MemoryTarget>;

interface World {
  /** What was applied before. */
  readonly earlier: ClusterObjects;
  readonly foreign: readonly (readonly KubeObject[])[];
  readonly drift: readonly Drift[];
  /** What is to be applied now. */
  readonly desired: ClusterObjects;
}

const worlds: fc.Arbitrary<World> = fc.record({
  earlier: clusterObjects(),
  foreign: fc.tuple(...clusterNames.map(() => foreignObjects())),
  drift: drifts(),
  desired: clusterObjects(),
});

/** Clusters that hold foreign objects and what was applied earlier, as others changed it since. */
async function start({ earlier, foreign, drift }: World): Promise<Targets> {
  const targets = new Map(clusterNames.map((name, index) => [name, new MemoryTarget(name, foreign[index])]));
  await applyAll(await planned(earlier, targets), targets);
  for (const one of drift) {
    const target = targets.get(one.cluster);
    if (target !== undefined) driftAway(target, one);
  }
  return targets;
}

async function observe(targets: Targets): Promise<Observed> {
  const seen = await Promise.all([...targets.values()].map((target) => target.observe()));
  return { clusters: new Map(seen.map(({ cluster }) => [cluster.name, cluster])), unreachable: new Map() };
}

async function planned(desired: ClusterObjects, targets: Targets): Promise<Plan> {
  const compiled: Compiled = { desired, paths: [], held: new Map(), problems: [] };
  const result = plan(compiled, await observe(targets), { prune: true, adopt: false });
  expect(hasErrors(result.problems)).toBe(false);
  return result.plan;
}

async function applyAll(todo: Plan, targets: Targets): Promise<readonly ApplyEvent[]> {
  const events: ApplyEvent[] = [];
  for await (const event of applyPlan(todo, targets, { concurrency: 3, settle: 0 })) events.push(event);
  return events;
}

const writesOf = ({ actions }: Plan) => actions.filter(({ verb }) => verb !== "noop");
const writeCount = (targets: Targets) => [...targets.values()].reduce((sum, { writes }) => sum + writes, 0);
const everything = (targets: Targets) => [...targets.values()].flatMap((target) => target.list());

/** What counts of the state: not which versions it went through. */
function state(targets: Targets) {
  return [...targets.values()].map((target) =>
    target.list().map(({ metadata: { uid: _uid, resourceVersion: _version, ...metadata }, ...object }) => ({
      ...object,
      metadata,
    })),
  );
}

const idOf = (cluster: string, object: KubeObject) => `${cluster} ${keyOf(refOf(object))}`;

function byId(clusters: Iterable<readonly [string, readonly KubeObject[]]>): ReadonlyMap<string, KubeObject> {
  return new Map(
    [...clusters].flatMap(([name, objects]) => objects.map((object) => [idOf(name, object), object] as const)),
  );
}

function ours(targets: Targets): ReadonlyMap<string, KubeObject> {
  return byId([...targets].map(([name, target]) => [name, target.list().filter(isOurs)]));
}

/** Labels and spec of each object of ours. */
function contents(objects: Iterable<readonly [string, KubeObject]>) {
  return new Map([...objects].map(([id, { metadata, spec }]) => [id, { labels: metadata.labels, spec }]));
}

test("law 2: an applied plan leaves nothing to do, and the next one is empty and writes nothing", async () => {
  await fc.assert(
    fc.asyncProperty(worlds, async (world) => {
      const targets = await start(world);
      const wanted = byId(world.desired);

      await applyAll(await planned(world.desired, targets), targets);
      const writesBefore = writeCount(targets);
      const applied = ours(targets);
      const next = await planned(world.desired, targets);
      await applyAll(next, targets);

      // Writing everything anyhow, as without a planner, would change nothing.
      const rewritten = [...wanted].map(([id, object]) => [id, mergeApply(object, applied.get(id))] as const);
      expect(contents(applied)).toEqual(contents(rewritten));
      expect(writesOf(next)).toEqual([]);
      expect(writeCount(targets)).toBe(writesBefore);
    }),
  );
});

test("law 4: objects that are not ours are byte-identical after any apply", async () => {
  await fc.assert(
    fc.asyncProperty(worlds, async (world) => {
      const targets = await start(world);
      const foreign = () => JSON.stringify(everything(targets).filter((object) => !isOurs(object)));
      const before = foreign();

      await applyAll(await planned(world.desired, targets), targets);

      expect(foreign()).toBe(before);
    }),
  );
});

/** Objects that break the order at this moment: consumers that came before their server side, or stayed behind it. */
function outOfOrder(
  wanted: ReadonlyMap<string, KubeObject>,
  before: ReadonlyMap<string, KubeObject>,
  now: ReadonlyMap<string, KubeObject>,
): readonly string[] {
  const isConsumer = (object: KubeObject) => sideOf(object) === "consumer";
  const tooEarly = [...wanted].filter(
    ([id, object]) =>
      isConsumer(object) &&
      now.has(id) &&
      !before.has(id) &&
      [...wanted].some(
        ([other, server]) => !isConsumer(server) && ownerOf(server) === ownerOf(object) && !now.has(other),
      ),
  );
  const gone = new Set(
    [...before].filter(([id, object]) => !isConsumer(object) && !now.has(id)).map(([, object]) => ownerOf(object)),
  );
  const tooLate = [...now].filter(([id, object]) => {
    const next = wanted.get(id);
    return isConsumer(object) && gone.has(ownerOf(object)) && (next === undefined || ownerOf(next) !== ownerOf(object));
  });
  return [...tooEarly, ...tooLate].map(([id]) => id);
}

test("law 5: at every moment, however writes interleave and fail, consumers come after their server side and go before it", async () => {
  await fc.assert(
    fc.asyncProperty(worlds, fc.scheduler(), fc.option(fc.nat(8)), async (world, scheduler, failing) => {
      const targets = await start(world);
      const todo = await planned(world.desired, targets);
      const [wanted, before] = [byId(world.desired), ours(targets)];
      const wrong: string[] = [];
      const written: Action[] = [];
      let tried = 0;
      for (const target of targets.values()) {
        target.hooks = {
          before: async (_action, dryRun) => {
            if (dryRun) return;
            await scheduler.schedule(Promise.resolve());
            tried += 1;
            if (tried - 1 === failing) throw new Error("refused");
          },
          after: (action) => {
            written.push(action);
            wrong.push(...outOfOrder(wanted, before, ours(targets)));
          },
        };
      }

      await scheduler.waitFor(applyAll(todo, targets));

      expect(wrong).toEqual([]);
      for (const owner of new Set(written.map((action) => action.owner))) {
        const phases = written.filter((action) => action.owner === owner).map(({ phase }) => phase);
        expect(phases).toEqual(phases.toSorted());
      }
    }),
  );
});

test("law 6: when a cluster fails at any write or check, owners that need nothing of it are applied in full", async () => {
  const failure = fc.record({
    cluster: fc.constantFrom(...clusterNames),
    writesBefore: fc.nat(5),
    atCheck: fc.boolean(),
  });
  await fc.assert(
    fc.asyncProperty(worlds, failure, async (world, { cluster, writesBefore, atCheck }) => {
      const targets = await start(world);
      const todo = await planned(world.desired, targets);
      const broken = targets.get(cluster);
      const limit = (broken?.writes ?? 0) + writesBefore;
      if (broken !== undefined) {
        broken.hooks = {
          before: (_action, dryRun) => {
            if (dryRun ? atCheck : broken.writes >= limit) throw unreachable(cluster);
          },
        };
      }

      const events = await applyAll(todo, targets);

      // Owners between which an object passes wait for each other.
      const group = ({ owner }: Action) => owner.replaceAll(/-edited|-renamed/g, "");
      const needing = new Set(todo.actions.filter((action) => action.cluster === cluster).map(group));
      const others = writesOf(todo).filter((action) => !needing.has(group(action)));
      const done = new Set(events.flatMap((event) => (event.type === "done" ? [event.action] : [])));
      expect(others.filter((action) => !done.has(action))).toEqual([]);
    }),
    { numRuns: Number(process.env.LAW_RUNS ?? 200) },
  );
});

test("law 7: after a crash at any write, its answer lost or not, planning and applying again ends in the same state", async () => {
  await fc.assert(
    fc.asyncProperty(worlds, fc.nat(12), fc.boolean(), async (world, lastWrite, isAnswerLost) => {
      const [undisturbed, crashing] = [await start(world), await start(world)];
      await applyAll(await planned(world.desired, undisturbed), undisturbed);
      let written = 0;
      const hooks = {
        before: () => {
          if (written > lastWrite) throw new Error("crashed");
        },
        after: ({ cluster }: Action) => {
          written += 1;
          if (written > lastWrite && isAnswerLost) throw unreachable(cluster);
        },
      };
      for (const target of crashing.values()) target.hooks = hooks;

      await applyAll(await planned(world.desired, crashing), crashing);
      for (const target of crashing.values()) target.hooks = {};
      await applyAll(await planned(world.desired, crashing), crashing);

      expect(state(crashing)).toEqual(state(undisturbed));
    }),
  );
});

function unreachable(cluster: string): MeshError {
  return new MeshError({
    code: "CLUSTER_UNREACHABLE",
    at: { cluster },
    message: say`${{ cluster }} does not answer`,
    hint: "",
  });
}
