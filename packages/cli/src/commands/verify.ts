import { graph } from "@isthmus/core/trace";
import { type ScopeWords, type VerifiedMesh, verifyMesh, type WireChoice } from "@isthmus/engine";
import { exitCodes, failureCode } from "../exit.ts";
import { readDeclarations } from "../readDeclarations.ts";
import { isGraphFormat, renderGraph } from "../render/graph.ts";
import { urlOf } from "../render/paths.ts";
import { renderUndeclared } from "../render/plan.ts";
import { proofLines } from "../render/proofLines.ts";
import { renderProofs } from "../render/proofs.ts";
import type { Session } from "../session.ts";
import { withMesh } from "../withMesh.ts";

export interface VerifyOptions {
  /** True: every path must be called; false: none is. */
  readonly probe?: boolean;
  readonly scope?: ScopeWords;
  /** Milliseconds to wait for every path to stand. */
  readonly wait?: number;
}

/** Proves each declared path and tells. */
export async function verify(session: Session, options: VerifyOptions): Promise<number> {
  return withMesh(session, await readDeclarations(session), async (declared) => {
    const verified = await verifyMesh(declared, {
      scope: options.scope ?? {},
      ...{ ...progressOf(session), wire: wireOf(options.probe), now: () => new Date() },
      ...session.reading,
      ...(options.wait === undefined ? {} : { wait: options.wait }),
    });
    await print(session, verified);
    session.report(verified.problems);
    return codeOf(verified);
  });
}

/** Tells what a proof calls, and what it waits for. */
export function progressOf({ note, err }: Session) {
  let told = "";
  return {
    onCalls: (paths: number) => note(err.faint(`Calling ${paths} ${paths === 1 ? "path" : "paths"} …\n`)),
    onWait: (verified: VerifiedMesh) => {
      const waiting = waitingFor(verified);
      if (waiting !== told) note(err.faint(`Waiting: ${waiting} …\n`));
      told = waiting;
    },
  };
}

function wireOf(probe: boolean | undefined): WireChoice {
  if (probe === undefined) return "where possible";
  return probe ? "always" : "never";
}

/** `2 of 3 paths, first http://httpbin.bar.cluster2:8000: gateway: none of 1 gateway pods is ready` */
function waitingFor({ proofs, problems }: VerifiedMesh): string {
  const open = proofs.filter(({ verdict }) => verdict !== "ok");
  const [first] = open;
  if (first === undefined) return problems.find((problem) => problem.severity !== "warning")?.message ?? "";
  const lines = proofLines(first);
  const fault = lines.find(({ status }) => status === "broken") ?? lines.find(({ status }) => status !== "ok");
  const reason = fault === undefined ? "" : `: ${fault.name}: ${fault.detail}`;
  return `${open.length} of ${proofs.length} paths, first ${urlOf(first.path)}${reason}`;
}

async function print(session: Session, { proofs, problems, undeclared }: VerifiedMesh): Promise<void> {
  const { ownFormat } = session;
  if (ownFormat === "junit") {
    const { renderJunit } = await import("../render/junit.ts");
    const { proofSuites } = await import("../render/proofSuites.ts");
    session.print(renderJunit("isthmus verify", proofSuites(proofs, problems)));
  } else if (isGraphFormat(ownFormat)) {
    session.print(renderGraph(graph(proofs.map(({ trace }) => trace)), ownFormat));
  } else if (session.format === undefined) {
    session.print(renderProofs(proofs, session.out) + renderUndeclared(undeclared, session.out));
  } else {
    session.printData("Verification", { proofs, undeclared, problems });
  }
}

function codeOf({ verdict }: VerifiedMesh): number {
  switch (verdict) {
    case "ok":
      return exitCodes.ok;
    case "broken":
      return exitCodes.broken;
    case "unknown":
      return failureCode("verify");
  }
}
