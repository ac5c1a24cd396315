import { MeshError, type Problem, type ProblemCode } from "@isthmus/core";
import type { Action } from "@isthmus/core/plan";
import pLimit, { type LimitFunction } from "p-limit";
import type { Target } from "../target/target.ts";
import { orOver } from "../withPatience.ts";
import { interrupted, type Outcome, skipped, writeProblem } from "./outcome.ts";

// What is wrong with the cluster as a whole: each further write would only wait for the same answer.
const clusterCodes: ReadonlySet<ProblemCode> = new Set([
  "CLUSTER_UNREACHABLE",
  "CLUSTER_UNAUTHORIZED",
  "CLUSTER_CERTIFICATE",
]);

/** Writes to one cluster, some at a time, and no more once the cluster does not answer. */
export class ClusterWriter {
  private readonly target: Target;
  private readonly signal: AbortSignal;
  private readonly limit: LimitFunction;
  private down: Problem | undefined;

  constructor(target: Target, options: { readonly signal: AbortSignal; readonly concurrency: number }) {
    this.target = target;
    this.signal = options.signal;
    this.limit = pLimit(options.concurrency);
  }

  /** Whether the cluster would take the write: failed where it refuses, skipped where it cannot be asked. */
  check(action: Action): Promise<Outcome> {
    return this.limit(async () => {
      const skip = this.skip(action);
      if (skip !== undefined) return skip;
      try {
        await this.target.write(action, { dryRun: true, signal: this.signal });
        return { type: "done" };
      } catch (error) {
        this.noteDown(error);
        return this.skip(action) ?? { type: "failed", problem: writeProblem(action, error) };
      }
    });
  }

  /** A write that has begun is not interrupted, since nobody could tell whether it went through, unless the time is over. */
  write(action: Action): Promise<Outcome> {
    return this.limit(async () => {
      const skip = this.skip(action);
      if (skip !== undefined) return skip;
      try {
        await orOver(this.target.write(action), this.signal);
        return { type: "done" };
      } catch (error) {
        this.noteDown(error);
        return { type: "failed", problem: writeProblem(action, error) };
      }
    });
  }

  private skip(action: Action): Outcome | undefined {
    if (this.signal.aborted) return interrupted(action, this.signal);
    return this.down === undefined ? undefined : skipped(action, this.down.message, this.down.hint);
  }

  private noteDown(error: unknown): void {
    if (error instanceof MeshError && clusterCodes.has(error.code)) this.down ??= error.problem;
  }
}
