import { ReadableStream } from "node:stream/web";
import { MeshError, say } from "@isthmus/core";
import type { Action, Plan } from "@isthmus/core/plan";
import type { CallOptions, Target } from "../target/target.ts";
import type { ApplyEvent } from "./applyEvent.ts";
import { ClusterWriter } from "./clusterWriter.ts";
import { type Outcome, skipped } from "./outcome.ts";
import { settling } from "./settling.ts";
import { type Writes, writeStages } from "./writeStages.ts";

export interface ApplyPlanOptions extends CallOptions {
  /** Writes at a time in one cluster; 8 unless told. */
  readonly concurrency?: number;
  /**
   * Milliseconds that the proxies get at most between writes that traffic is to follow and those that move it: less where
   * istiod tells that they have them; 2,000 unless set.
   */
  readonly settle?: number;
  /** Milliseconds that the proxies get at most to acknowledge the last writes as well; it ends without waiting for that unless set. */
  readonly thenSettle?: number;
  /** Only ask the clusters whether they would take the writes. */
  readonly dryRun?: boolean;
}

/**
 * Carries out a plan and reports while it runs, each write in exactly one of done | failed | skipped.
 *
 * First every cluster is asked whether it would take its writes (dry run); if any is refused, nothing at all is written.
 * Then each owner's writes go server side first, removals consumer side first. A cluster that does not answer delays what
 * needs it and nothing else. Once `signal` aborts, or the loop over the events is left, no write is begun any more and
 * running ones finish. Whatever happened, planning and applying again finishes the work.
 *
 * Throws CLUSTER_UNKNOWN where the plan names a cluster that has no target.
 */
export async function* applyPlan(
  plan: Plan,
  targets: ReadonlyMap<string, Target>,
  options: ApplyPlanOptions = {},
): AsyncGenerator<ApplyEvent, void, undefined> {
  const actions = plan.actions.filter(({ verb }) => verb !== "noop");
  const left = new AbortController();
  const signal = options.signal === undefined ? left.signal : AbortSignal.any([left.signal, options.signal]);
  const writerOf = clusterWriters(actions, targets, { signal, concurrency: options.concurrency ?? 8 });
  let run = Promise.resolve();
  yield* new ReadableStream<ApplyEvent>({
    start(events) {
      // After the reader left, nobody listens, and the stream takes no more.
      const whileRead = (step: () => void) => {
        if (!left.signal.aborted) step();
      };
      const emit = (event: ApplyEvent) => whileRead(() => events.enqueue(event));
      const { settle: pause = 2_000, thenSettle = 0, dryRun = false } = options;
      const beforeSettling = settling({ ...{ targets, signal, emit, pause }, most: pause });
      const beforeEnd = settling({
        ...{ targets, signal, emit },
        pause: Math.min(pause, thenSettle),
        most: thenSettle,
      });
      run = applyActions(plan, actions, { writerOf, dryRun, emit, beforeSettling, beforeEnd }).then(
        () => whileRead(() => events.close()),
        (error: unknown) => whileRead(() => events.error(error)),
      );
    },
    async cancel() {
      left.abort();
      await run;
    },
  });
}

type WriterOf = (action: Action) => ClusterWriter;

function clusterWriters(
  actions: readonly Action[],
  targets: ReadonlyMap<string, Target>,
  options: { readonly signal: AbortSignal; readonly concurrency: number },
): WriterOf {
  const writers = new Map([...targets].map(([name, target]) => [name, new ClusterWriter(target, options)]));
  const writerOf = ({ cluster }: Action) => {
    const writer = writers.get(cluster);
    if (writer !== undefined) return writer;
    throw new MeshError({
      code: "CLUSTER_UNKNOWN",
      at: { cluster },
      message: say`the plan writes to cluster ${{ cluster }}, which is not declared`,
      hint: "plan again",
    });
  };
  actions.forEach(writerOf);
  return writerOf;
}

interface ApplyRun {
  readonly writerOf: WriterOf;
  readonly dryRun: boolean;
  readonly emit: (event: ApplyEvent) => void;
  readonly beforeSettling: Writes["beforeSettling"];
  readonly beforeEnd: Writes["beforeSettling"];
}

async function applyActions(
  plan: Plan,
  actions: readonly Action[],
  { writerOf, dryRun, emit, beforeSettling, beforeEnd }: ApplyRun,
): Promise<void> {
  const counts = { done: 0, failed: 0, skipped: 0 };
  const report = (action: Action, outcome: Outcome) => {
    counts[outcome.type] += 1;
    emit({ ...outcome, action });
  };
  const total = actions.length;
  emit({ type: "checking", total });
  const checks = await Promise.all(
    actions.map(async (action) => ({ action, outcome: await writerOf(action).check(action) })),
  );
  const refused = checks.filter(({ outcome }) => outcome.type === "failed").length;
  if (dryRun) {
    for (const { action, outcome } of checks) report(action, outcome);
  } else if (refused > 0) {
    for (const { action, outcome } of checks) {
      report(action, outcome.type === "failed" ? outcome : notBegun(action, refused));
    }
  } else {
    const settle = await beforeEnd(new Set(actions.map(({ cluster }) => cluster)), "acknowledged");
    emit({ type: "applying", total });
    await writeStages(plan, { write: (action) => writerOf(action).write(action), report, beforeSettling });
    if (counts.done === total) await settle();
  }
  emit({ type: "finished", ...counts });
}

function notBegun(action: Action, refused: number): Outcome {
  const what = refused === 1 ? "one write was" : `${refused} writes were`;
  return skipped(
    action,
    `${what} refused when checked, so nothing is written`,
    "fix what was refused, then apply again",
  );
}
