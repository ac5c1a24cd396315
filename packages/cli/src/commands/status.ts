import { isPartial } from "@isthmus/core";
import { type DeclaredMesh, type MeshStatus, meshStatus, planMesh, type ScopeWords } from "@isthmus/engine";
import { exitCodes } from "../exit.ts";
import { readDeclarations } from "../readDeclarations.ts";
import { renderNames, renderStatus } from "../render/status.ts";
import { type ScopeOptions, scopeWords } from "../scopeOptions.ts";
import type { Session } from "../session.ts";
import { watch } from "../watch.ts";
import { withFollowedMesh } from "../withFollowedMesh.ts";
import { withMesh } from "../withMesh.ts";

export interface StatusOptions extends ScopeOptions {
  readonly watch?: boolean;
}

/** Clusters and shared services at a glance. */
export async function status(session: Session, services: readonly string[], options: StatusOptions): Promise<number> {
  const words = scopeWords(services, options);
  const read = await readDeclarations(session);
  if (options.watch === true && read.intents !== undefined) {
    await withFollowedMesh(session, read, (now) =>
      watch(session, async () => {
        const declared = await now();
        if (declared.intents === undefined) return { text: "", problems: declared.problems };
        const report = await look(session, declared, words);
        return { text: await textOf(session, report), problems: report.problems };
      }),
    );
    return exitCodes.ok;
  }
  return withMesh(session, read, async (declared) => {
    const report = await look(session, declared, words);
    session.printText(await textOf(session, report));
    session.report(report.problems);
    // What could not be read is not fine, whatever the rest is.
    return isPartial(report.problems) ? exitCodes.failed : exitCodes.ok;
  });
}

async function look(session: Session, declared: DeclaredMesh, words: ScopeWords): Promise<MeshStatus> {
  return meshStatus(await planMesh(declared, session.reading), words);
}

async function textOf(session: Session, report: MeshStatus): Promise<string> {
  if (session.format !== undefined) return session.dataOf("Status", report);
  if (session.ownFormat === "junit") {
    const { renderJunit } = await import("../render/junit.ts");
    const { statusSuites } = await import("../render/statusSuites.ts");
    return renderJunit("isthmus status", statusSuites(report));
  }
  if (session.ownFormat === "name") return renderNames(report);
  return renderStatus(report, session.out, { isWide: session.ownFormat === "wide" });
}
