import { setImmediate as turn } from "node:timers/promises";
import { type PathTest, type PathTestResult, runPathTest } from "@isthmus/core/pathTest";
import { afterPlan } from "@isthmus/core/plan";
import { traceWorld } from "@isthmus/core/trace";
import { reachOf } from "../target/reachOf.ts";
import type { CallOptions } from "../target/target.ts";
import { callPathTest } from "./callPathTest.ts";
import type { PlannedMesh } from "./planMesh.ts";
import { withoutSecrets } from "./traceMesh.ts";

export interface TestMeshOptions extends CallOptions {
  /** `planned`: as the clusters would be after an apply. */
  readonly when: "now" | "planned";
  /** Also make the requests that can be made, from their callers' pods. */
  readonly wire?: boolean;
  /** Told of each test as it ends. */
  readonly onResult?: (result: PathTestResult) => void;
}

/** What becomes of each test, in their order. Throws only the reason of a signal that stops. */
export async function testMesh(
  { observed, plan, intents, targets }: PlannedMesh,
  tests: readonly PathTest[],
  { when, wire = false, onResult, signal }: TestMeshOptions,
): Promise<readonly PathTestResult[]> {
  const world = traceWorld(when === "planned" ? afterPlan(observed, plan) : observed, intents);
  const calling = { world, observed, reach: reachOf(targets), ...(signal === undefined ? {} : { signal }) };
  const results: PathTestResult[] = [];
  for (const test of tests) {
    // A test of a large mesh takes its time, and a signal has to get through.
    await turn();
    signal?.throwIfAborted();
    const paper = shown(runPathTest(world, test));
    const result = wire ? { ...paper, wire: await callPathTest(test, calling) } : paper;
    results.push(result);
    onResult?.(result);
  }
  return results;
}

/** Without what may let somebody in. */
function shown(result: PathTestResult): PathTestResult {
  const { example } = result;
  if (example === undefined) return result;
  return {
    ...result,
    example: { ...example, trace: { ...example.trace, request: withoutSecrets(example.trace.request) } },
  };
}
