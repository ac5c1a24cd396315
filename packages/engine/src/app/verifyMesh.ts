import { hasErrors, type Problem } from "@isthmus/core";
import { type PlanLosses, type PlanScope, planLosses } from "@isthmus/core/plan";
import type { ProofStatus } from "@isthmus/core/verify";
import type { ReadOptions } from "../observe/readClusters.ts";
import { reachOf } from "../target/reachOf.ts";
import { type ProvenPath, proveMesh, type WireChoice } from "../verify/proveMesh.ts";
import { type DeclaredMesh, planMesh } from "./planMesh.ts";
import { isPathIn, type ScopeWords, scopeOf } from "./scope.ts";
import { tryUntil } from "./tryUntil.ts";

export interface VerifyMeshOptions extends ReadOptions {
  /** Only these paths; all unless set. */
  readonly scope?: ScopeWords;
  /** In place of `scope`: what was chosen before something was written, of which all may be gone now. */
  readonly chosen?: PlanScope;
  readonly wire: WireChoice;
  /** Milliseconds to wait for every path to stand; none unless set. */
  readonly wait?: number;
  readonly now: () => Date;
  /** Told once, how many paths will be called; not while waiting. */
  readonly onCalls?: (paths: number) => void;
  /** Told before each wait, with what it waits for. */
  readonly onWait?: (verified: VerifiedMesh) => void;
}

export interface VerifiedMesh {
  /** `ok`: every path stands and everything could be read; `broken`: something does not, or is declared wrongly. */
  readonly verdict: ProofStatus;
  readonly proofs: readonly ProvenPath[];
  /** Whose objects are there although no file declares them any longer. */
  readonly undeclared: PlanLosses["undeclared"];
  readonly problems: readonly Problem[];
}

/** Milliseconds. */
const callTimeout = 5000;

/**
 * Proves each declared path: that what it needs is in place, that a call gets there on paper, and on the wire where it can be
 * called from here. Once, or with `wait` again until every path stands or the time is over: then as it was last. Throws only
 * the reason of a signal that stops.
 */
export function verifyMesh(mesh: DeclaredMesh, options: VerifyMeshOptions): Promise<VerifiedMesh> {
  return tryUntil(() => verifyNow(mesh, options), { ...options, isEnough: ({ verdict }) => verdict === "ok" });
}

async function verifyNow(
  mesh: DeclaredMesh,
  { wire, wait, now, onCalls, scope = {}, chosen, ...reading }: VerifyMeshOptions,
): Promise<VerifiedMesh> {
  const stopping = reading.signal === undefined ? {} : { signal: reading.signal };
  const whole = await planMesh(mesh, reading);
  const asked = chosen ?? scopeOf(whole, scope);
  const paths = whole.paths.filter((path) => isPathIn(asked, path));
  const planned = { ...whole, paths, compiled: { ...whole.compiled, paths } };
  const proofs = await proveMesh(planned, {
    ...{ wire, now, ...stopping },
    reach: reachOf(mesh.targets),
    timeout: callTimeout,
    ...(wait === undefined && onCalls !== undefined ? { onStart: onCalls } : {}),
  });
  const { problems, intents, plan, observed } = planned;
  const { undeclared } = planLosses(intents, plan, observed);
  const verdict = verdictOf(proofs, problems);
  // Whoever asks for something gets no yes to nothing.
  const isAsked = chosen === undefined && (asked.owners !== undefined || asked.clusters !== undefined);
  const isNothing = isAsked && proofs.length === 0 && verdict === "ok";
  return { verdict: isNothing ? "unknown" : verdict, proofs, undeclared, problems };
}

function verdictOf(proofs: readonly ProvenPath[], problems: readonly Problem[]): ProofStatus {
  if (proofs.some(({ verdict }) => verdict === "broken") || hasErrors(problems)) return "broken";
  const isSeen =
    proofs.every(({ verdict }) => verdict === "ok") && problems.every(({ severity }) => severity !== "pending");
  return isSeen ? "ok" : "unknown";
}
