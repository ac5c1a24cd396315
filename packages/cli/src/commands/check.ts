import type { CheckCategory, CheckRow } from "@isthmus/core/check";
import { checkMesh } from "@isthmus/engine";
import { exitCodes, failureCode } from "../exit.ts";
import { givenMesh } from "../givenMesh.ts";
import type { GivenOptions } from "../givenOptions.ts";
import { countRows, renderChecks } from "../render/checks.ts";
import type { Session } from "../session.ts";
import { withMesh } from "../withMesh.ts";

export interface CheckOptions extends GivenOptions {
  readonly cluster?: readonly string[];
  readonly category?: readonly CheckCategory[];
  readonly readOnly?: boolean;
  /** Milliseconds to wait for the last failure to go away. */
  readonly wait?: number;
}

/** Looks for everything in the clusters that would be in the way of shared services. Writes nothing. */
export async function check(session: Session, options: CheckOptions): Promise<number> {
  const given = await givenMesh(session, options);
  return withMesh(session, given, async (mesh) => {
    const tell = (text: string) => session.note(session.err.faint(text));
    const names = mesh.intents.clusters.map(({ metadata }) => metadata.name);
    tell(`Checking ${names.length === 0 ? "no cluster" : names.join(", ")} …\n`);
    const rows = await checkMesh(mesh, {
      cwd: session.ways.cwd,
      readOnly: options.readOnly === true,
      ...(options.category === undefined ? {} : { categories: options.category }),
      ...(options.wait === undefined ? {} : { wait: options.wait }),
      onWait: (failed) => tell(`Waiting for ${failed} to pass …\n`),
      ...session.reading,
    });
    await print(session, rows);
    session.report(given.problems);
    if (rows.some(({ status }) => status === "failed")) return exitCodes.broken;
    if (rows.some(({ status }) => status !== "skipped")) return exitCodes.ok;
    session.note("Nothing could be checked: every check was skipped (-v says why).\n");
    return failureCode("check");
  });
}

async function print(session: Session, rows: readonly CheckRow[]): Promise<void> {
  if (session.ownFormat === "junit") {
    const { renderJunit } = await import("../render/junit.ts");
    const { checkSuites } = await import("../render/checkSuites.ts");
    session.print(renderJunit("isthmus check", checkSuites(rows)));
  } else if (session.format === undefined) {
    session.print(renderChecks(rows, session.out, { skipped: session.options.verbose === true }));
  } else {
    session.printData("Check", { summary: countRows(rows), rows });
  }
}
