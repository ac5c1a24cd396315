import { setTimeout as delay } from "node:timers/promises";
import {
  type CheckCategory,
  type CheckRow,
  type Intents,
  type RightPurpose,
  runChecks,
  type Sources,
} from "@isthmus/core";
import { gatherFacts, type Target } from "@isthmus/engine";
import { exitCodes, failureCode } from "../exit.ts";
import { openDeclaredTargets } from "../openDeclaredTargets.ts";
import { countRows, renderChecks } from "../render/checks.ts";
import type { Session } from "../session.ts";
import { clustersToCheck } from "./clustersToCheck.ts";

export interface CheckOptions {
  readonly cluster?: readonly string[];
  readonly context?: readonly string[];
  readonly category?: readonly CheckCategory[];
  readonly readOnly?: boolean;
  /** Milliseconds to wait for the last failure to go away. */
  readonly wait?: number;
  readonly junit?: boolean;
}

/** Milliseconds. */
const clusterTimeout = 30_000;
const probeTimeout = 3000;
const betweenTries = 2000;

/** Looks for everything in the clusters that would be in the way of shared services. Writes nothing. */
export async function check(session: Session, options: CheckOptions): Promise<number> {
  const { intents, sources, problems } = await clustersToCheck(session, options);
  if (intents === undefined) {
    session.report(problems);
    if (session.format !== undefined) session.printData({ problems });
    return failureCode(session.command);
  }
  const targets = await openDeclaredTargets(session, intents, sources);
  try {
    const names = intents.clusters.map(({ metadata }) => metadata.name);
    session.note(session.err.faint(`Checking ${names.length === 0 ? "no cluster" : names.join(", ")} …\n`));
    const rows = await rowsInTime(session, { intents, targets, sources }, options);
    await print(session, rows, options);
    session.report(problems);
    return rows.some(({ status }) => status === "failed") ? exitCodes.broken : exitCodes.ok;
  } finally {
    await Promise.all([...targets.values()].map((target) => target.close()));
  }
}

interface Checked {
  readonly intents: Intents;
  readonly targets: ReadonlyMap<string, Target>;
  readonly sources: Sources | undefined;
}

/** Once, or with `--wait` again until nothing fails any more or the time is over. */
async function rowsInTime(session: Session, checked: Checked, options: CheckOptions): Promise<readonly CheckRow[]> {
  const deadline = Date.now() + (options.wait ?? 0);
  for (;;) {
    const rows = await rowsNow(session, checked, options);
    const failed = rows.filter(({ status }) => status === "failed").length;
    if (failed === 0 || Date.now() + betweenTries > deadline) return rows;
    session.note(session.err.faint(`Waiting for ${failed} to pass …\n`));
    await delay(betweenTries, undefined, { signal: session.signal });
  }
}

async function rowsNow(session: Session, { intents, targets, sources }: Checked, options: CheckOptions) {
  const purposes: readonly RightPurpose[] = [
    "observe",
    "check",
    ...(options.readOnly === true ? [] : ["write" as const]),
  ];
  const { io, signal } = session;
  const input = await gatherFacts(intents, targets, {
    ...{ cwd: io.cwd, purposes, timeout: clusterTimeout, probeTimeout, signal },
  });
  return runChecks(input)
    .filter(({ category }) => options.category === undefined || options.category.includes(category))
    .map((row) => (row.at === undefined ? row : { ...row, at: sources?.locate(row.at) ?? row.at }));
}

async function print(session: Session, rows: readonly CheckRow[], { junit }: CheckOptions): Promise<void> {
  if (junit === true) {
    const { renderJunit } = await import("../render/junit.ts");
    const { checkSuites } = await import("../render/checkSuites.ts");
    session.print(renderJunit("isthmus check", checkSuites(rows)));
  } else if (session.format === undefined) {
    session.print(renderChecks(rows, session.out, { skipped: session.options.verbose === true }));
  } else {
    session.printData({ summary: countRows(rows), rows });
  }
}
