import { movedTo, type RightPurpose } from "@isthmus/core";
import { type CheckCategory, type CheckRow, runChecks } from "@isthmus/core/check";
import { gatherFacts } from "../check/gatherFacts.ts";
import type { ReadOptions } from "../observe/readClusters.ts";
import { pasteableHints } from "./pasteableHints.ts";
import type { DeclaredMesh } from "./planMesh.ts";
import { tryUntil } from "./tryUntil.ts";

export interface CheckMeshOptions extends ReadOptions {
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

/**
 * Looks for everything in the clusters that would be in the way of shared services. Once, or with `wait` again until nothing
 * fails any more or the time is over. Writes nothing.
 */
export function checkMesh(mesh: DeclaredMesh, options: CheckMeshOptions): Promise<readonly CheckRow[]> {
  const { onWait, ...others } = options;
  return tryUntil(() => checkNow(mesh, options), {
    ...others,
    isEnough: (rows) => failed(rows) === 0,
    ...(onWait === undefined ? {} : { onWait: (rows) => onWait(failed(rows)) }),
  });
}

function failed(rows: readonly CheckRow[]): number {
  return rows.filter(({ status }) => status === "failed").length;
}

async function checkNow(
  { intents, targets, sources }: DeclaredMesh,
  { cwd, readOnly, categories, timeout = clusterTimeout, signal, onWaiting }: CheckMeshOptions,
): Promise<readonly CheckRow[]> {
  const purposes: readonly RightPurpose[] = ["observe", "check", ...(readOnly ? [] : ["write" as const])];
  const facts = await gatherFacts(intents, targets, {
    ...{ cwd, purposes, timeout: Math.min(timeout, clusterTimeout), probeTimeout },
    ...(signal === undefined ? {} : { signal }),
    ...(onWaiting === undefined ? {} : { onWaiting }),
  });
  const rows = runChecks(facts).filter(({ category }) => categories === undefined || categories.includes(category));
  return pasteableHints(rows, intents.clusters).map((row) =>
    sources === undefined || row.place === undefined ? row : movedTo(row, sources.locate(row.place)),
  );
}
