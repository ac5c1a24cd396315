import { setTimeout as delay } from "node:timers/promises";
import { type CheckCategory, type CheckRow, movedTo, type RightPurpose, runChecks } from "@isthmus/core";
import { gatherFacts } from "../check/gatherFacts.ts";
import { orAborted } from "../orAborted.ts";
import type { CallOptions } from "../target/target.ts";
import type { DeclaredMesh } from "./planMesh.ts";

export interface CheckMeshOptions extends CallOptions {
  /** Where key files are looked for. */
  readonly cwd: string;
  /** Do not ask for the rights that apply needs. */
  readonly readOnly: boolean;
  /** All unless set. */
  readonly categories?: readonly CheckCategory[];
  /** Milliseconds to wait for the last failure to go away; none unless set. */
  readonly wait?: number;
  /** Told before each wait. */
  readonly onWait?: (failed: number) => void;
}

/** Milliseconds. */
const clusterTimeout = 30_000;
const probeTimeout = 3000;
const betweenTries = 2000;

/**
 * Looks for everything in the clusters that would be in the way of shared services. Once, or with `wait` again until nothing
 * fails any more or the time is over. Writes nothing.
 */
export async function checkMesh(mesh: DeclaredMesh, options: CheckMeshOptions): Promise<readonly CheckRow[]> {
  const { wait = 0, onWait, signal } = options;
  const deadline = performance.now() + wait;
  for (;;) {
    const rows = await checkNow(mesh, options);
    const failed = rows.filter(({ status }) => status === "failed").length;
    if (failed === 0 || performance.now() + betweenTries > deadline) return rows;
    onWait?.(failed);
    await orAborted(delay(betweenTries), signal);
  }
}

async function checkNow(
  { intents, targets, sources }: DeclaredMesh,
  { cwd, readOnly, categories, signal }: CheckMeshOptions,
): Promise<readonly CheckRow[]> {
  const purposes: readonly RightPurpose[] = ["observe", "check", ...(readOnly ? [] : ["write" as const])];
  const facts = await gatherFacts(intents, targets, {
    ...{ cwd, purposes, timeout: clusterTimeout, probeTimeout },
    ...(signal === undefined ? {} : { signal }),
  });
  return runChecks(facts)
    .filter(({ category }) => categories === undefined || categories.includes(category))
    .map((row) => (sources === undefined || row.place === undefined ? row : movedTo(row, sources.locate(row.place))));
}
