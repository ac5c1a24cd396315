import { stat } from "node:fs/promises";
import { resolve } from "node:path";
import { declaredOwners, isPartial, say, usage } from "@isthmus/core";
import { leftOut, type Plan, type PlanOptions, type PlanScope, writesOf } from "@isthmus/core/plan";
import {
  type AllowedPlans,
  type JudgedMesh,
  narrowMesh,
  type PlannedMesh,
  planMesh,
  type ReconcileEvent,
  readSavedPlan,
  recheckSavedPlan,
  reconcile,
  type ScopeWords,
  scopeOf,
  type VerifiedMesh,
  verifyMesh,
  withTargets,
} from "@isthmus/engine";
import { confirm } from "../confirm.ts";
import { exitCodes } from "../exit.ts";
import { isInteractive } from "../io.ts";
import { readDeclarations, readDeclarationsQuietly } from "../readDeclarations.ts";
import { renderOutcome } from "../render/outcome.ts";
import { renderPlan } from "../render/plan.ts";
import { planData } from "../render/planData.ts";
import { renderProofs } from "../render/proofs.ts";
import { isNarrowed, type ScopeOptions, scopeWords } from "../scopeOptions.ts";
import type { Session } from "../session.ts";
import { notUnderstood, withMesh } from "../withMesh.ts";
import { writeTeller } from "../writeTeller.ts";
import { progressOf } from "./verify.ts";

export interface ApplyOptions extends Partial<PlanOptions>, Partial<AllowedPlans>, ScopeOptions {
  /** As `--max-delete 100%`. */
  readonly allowMassDelete?: boolean;
  readonly yes?: boolean;
  readonly dryRun?: boolean;
  /** Milliseconds to wait for the proxies, and for every path to stand. */
  readonly wait?: number;
}

/** An apply of what the words are about. */
interface CarryOutOptions extends ApplyOptions {
  readonly scope?: ScopeWords;
  /** The same of a saved plan. */
  readonly chosen?: PlanScope;
}

/** Makes the clusters as declared: plans, shows, asks, writes. Nothing at all is written while there is an error. */
export async function apply(session: Session, words: readonly string[], options: ApplyOptions): Promise<number> {
  const { ways } = session;
  const saved = await savedPlanAmong(session, words);
  if (saved === undefined) {
    return withMesh(session, await readDeclarations(session), async (declared) => {
      const planned = await planMesh(declared, { ...options, ...session.reading });
      const scope = scopeWords(words, options);
      return carryOut(session, narrowMesh(planned, scope), { ...options, scope });
    });
  }
  if (
    isNarrowed(
      words.filter((word) => word !== saved),
      options,
    )
  ) {
    const hint = "plan again with these services, and save that";
    throw usage(say`a saved plan is applied as a whole`, hint);
  }
  if (session.options.filename.length > 0) {
    const hint = "leave out -f; or plan again with it";
    throw usage(say`a saved plan has its declarations with it`, hint);
  }
  const file = resolve(ways.cwd, saved);
  const { saved: plan, problems } = await readSavedPlan(file);
  if (plan === undefined) return notUnderstood(session, problems);
  return withTargets(plan.intents, { ...ways, sources: { fileOf: () => file } }, async (targets) =>
    carryOut(session, await recheckSavedPlan(plan, targets, { adopt: options.adopt === true, ...session.reading }), {
      ...options,
      chosen: wholeIn(plan.plan),
      // Whoever saved it has looked at it.
      yes: options.yes === true || !isInteractive(session.io),
    }),
  );
}

/** What a saved plan does as a whole: of what was left out nobody expects that it stands. */
function wholeIn(plan: Plan): PlanScope {
  const others = new Set(leftOut(plan).map(({ owner }) => owner));
  if (others.size === 0) return {};
  return { owners: new Set(plan.actions.map(({ owner }) => owner).filter((owner) => !others.has(owner))) };
}

/** The word that names a file. A service whose name is that of a file here as well is called by namespace/name. */
async function savedPlanAmong(session: Session, words: readonly string[]): Promise<string | undefined> {
  for (const word of words) {
    if (word.startsWith(".") || word.startsWith("/")) return word;
    const found = await stat(resolve(session.ways.cwd, word)).catch(() => undefined);
    if (found?.isFile() === true) return word;
    if (word.endsWith(".plan") && !(await isDeclared(session, word))) return word;
  }
  return undefined;
}

/** Whether `web.plan` is a service of namespace plan. */
async function isDeclared(session: Session, word: string): Promise<boolean> {
  const { intents } = await readDeclarationsQuietly(session).catch(() => ({ intents: undefined }));
  const declared = intents === undefined ? [] : declaredOwners(intents);
  return declared.some(({ declaration: { metadata } }) => `${metadata.name}.${metadata.namespace}` === word);
}

/** Shows a plan, asks, and writes; the exit code. */
export async function carryOut(session: Session, planned: PlannedMesh, options: CarryOutOptions): Promise<number> {
  const { allowBrokenPaths = false, dryRun = false, yes = false } = options;
  const maxDelete = options.allowMassDelete === true ? { percent: 100 } : options.maxDelete;
  const asks = !yes && !dryRun;
  // Now: what this apply removes cannot be named any longer.
  const chosen = options.chosen ?? scopeOf(planned, options.scope ?? {});
  const teller = writeTeller(session, { dryRun });
  let isCancelled = false;
  let mesh: JudgedMesh | undefined;
  let stopped: Extract<ReconcileEvent, { readonly type: "stopped" }>["because"] | undefined;
  const approve = async (judged: JudgedMesh) => {
    // A pipeline that would have gone on without an alarm is not one that forgot to say --yes.
    if (judged.alarm !== undefined && !isInteractive(session.io)) return false;
    const answer = await confirm(session, questionFor(judged));
    isCancelled = answer === "cancelled";
    return answer === "yes";
  };
  for await (const event of reconcile(planned, {
    ...{ allowBrokenPaths, dryRun, signal: session.signal },
    thenSettle: Math.min(options.wait ?? 0, longestAcknowledgement),
    ...(maxDelete === undefined ? {} : { maxDelete }),
    ...(asks ? { approve } : {}),
  })) {
    if (event.type === "planned") {
      mesh = event.mesh;
      session.note(renderPlan(mesh, session.err));
      session.report([...mesh.problems, ...(mesh.alarm === undefined ? [] : [mesh.alarm])]);
    } else if (event.type === "stopped") stopped = event.because;
    else teller.tell(event);
  }
  if (isCancelled) return exitCodes.interrupted;

  const { written, waits } = teller;
  session.report(written.flatMap(({ result, problem }) => (result === "failed" && problem ? [problem] : [])));
  // What cannot be read or reached now is still to be done.
  const isDelayed = isPartial(planned.problems);
  const isDone =
    stopped === undefined ? written.every(({ result }) => result === "done") : stopped === "nothing to write";
  const { wait } = options;
  const proves = isDone && !dryRun && wait !== undefined;
  const proof = proves ? await provenWithin(session, planned, { wait, chosen }).catch(interrupted(session)) : undefined;
  const verified = proof === "interrupted" ? undefined : proof;
  const text = () => {
    if (stopped === undefined) return renderOutcome(written, { elapsed: teller.elapsed(), dryRun }, session.out);
    if (stopped !== "nothing to write") return "Nothing was applied.\n";
    return isDelayed ? "Nothing can be done now.\n" : "Nothing to do: the clusters are as declared.\n";
  };
  if (session.format === undefined) {
    session.print(`${text()}${verified === undefined ? "" : renderProofs(verified.proofs, session.out)}`);
  } else {
    const data = planData(mesh ?? planned);
    const alarms = mesh?.alarm === undefined ? [] : [mesh.alarm];
    session.printData("Apply", {
      ...data,
      problems: [...data.problems, ...alarms],
      written,
      waits,
      ...(verified && { proofs: verified.proofs }),
    });
  }
  // What was written is told all the same.
  if (proof === "interrupted") throw session.signal.reason;
  const stands = verified === undefined || verified.verdict === "ok";
  return isDone && !isDelayed && stands ? exitCodes.ok : exitCodes.failed;
}

/** Milliseconds. What proxies have not acknowledged by then shows in the proof, if it matters. */
const longestAcknowledgement = 10_000;

/** How the planned paths stand, once they do or after so long. */
function provenWithin(
  session: Session,
  { intents, targets, sources }: PlannedMesh,
  { wait, chosen }: { readonly wait: number; readonly chosen: PlanScope },
): Promise<VerifiedMesh> {
  return verifyMesh(
    { intents, targets, ...(sources && { sources }) },
    { ...{ ...progressOf(session), ...session.reading, wait, chosen }, wire: "where possible", now: () => new Date() },
  );
}

/** Ctrl-C, or the end of the time, is an answer; anything else is thrown on. */
function interrupted({ signal }: Session): (failure: unknown) => "interrupted" {
  return (failure) => {
    if (signal.aborted) return "interrupted";
    throw failure;
  };
}

function questionFor({ plan, alarm, losses }: JudgedMesh): string {
  const count = writesOf(plan);
  const clusters = new Set(plan.actions.filter(({ verb }) => verb !== "noop").map(({ cluster }) => cluster)).size;
  const what = `${count} change${count === 1 ? "" : "s"} to ${clusters} cluster${clusters === 1 ? "" : "s"}`;
  const { goingPaths, undeclared } = losses;
  const lost = [
    ...(goingPaths.length === 0 ? [] : [`${goingPaths.length} path${goingPaths.length === 1 ? "" : "s"} will be gone`]),
    ...(undeclared.length === 0 ? [] : [`no file declares ${some(undeclared.map(({ owner }) => owner))} any longer`]),
    ...(alarm === undefined ? [] : [alarm.message]),
  ];
  return lost.length === 0 ? `Apply ${what}?` : `${capitalized(lost.join(", "))}. Apply ${what} all the same?`;
}

function some([first = "", ...others]: readonly string[]): string {
  return others.length === 0 ? first : `${first} and ${others.length} more`;
}

function capitalized(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}
