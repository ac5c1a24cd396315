import { setTimeout as delay } from "node:timers/promises";
import { isDeepStrictEqual } from "node:util";
import { type Admission, hasErrors, type KubeObject, keyOf, ownerOfAdmission, refOf } from "@isthmus/core";
import type { PathTrace } from "@isthmus/core/trace";
import { declaredStates, type Pacing, pauseAfter, type Target } from "@isthmus/engine";
import pLimit from "p-limit";
import { type DeclarationStatus, finalizer, type Hub } from "../hub/hub.ts";
import type { Jobs } from "../keep/jobs.ts";
import type { Turn } from "../keep/keeper.ts";
import { Blames } from "../proof/blames.ts";
import { nameOfPath, type PathNews, PathVerdicts } from "../proof/pathNews.ts";
import { clusterConditions, meshConditions } from "../status/administratorsStatus.ts";
import { type ConditionDraft, conditionsAfter, conditionsIn } from "../status/conditions.ts";
import { declarationConditions } from "../status/declarationStatus.ts";

export interface PublisherOptions {
  readonly hub: Hub;
  readonly jobs: Jobs;
  readonly targets: () => ReadonlyMap<string, Target>;
  /** An object of the management cluster as it is known now. */
  readonly current: (object: KubeObject) => KubeObject | undefined;
  readonly mayWrite: () => boolean;
  readonly pacing: Pacing;
  readonly failed: (failure: unknown) => void;
}

/** What a turn says of all declarations. */
interface Said {
  readonly turn: Turn;
  readonly states: ReturnType<typeof declaredStates>;
  readonly hosts: ReadonlyMap<string, readonly string[]>;
  /** Of each owner the first path that does not work. */
  readonly broken: ReadonlyMap<string, PathTrace>;
}

/** Milliseconds that the watch gets to show what was written. */
const toShow = 5_000;

/** Writes on the management cluster what each turn found: statuses, finalizers and Events. Only what is not as it should be is written. */
export class Publisher {
  readonly #options: PublisherOptions;
  readonly #limit = pLimit(8);
  /** Statuses that were written, and that the watch may not have shown yet. */
  readonly #written = new Map<string, { readonly status: DeclarationStatus; readonly until: number }>();
  readonly #verdicts = new PathVerdicts();
  readonly #blames = new Blames();
  /** Not told yet. */
  #news: PathNews[] = [];
  #last: Turn | undefined;
  #isStale = false;
  #work: Promise<void> | undefined;
  #wake = () => {};

  constructor(options: PublisherOptions) {
    this.#options = options;
  }

  /** Takes a turn; it is written beside the next ones, the latest alone where there are several. */
  offer(turn: Turn, signal: AbortSignal): void {
    this.#news.push(...this.#verdicts.after(turn.kept.traces.traces));
    this.#last = turn;
    this.#again(signal);
  }

  /** A status as the watch shows it: what somebody else made of it is put right. */
  seen(object: KubeObject, signal: AbortSignal): void {
    const key = keyOfObject(object);
    const written = this.#written.get(key);
    this.#written.delete(key);
    if (written === undefined || !isAsWritten(object.status, written.status)) this.#again(signal);
  }

  async idle(): Promise<void> {
    await this.#work;
  }

  #again(signal: AbortSignal): void {
    this.#isStale = true;
    this.#wake();
    this.#work ??= this.#run(signal).finally(() => {
      this.#work = undefined;
    });
  }

  async #run(signal: AbortSignal): Promise<void> {
    for (let failures = 0; this.#isStale && this.#last !== undefined && !signal.aborted; ) {
      this.#isStale = false;
      const failure = await this.#publish(this.#last, signal).then(
        () => undefined,
        (reason: unknown) => ({ reason }),
      );
      failures = failure === undefined ? 0 : failures + 1;
      if (failure === undefined || signal.aborted) continue;
      this.#options.failed(failure.reason);
      await this.#pause(pauseAfter(failures, this.#options.pacing), signal);
      this.#isStale = true;
    }
  }

  /** Until the time is over, or there is something new. */
  async #pause(milliseconds: number, signal: AbortSignal): Promise<void> {
    const ended = new AbortController();
    this.#wake = () => ended.abort();
    const own = AbortSignal.any([signal, ended.signal]);
    await delay(milliseconds, undefined, { signal: own }).catch(() => {});
    this.#wake = () => {};
  }

  /** Writes what can be written, and rejects with the first failure. */
  async #publish(turn: Turn, signal: AbortSignal): Promise<void> {
    const { mayWrite, targets } = this.#options;
    if (!mayWrite()) {
      this.#news = [];
      return;
    }
    const news = this.#news.splice(0);
    const said = this.#said(turn);
    const blamed = [...said.broken.values(), ...news.map(({ traced }) => traced)];
    await this.#blames.learn(
      blamed.map(({ trace }) => trace),
      targets(),
      signal,
    );
    const { admissions } = turn.admitted;
    this.#forget(admissions);
    const written = admissions.map((each) => this.#limit(() => this.#one(each, said, signal)));
    const told = news.map((each) =>
      this.#limit(() => this.#tell(each, turn, signal)).catch((failure: unknown) => {
        this.#news.push(each);
        throw failure;
      }),
    );
    for (const result of await Promise.allSettled([...written, ...told])) {
      if (result.status === "rejected") throw result.reason;
    }
  }

  #said(turn: Turn): Said {
    const { compiled, traces, plan } = turn.kept;
    const broken = new Map<string, PathTrace>();
    const hosts = new Map<string, Set<string>>();
    for (const each of traces.traces) {
      const { owner, host } = each.path;
      const isBroken = each.trace.verdict === "broken" || each.trace.verdict === "partly";
      if (isBroken && !broken.has(owner)) broken.set(owner, each);
      const known = hosts.get(owner);
      if (known === undefined) hosts.set(owner, new Set([host]));
      else known.add(host);
    }
    return {
      turn,
      states: declaredStates({ plan: plan.plan, held: compiled.held, traces: traces.traces }),
      hosts: new Map([...hosts].map(([owner, each]) => [owner, [...each].sort()])),
      broken,
    };
  }

  async #one(admission: Admission, { turn, states, hosts, broken }: Said, signal: AbortSignal): Promise<void> {
    const { hub, jobs, mayWrite } = this.#options;
    if (!mayWrite()) return;
    const { object, problems } = admission;
    const { observed } = turn.kept.world;
    if (object.kind === "Mesh") return this.#write(object, meshConditions(admission), {}, signal);
    if (object.kind === "MeshCluster") return this.#write(object, clusterConditions(admission, observed), {}, signal);
    const owner = ownerOfAdmission(admission);
    const isKept = object.metadata.finalizers?.includes(finalizer) === true;
    if (object.metadata.deletionTimestamp !== undefined) {
      const why = this.#whyNotCleared(owner, turn);
      if (why !== undefined) return this.#write(object, [going(why)], {}, signal);
      if (isKept) await hub.removeFinalizer(object, signal);
      return;
    }
    if (!isKept && !hasErrors(problems)) await hub.addFinalizer(object, signal);
    const state = states(owner);
    const first = broken.get(owner);
    const drafts = declarationConditions(admission, {
      state,
      refusal: turn.admitted.refusal,
      paused: turn.paused.get(owner) ?? (state.state === "to apply" ? turn.halted : undefined),
      stopped: turn.stopped.get(owner),
      failure: jobs.problemOf(owner),
      blame: first && this.#blames.textOf(first.trace),
    });
    const { works, broken: wrong, unknown } = state.paths;
    const more = { hosts: hosts.get(owner) ?? [], paths: { works, broken: wrong, unknown } };
    await this.#write(object, drafts, more, signal);
  }

  /** Why a declaration that was deleted has to stay, for people; undefined once nothing of it is left in any declared cluster. */
  #whyNotCleared(owner: string, { kept, halted, paused, stopped, admitted }: Turn): string | undefined {
    const { observed } = kept.world;
    const problem = stopped.get(owner);
    if (halted !== undefined) return `Nothing is written now: ${halted}.`;
    if (problem !== undefined) return `${problem.message}. ${problem.hint}`;
    const pause = paused.get(owner);
    if (pause !== undefined) return `Nothing is written: ${pause}.`;
    const away = admitted.intents.clusters.find(({ metadata }) => !observed.clusters.has(metadata.name));
    if (away !== undefined) return `Waits for cluster ${away.metadata.name}, which cannot be read.`;
    const isThere = kept.plan.plan.actions.some((action) => action.owner === owner || action.formerOwner === owner);
    return isThere || this.#options.jobs.isBusy(owner) ? "What it has in the clusters is being deleted." : undefined;
  }

  async #write(
    object: KubeObject,
    drafts: readonly ConditionDraft[],
    more: Readonly<Record<string, unknown>>,
    signal: AbortSignal,
  ): Promise<void> {
    const { hub, current } = this.#options;
    const key = keyOfObject(object);
    const written = this.#written.get(key);
    const isRecent = written !== undefined && performance.now() < written.until;
    const before = isRecent ? written.status : current(object)?.status;
    const { generation = 0 } = object.metadata;
    const time = `${new Date().toISOString().slice(0, 19)}Z`;
    const conditions = conditionsAfter(conditionsIn(before), drafts, { generation, time });
    const status = { observedGeneration: generation, conditions, ...more };
    if (isAsWritten(before, status)) return;
    this.#written.set(key, { status, until: performance.now() + toShow });
    await hub.writeStatus(object, status, signal).catch((failure: unknown) => {
      this.#written.delete(key);
      throw failure;
    });
  }

  async #tell({ type, traced: { path, trace } }: PathNews, { admitted }: Turn, signal: AbortSignal): Promise<void> {
    const object = admitted.admissions.find((admission) => ownerOfAdmission(admission) === path.owner)?.object;
    if (object === undefined || !this.#options.mayWrite()) return;
    const name = nameOfPath(path);
    const draft =
      type === "broken"
        ? ({
            type: "Warning",
            reason: "PathBroken",
            note: `${name} is broken: ${this.#blames.textOf(trace) ?? ""}`,
          } as const)
        : ({ type: "Normal", reason: "PathHealed", note: `${name} works again` } as const);
    await this.#options.hub.tell(object, { ...draft, action: "Proof" }, signal);
  }

  /** Declarations that are there no longer. */
  #forget(admissions: readonly Admission[]): void {
    if (this.#written.size <= admissions.length) return;
    const keys = new Set(admissions.map(({ object }) => keyOfObject(object)));
    for (const key of this.#written.keys()) if (!keys.has(key)) this.#written.delete(key);
  }
}

function keyOfObject(object: KubeObject): string {
  return `${keyOf(refOf(object))} ${object.metadata.uid ?? ""}`;
}

/** All fields that we write; others may have theirs. */
const ownFields = ["observedGeneration", "conditions", "hosts", "paths"] as const;

function isAsWritten(found: unknown, status: DeclarationStatus): boolean {
  const there = (found ?? {}) as Readonly<Record<string, unknown>>;
  return ownFields.every((field) => isDeepStrictEqual(there[field], status[field]));
}

function going(message: string): ConditionDraft {
  return { type: "Ready", status: "False", reason: "Deleting", message };
}
