import { hasErrors, type Problem, severityOf } from "@isthmus/core";
import { exitCodes, failureCode } from "../exit.ts";
import { type ProvenPath, proveMesh } from "../proveMesh.ts";
import { readDeclarations } from "../readDeclarations.ts";
import { renderProofs } from "../render/proofs.ts";
import type { Session } from "../session.ts";
import { withMesh } from "../withMesh.ts";

/** Proves from what the clusters hold that each declared path stands, hop by hop, and that a call of it gets there. */
export async function verify(session: Session): Promise<number> {
  return withMesh(session, await readDeclarations(session), {}, async (mesh) => {
    const proofs = proveMesh(mesh);
    if (session.format === undefined) session.print(renderProofs(proofs, session.out));
    else session.printData({ proofs, problems: mesh.problems });
    session.report(mesh.problems);
    return codeOf(proofs, mesh.problems);
  });
}

function codeOf(proofs: readonly ProvenPath[], problems: readonly Problem[]): number {
  if (proofs.some(({ verdict }) => verdict === "broken") || hasErrors(problems)) return exitCodes.broken;
  const isSeen =
    proofs.every(({ verdict }) => verdict === "ok") && problems.every((each) => severityOf(each) !== "delay");
  return isSeen ? exitCodes.ok : failureCode("verify");
}
