import {
  compile,
  type DeclaredPath,
  groupOf,
  type Intents,
  type KubeObject,
  keyOf,
  type Observed,
  type ObservedCluster,
} from "@isthmus/core";
import { runChecks } from "@isthmus/core/check";
import { diagnose } from "@isthmus/core/doctor";
import { afterPlan, plan } from "@isthmus/core/plan";
import { kindShapes, readObject, type UnreadableObject } from "@isthmus/core/shape";
import { pathEffects, tracePaths } from "@isthmus/core/trace";
import { proofOfPaths } from "@isthmus/core/verify";
import fc from "fast-check";
import { randomMesh } from "../randomMesh.ts";
import { createDice, type Dice } from "./dice.ts";
import { mutate } from "./mutate.ts";
import { randomValue } from "./randomValue.ts";

export interface FuzzFault {
  readonly seed: number;
  readonly step: string;
  readonly what: string;
}

export interface FuzzFigures {
  readonly worlds: number;
  /** Objects that were changed or made up, and those of them that the boundary left out. */
  readonly objects: number;
  readonly leftOut: number;
  /** Verdicts over all paths of all worlds. */
  readonly unknown: number;
  readonly paths: number;
  readonly slowest: number;
  readonly faults: readonly FuzzFault[];
}

interface World {
  readonly intents: Intents;
  readonly observed: Observed;
}

interface Base extends World {
  readonly paths: readonly DeclaredPath[];
}

const slow = 20_000;
/** So many are drawn from; which one a world has depends on the world's own seed alone, so that it repeats the fault. */
const meshes = 200;

/**
 * Worlds with objects that are mutated, or made up from their kind's shape, behind the boundary that targets have, and every
 * pure step over them: none may throw, take long, lose a cluster for an object, or write what cannot be read. `clock` is in ms.
 */
export function fuzzObserved({
  seed,
  worlds,
  clock,
}: {
  readonly seed: number;
  readonly worlds: number;
  readonly clock: () => number;
}): FuzzFigures {
  const bases = new Map<string, Base>();
  const faults: FuzzFault[] = [];
  const figures = { objects: 0, leftOut: 0, unknown: 0, paths: 0, slowest: 0 };
  for (let number = 0; number < worlds; number += 1) {
    const own = (seed + number) >>> 0;
    const dice = createDice(own);
    const base = baseOf(bases, dice.below(meshes), dice.isTrue(0.5));
    const world = spoiled(base, dice, figures);
    const begin = clock();
    const found = faultOf(world, { base, number: own }, figures);
    const took = clock() - begin;
    figures.slowest = Math.max(figures.slowest, took);
    if (found !== undefined) faults.push({ seed: own, ...found });
    else if (took > slow) faults.push({ seed: own, step: "time", what: `${Math.round(took)} ms` });
  }
  return { worlds, ...figures, faults };
}

/** A random mesh as it was declared, or with all that is declared in place. */
function baseOf(known: Map<string, Base>, number: number, isInPlace: boolean): Base {
  const key = `${number} ${isInPlace}`;
  const found = known.get(key);
  if (found !== undefined) return found;
  const [mesh] = fc.sample(randomMesh, { seed: number, numRuns: 1 });
  if (mesh === undefined) throw new Error("no mesh was drawn");
  const base = { ...mesh, paths: compile(mesh.intents, mesh.observed).paths, ...(isInPlace ? inPlace(mesh) : {}) };
  known.set(key, base);
  return base;
}

function inPlace({ intents, observed }: World): World {
  const planned = plan(compile(intents, observed), observed, { prune: true, adopt: false });
  return { intents, observed: afterPlan(observed, planned.plan) };
}

function spoiled({ intents, observed }: World, dice: Dice, figures: { objects: number; leftOut: number }): World {
  const clusters = [...observed.clusters].map(([name, cluster]) => {
    const unreadable: UnreadableObject[] = [];
    const objects: KubeObject[] = [];
    const take = (kind: { readonly group: string; readonly kind: string }, raw: unknown) => {
      const read = readObject(kind, raw);
      figures.objects += 1;
      if (read.unreadable === undefined) objects.push(read.object);
      else {
        figures.leftOut += 1;
        unreadable.push(read.unreadable);
      }
    };
    for (const object of cluster.objects) {
      const kind = { group: groupOf(object.apiVersion), kind: object.kind };
      if (dice.isTrue(0.06)) take(kind, mutate(object, dice));
      else objects.push(object);
    }
    for (let more = dice.below(4); more > 0; more -= 1) {
      const [key, shape] = dice.of(Object.entries(kindShapes)) ?? ["", undefined];
      if (shape === undefined) continue;
      const [group = "", kind = ""] = key.split("/");
      const made = randomValue(shape, dice) as Record<string, unknown>;
      const apiVersion = group === "" ? "v1" : `${group}/v1`;
      const namespace = dice.of(["red", "blue", "istio-system", "other"]);
      const raw = {
        ...made,
        apiVersion,
        kind,
        metadata: { ...(made.metadata as object), name: `made-${more}`, namespace },
      };
      take({ group, kind }, dice.isTrue(0.2) ? mutate(raw, dice) : raw);
    }
    const source: ObservedCluster["source"] = dice.isTrue(0.3) ? "directory" : "live";
    return [name, { ...cluster, source, objects, unreadable }] as const;
  });
  return { intents, observed: { ...observed, clusters: new Map(clusters) } };
}

function faultOf(
  { intents, observed }: World,
  { base, number }: { readonly base: Base; readonly number: number },
  figures: { unknown: number; paths: number },
): Omit<FuzzFault, "seed"> | undefined {
  let step = "compile";
  try {
    const compiled = compile(intents, observed);
    step = "plan";
    const planned = plan(compiled, observed, { prune: true, adopt: false });
    // Each of the dearer steps in a third of the worlds.
    const turn = number % 3;
    step = "pathEffects";
    if (turn === 0)
      pathEffects({
        intents,
        paths: compiled.paths.slice(0, 3),
        before: observed,
        after: afterPlan(observed, planned.plan),
      });
    step = "trace";
    const paths = base.paths.slice(0, 6);
    const traces = tracePaths({ intents, paths, observed });
    figures.paths += traces.length;
    figures.unknown += traces.filter(({ trace }) => trace.verdict === "unknown").length;
    step = "verify";
    if (turn === 1) proofOfPaths({ intents, compiled, observed });
    step = "check";
    if (turn === 2)
      runChecks({
        now: "2026-11-27T00:00:00Z",
        ...{ intents, compiled, keyFiles: [], problems: [...compiled.problems, ...planned.problems] },
        clusters: intents.clusters.flatMap((declared) => {
          const value = observed.clusters.get(declared.metadata.name);
          const reading = value === undefined ? unseen(observed, declared.metadata.name) : { value };
          return [{ declared, source: "live", observed: reading, inspection: undefined, probes: [] } as const];
        }),
      });
    step = "doctor";
    for (const { trace } of traces.slice(0, 3)) {
      if ("outside" in trace.request.from) continue;
      diagnose({
        request: { ...trace.request, from: trace.request.from },
        paper: trace,
        wire: { unseen: "nobody called" },
        ...{ proxies: [], istiods: [], knocks: [], destinations: [], now: "2026-11-27T00:00:00Z" },
      });
    }
    step = "law 12";
    return lawFault(compiled.desired, planned.plan.actions, observed);
  } catch (error) {
    const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
    const [message = "", at = "", from = ""] = stack.split("\n").map((line) => line.trim().slice(0, 160));
    return { step, what: `${message} ${at} ${from}` };
  }
}

function unseen(observed: Observed, cluster: string) {
  const problem = observed.unreachable.get(cluster);
  if (problem === undefined) throw new Error(`${cluster} is neither read nor unreachable`);
  return { problem };
}

function lawFault(
  desired: ReadonlyMap<string, unknown>,
  actions: ReturnType<typeof plan>["plan"]["actions"],
  observed: Observed,
): Omit<FuzzFault, "seed"> | undefined {
  for (const [name, { unreadable = [] }] of observed.clusters) {
    if (!desired.has(name)) return { step: "law 12", what: `cluster ${name} was lost` };
    const keys = new Set(
      unreadable.flatMap((each) => (each.name === undefined ? [] : [keyOf({ ...each, name: each.name })])),
    );
    const written = actions.find(
      ({ cluster, verb, ref }) => cluster === name && verb !== "noop" && keys.has(keyOf(ref)),
    );
    if (written !== undefined)
      return { step: "law 12", what: `${written.verb} of ${keyOf(written.ref)}, which cannot be read` };
  }
  return undefined;
}
