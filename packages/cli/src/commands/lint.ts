import type { Lint } from "@isthmus/core/lint";
import { lintMesh } from "@isthmus/engine";
import { exitCodes, failureCode } from "../exit.ts";
import { givenMesh } from "../givenMesh.ts";
import type { GivenOptions } from "../givenOptions.ts";
import { renderProblems } from "../render/problems.ts";
import type { Session } from "../session.ts";
import { withMesh } from "../withMesh.ts";

export interface LintOptions extends GivenOptions {
  readonly cluster?: readonly string[];
}

/** Tells which objects of Istio have no effect, or not the one that they say. */
export async function lint(session: Session, options: LintOptions): Promise<number> {
  const given = await givenMesh(session, options);
  return withMesh(session, given, async (mesh) => {
    const { lint: found, problems } = await lintMesh(mesh, session.reading);
    await print(session, found);
    for (const { cluster, code, why } of found.skipped) {
      session.note(session.err.faint(`${cluster}: ${code} was not looked for: ${why}.\n`));
    }
    session.report(problems);
    if (found.findings.length > 0) return exitCodes.broken;
    // Nothing was found where nothing could be looked at.
    return found.looked === 0 ? failureCode("lint") : exitCodes.ok;
  });
}

async function print(session: Session, found: Lint): Promise<void> {
  if (session.ownFormat === "junit") {
    const { renderJunit } = await import("../render/junit.ts");
    session.print(renderJunit("isthmus lint", [{ name: "lint", cases: lintCases(found) }]));
  } else if (session.ownFormat === "sarif") {
    const { renderLintSarif } = await import("../render/lintSarif.ts");
    session.print(renderLintSarif(found.findings));
  } else if (session.format !== undefined) {
    session.printData("Lint", found);
  } else if (found.findings.length > 0) {
    session.print(renderProblems(found.findings, session.out));
  } else if (found.looked > 0) {
    session.print(`${nothingFound(found)}\n`);
  }
}

/** A rule counts once for each cluster. */
function nothingFound({ looked, skipped: { length } }: Lint): string {
  if (length === 0) return "Every object has an effect, as far as lint knows.";
  return `Nothing found by ${looked} of ${looked + length} rules; ${length} could not be looked at: see below.`;
}

function lintCases({ findings, skipped }: Lint) {
  return [
    ...findings.map(({ code, at, message, hint }) => ({
      name: at,
      classname: code,
      failure: { type: code, text: `${message}\n${hint}` },
    })),
    ...skipped.map(({ cluster, code, why }) => ({ name: cluster, classname: code, skipped: why })),
  ];
}
