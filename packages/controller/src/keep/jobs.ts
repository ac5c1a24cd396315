import { isDeepStrictEqual } from "node:util";
import type { Problem } from "@isthmus/core";
import type { Action, PlanGroup } from "@isthmus/core/plan";
import { applyPlan, type Pacing, pauseAfter, type Target } from "@isthmus/engine";

export interface JobsOptions {
  /** Jobs at a time that write to the same cluster: one that does not answer holds up only those that need it. */
  readonly perCluster: number;
  /** Pauses after failures. */
  readonly pacing: Pacing;
  /** Milliseconds that the watches get to show what was written, before the same would be written again. */
  readonly toShow: number;
  readonly settle?: number;
  readonly ended: (job: EndedJob) => void;
}

export interface EndedJob {
  readonly group: PlanGroup;
  readonly done: readonly Action[];
  /** What did not go through, first of all what was tried. */
  readonly problems: readonly Problem[];
}

interface Waiting {
  readonly failures: number;
  readonly until: number;
  readonly problem: Problem | undefined;
  readonly writes: unknown;
}

/** The groups of plans that are being carried out: each once at a time, and not again before its failure had its pause. */
export class Jobs {
  readonly #options: JobsOptions;
  readonly #running = new Map<string, { readonly group: PlanGroup; readonly work: Promise<void> }>();
  readonly #waiting = new Map<string, Waiting>();

  constructor(options: JobsOptions) {
    this.#options = options;
  }

  isRunning(key: string): boolean {
    return this.#running.has(key);
  }

  /** Why an owner's last job did not go through, until one does. */
  problemOf(owner: string): Problem | undefined {
    for (const [key, { problem }] of this.#waiting) if (key.split(" ").includes(owner)) return problem;
    return undefined;
  }

  /** Milliseconds until a group that waits may be tried again; undefined where none waits. */
  get nextTry(): number | undefined {
    const times = [...this.#waiting.values()].map(({ until }) => until - performance.now());
    return times.length === 0 ? undefined : Math.max(0, Math.min(...times));
  }

  /** Whether a group may begin now. */
  mayStart(group: PlanGroup): boolean {
    if (this.#running.has(group.key)) return false;
    const waiting = this.#waiting.get(group.key);
    if (
      waiting !== undefined &&
      performance.now() < waiting.until &&
      isDeepStrictEqual(waiting.writes, writesOf(group))
    )
      return false;
    return [...clustersOf(group)].every((cluster) => this.#runningAt(cluster) < this.#options.perCluster);
  }

  /** Forgets those whose groups have nothing to write any more. */
  settle(groups: readonly PlanGroup[]): void {
    const left = new Set(groups.map(({ key }) => key));
    for (const key of this.#waiting.keys()) if (!left.has(key)) this.#waiting.delete(key);
  }

  start(group: PlanGroup, targets: ReadonlyMap<string, Target>, signal: AbortSignal): void {
    this.#running.set(group.key, { group, work: this.#run(group, targets, signal) });
  }

  /** Until all have ended. */
  async idle(): Promise<void> {
    await Promise.all([...this.#running.values()].map(({ work }) => work));
  }

  async #run(group: PlanGroup, targets: ReadonlyMap<string, Target>, signal: AbortSignal): Promise<void> {
    const { settle, toShow, ended, pacing } = this.#options;
    const done: Action[] = [];
    const problems: Problem[] = [];
    for await (const event of applyPlan(group.plan, targets, { signal, ...(settle !== undefined && { settle }) })) {
      if (event.type === "done") done.push(event.action);
      else if (event.type === "failed" || event.type === "skipped") problems.push(event.problem);
    }
    this.#running.delete(group.key);
    const failures = problems.length === 0 ? 0 : (this.#waiting.get(group.key)?.failures ?? 0) + 1;
    const until = performance.now() + (failures === 0 ? toShow : pauseAfter(failures, pacing));
    this.#waiting.set(group.key, { failures, until, problem: problems[0], writes: writesOf(group) });
    ended({ group, done, problems });
  }

  #runningAt(cluster: string): number {
    return [...this.#running.values()].filter(({ group }) => clustersOf(group).has(cluster)).length;
  }
}

function clustersOf({ plan }: PlanGroup): ReadonlySet<string> {
  return new Set(plan.actions.map(({ cluster }) => cluster));
}

/** What tells a group's writes from those that it had before: a change of an object, or of what is wanted. */
function writesOf({ plan }: PlanGroup): unknown {
  return plan.actions.map(({ cluster, verb, ref, desired, live }) => ({ cluster, verb, ref, desired, live }));
}
