import { changedFacts, istioClusters, meet, type Reads, recordReads } from "../istio/index.ts";
import type { Compiled, Intents, Observed } from "../model/index.ts";
import { atOnce, changedParts, declaredPart, keepEqual } from "../world/index.ts";
import type { Compilation } from "./declaration/compilation.ts";
import type { CompileWorld } from "./declaration/compileContext.ts";
import { type LinkState, link } from "./link/link.ts";
import { type CompileTask, compileTasks } from "./tasks.ts";

/** A result of compile with what each declaration read for it. */
export interface CompileState {
  readonly compiled: Compiled;
  readonly linked: LinkState;
  readonly world: CompileWorld;
  readonly done: ReadonlyMap<string, DoneTask>;
}

interface DoneTask {
  readonly task: CompileTask;
  readonly compilation: Compilation;
  readonly reads: Reads;
}

/**
 * The same as `compile`, byte for byte, from what was compiled before: only declarations that are others now, or read what is
 * another now, are compiled anew. What changed is seen by identity, so that `observed` may come by `applyChanges` or any way
 * else that keeps the objects which are as they were. No cluster holds an object twice: targets make such a pair unreadable.
 */
export function recompile(previous: CompileState | undefined, intents: Intents, observed: Observed): CompileState {
  return atOnce(recompiling(previous, intents, observed));
}

/** The same in steps, each as long as one declaration takes and the last as long as linking, between which others may have their turn. */
export function* recompiling(
  previous: CompileState | undefined,
  intents: Intents,
  observed: Observed,
): Generator<void, CompileState> {
  const changed = previous === undefined ? undefined : changesBetween(previous.world, intents, observed);
  const known = changed === undefined ? undefined : previous;
  const since = known && changed && { ...known.world, changed };
  const world = { intents, observed, facts: istioClusters(observed, intents, since) };
  const all = since === undefined ? new Set<string>() : changedFacts(since.changed, since.facts, world.facts);
  const done = new Map<string, DoneTask>();
  for (const task of compileTasks(intents)) {
    const before = known?.done.get(task.key);
    const kept = before && keep(before, task, all);
    done.set(task.key, kept ?? fresh(task, world, before));
    if (kept === undefined) yield;
  }
  const compilations = [...done.values()].map(({ compilation }) => compilation);
  const linked = link(compilations, world, { previous: known?.linked, changed: all });
  return { compiled: linked.compiled, linked, world, done };
}

/** Most of what is compiled anew says the same again. */
function fresh(task: CompileTask, world: CompileWorld, before: DoneTask | undefined): DoneTask {
  const { value, reads } = recordReads(() => task.run(world));
  return { task, compilation: keepEqual(before?.compilation, value), reads };
}

/** Undefined where it has to be done anew. */
function keep(done: DoneTask, task: CompileTask, changed: ReadonlySet<string>): DoneTask | undefined {
  if (!isSame(done.task.input, task.input) || meet(done.reads, changed)) return undefined;
  return { ...done, task };
}

/** Undefined: what everything depends on. */
function changesBetween(
  { intents: before, observed }: CompileWorld,
  after: Intents,
  next: Observed,
): ReadonlySet<string> | undefined {
  if (!isSame(before.mesh, after.mesh) || !isSame(before.clusters, after.clusters)) return undefined;
  const parts = changedParts(observed, next);
  if (parts === undefined) return undefined;
  return new Set([
    ...parts,
    ...(isSame(before.sharedServices, after.sharedServices) ? [] : [declaredPart("SharedService")]),
    ...(isSame(before.externalAccesses, after.externalAccesses) ? [] : [declaredPart("ExternalAccess")]),
  ]);
}

/** Declarations are read anew from files that did not change. */
function isSame(left: unknown, right: unknown): boolean {
  if (left === right) return true;
  if (Array.isArray(left) && Array.isArray(right) && left.length === right.length) {
    return left.every((each, index) => isSame(each, right[index]));
  }
  return JSON.stringify(left) === JSON.stringify(right);
}
