import { type Action, MeshError, type Problem, type ProblemCode } from "@isthmus/core";
import pLimit, { type LimitFunction } from "p-limit";
import type { Target } from "../target/target.ts";
import { type Outcome, skipped, writeProblem } from "./outcome.ts";

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

  /**
   * Asks the cluster whether it would take the write, and returns why not. Undefined also where it does not answer: then
   * `write` skips what is for it.
   */
  check(action: Action): Promise<Problem | undefined> {
    return this.limit(async () => {
      if (this.signal.aborted || this.down !== undefined) return undefined;
      try {
        await this.target.write(action, { dryRun: true, signal: this.signal });
        return undefined;
      } catch (error) {
        if (this.signal.aborted || this.noteDown(error)) return undefined;
        return writeProblem(action, error);
      }
    });
  }

  /** A write that has begun is never interrupted: nobody could tell whether it went through. */
  write(action: Action): Promise<Outcome> {
    return this.limit(async () => {
      if (this.signal.aborted) return skipped(action, "the apply was interrupted", "apply again to finish the work");
      if (this.down !== undefined) return skipped(action, this.down.message, this.down.hint);
      try {
        await this.target.write(action);
        return { type: "done" };
      } catch (error) {
        this.noteDown(error);
        return { type: "failed", problem: writeProblem(action, error) };
      }
    });
  }

  private noteDown(error: unknown): boolean {
    if (!(error instanceof MeshError) || !clusterCodes.has(error.code)) return false;
    this.down ??= error.problem;
    return true;
  }
}
