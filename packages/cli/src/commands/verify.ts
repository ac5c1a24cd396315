import { setTimeout as delay } from "node:timers/promises";
import { hasErrors, type Problem, severityOf } from "@isthmus/core";
import { type ProvenPath, proveMesh, type WireChoice } from "@isthmus/engine";
import { exitCodes, failureCode } from "../exit.ts";
import { reachOf } from "../reachOf.ts";
import { readDeclarations } from "../readDeclarations.ts";
import { urlOf } from "../render/paths.ts";
import { proofLines } from "../render/proofLines.ts";
import { renderProofs } from "../render/proofs.ts";
import type { Session } from "../session.ts";
import { type MeshNow, withMesh } from "../withMesh.ts";

export interface VerifyOptions {
  /** True: every path must be called; false: none is. */
  readonly probe?: boolean;
  /** Milliseconds to wait for every path to stand. */
  readonly wait?: number;
  readonly junit?: boolean;
}

interface Verified {
  readonly proofs: readonly ProvenPath[];
  readonly problems: readonly Problem[];
}

/** Milliseconds. */
const betweenTries = 2000;
const callTimeout = 5000;

/**
 * Proves each declared path: that what it needs is in place, that a call gets there on paper, and on the wire where it can be
 * called from here.
 */
export async function verify(session: Session, options: VerifyOptions): Promise<number> {
  return withMesh(session, await readDeclarations(session), {}, async (mesh, readAgain) => {
    const verified = await verifyInTime(session, mesh, readAgain, options);
    await print(session, verified, options);
    session.report(verified.problems);
    return codeOf(verified);
  });
}

/** Once, or with `--wait` again until every path stands or the time is over: then as it was last. */
async function verifyInTime(
  session: Session,
  first: MeshNow,
  readAgain: () => Promise<MeshNow>,
  options: VerifyOptions,
): Promise<Verified> {
  const deadline = performance.now() + (options.wait ?? 0);
  let told = "";
  for (let mesh = first; ; mesh = await readAgain()) {
    const verified = { proofs: await prove(session, mesh, options), problems: mesh.problems };
    if (codeOf(verified) === exitCodes.ok || performance.now() + betweenTries > deadline) return verified;
    const waiting = waitingFor(verified);
    if (waiting !== told) session.note(session.err.faint(`Waiting: ${waiting} …\n`));
    told = waiting;
    await delay(betweenTries, undefined, { signal: session.signal });
  }
}

function prove(session: Session, mesh: MeshNow, { probe, wait }: VerifyOptions): Promise<readonly ProvenPath[]> {
  const onStart = (paths: number) =>
    session.note(session.err.faint(`Calling ${paths} ${paths === 1 ? "path" : "paths"} …\n`));
  return proveMesh(mesh, {
    wire: wireOf(probe),
    reach: reachOf(mesh.targets),
    timeout: callTimeout,
    now: () => new Date(),
    signal: session.signal,
    ...(wait === undefined ? { onStart } : {}),
  });
}

function wireOf(probe: boolean | undefined): WireChoice {
  if (probe === undefined) return "where possible";
  return probe ? "always" : "never";
}

/** `2 of 3 paths, first http://httpbin.bar.cluster2:8000: gateway: none of 1 gateway pods is ready` */
function waitingFor({ proofs, problems }: Verified): string {
  const open = proofs.filter(({ verdict }) => verdict !== "ok");
  const [first] = open;
  if (first === undefined) return problems.find((problem) => severityOf(problem) !== "warning")?.message ?? "";
  const lines = proofLines(first);
  const fault = lines.find(({ status }) => status === "broken") ?? lines.find(({ status }) => status !== "ok");
  const reason = fault === undefined ? "" : `: ${fault.name}: ${fault.detail}`;
  return `${open.length} of ${proofs.length} paths, first ${urlOf(first.path)}${reason}`;
}

async function print(session: Session, { proofs, problems }: Verified, { junit }: VerifyOptions): Promise<void> {
  if (junit === true) {
    const { renderJunit } = await import("../render/junit.ts");
    const { proofSuites } = await import("../render/proofSuites.ts");
    session.print(renderJunit("isthmus verify", proofSuites(proofs, problems)));
  } else if (session.format === undefined) {
    session.print(renderProofs(proofs, session.out));
  } else {
    session.printData({ proofs, problems });
  }
}

function codeOf({ proofs, problems }: Verified): number {
  if (proofs.some(({ verdict }) => verdict === "broken") || hasErrors(problems)) return exitCodes.broken;
  const isSeen =
    proofs.every(({ verdict }) => verdict === "ok") && problems.every((each) => severityOf(each) !== "delay");
  return isSeen ? exitCodes.ok : failureCode("verify");
}
