import { isDeepStrictEqual } from "node:util";
import {
  type Admission,
  type DeclaredPath,
  hasErrors,
  type KubeObject,
  keyOf,
  refOf,
  showHostPort,
} from "@isthmus/core";
import type { PathTrace } from "@isthmus/core/trace";
import { declaredStates, type Target } from "@isthmus/engine";
import { withDeadline } from "@isthmus/kube";
import pLimit from "p-limit";
import { type DeclarationStatus, finalizer, type Hub } from "../hub/hub.ts";
import type { Jobs } from "../keep/jobs.ts";
import type { Turn } from "../keep/keeper.ts";
import { blame } from "../proof/blame.ts";
import { pathNews } from "../proof/pathNews.ts";
import { clusterConditions } from "../status/clusterStatus.ts";
import { type ConditionDraft, conditionsAfter, conditionsIn } from "../status/conditions.ts";
import { declarationConditions, ownerOfAdmission } from "../status/declarationStatus.ts";

export interface PublisherOptions {
  readonly hub: Hub;
  readonly jobs: Jobs;
  readonly targets: () => ReadonlyMap<string, Target>;
  /** An object of the management cluster as it is known now. */
  readonly current: (object: KubeObject) => KubeObject | undefined;
  readonly mayWrite: () => boolean;
  readonly failed: (failure: unknown) => void;
}

/** Milliseconds that the watch gets to show what was written. */
const toShow = 5_000;

interface News {
  readonly owner: string;
  readonly type: "broken" | "healed";
  readonly traced: PathTrace;
}

/** Writes on the management cluster what each turn found: statuses, finalizers and Events. Only what changed is written. */
export class Publisher {
  readonly #options: PublisherOptions;
  readonly #limit = pLimit(8);
  /** Statuses that were written, and that the watch may not have shown yet. */
  readonly #written = new Map<string, { readonly status: DeclarationStatus; readonly until: number }>();
  /** Owner -> what broke its path, and who did. */
  readonly #blames = new Map<string, string>();
  /** Paths that worked once and do not now. */
  readonly #broken = new Set<string>();
  #news: News[] = [];
  #latest: Turn | undefined;
  #work: Promise<void> | undefined;

  constructor(options: PublisherOptions) {
    this.#options = options;
  }

  /** Takes a turn; it is written beside the next ones, the latest alone where there are several. */
  offer(turn: Turn, signal: AbortSignal): void {
    const { broken, healed } = pathNews(turn.previous?.traces, turn.kept.traces);
    for (const traced of broken) {
      this.#broken.add(nameOf(traced.path));
      this.#news.push({ owner: traced.path.owner, type: "broken", traced });
    }
    for (const traced of healed) {
      // One that comes to be was not broken by anybody.
      if (this.#broken.delete(nameOf(traced.path)))
        this.#news.push({ owner: traced.path.owner, type: "healed", traced });
    }
    this.#latest = turn;
    this.#work ??= this.#run(signal).finally(() => {
      this.#work = undefined;
    });
  }

  async idle(): Promise<void> {
    await this.#work;
  }

  async #run(signal: AbortSignal): Promise<void> {
    try {
      for (let turn = this.#latest; turn !== undefined && !signal.aborted; turn = this.#latest) {
        this.#latest = undefined;
        await this.#publish(turn, signal);
      }
    } catch (failure) {
      if (!signal.aborted) this.#options.failed(failure);
    }
  }

  async #publish(turn: Turn, signal: AbortSignal): Promise<void> {
    const news = this.#news;
    this.#news = [];
    if (!this.#options.mayWrite()) return;
    await this.#blame(news, signal);
    const { admitted, kept } = turn;
    const { compiled, traces, plan } = kept;
    const states = declaredStates({ plan: plan.plan, held: compiled.held, traces: traces.traces });
    const hosts = hostsByOwner(traces.traces);
    await Promise.all(
      admitted.admissions.map((admission) => this.#limit(() => this.#one(admission, { turn, states, hosts }, signal))),
    );
    await Promise.all(news.map((each) => this.#limit(() => this.#tell(each, turn, signal))));
  }

  async #one(
    admission: Admission,
    {
      turn,
      states,
      hosts,
    }: {
      readonly turn: Turn;
      readonly states: ReturnType<typeof declaredStates>;
      readonly hosts: ReadonlyMap<string, readonly string[]>;
    },
    signal: AbortSignal,
  ): Promise<void> {
    const { hub, jobs } = this.#options;
    const { object, problems } = admission;
    const { observed } = turn.kept.world;
    if (object.kind === "Mesh" || object.kind === "MeshCluster") {
      const drafts = object.kind === "Mesh" ? meshConditions(admission) : clusterConditions(admission, observed);
      await this.#write(object, drafts, {}, signal);
      return;
    }
    const owner = ownerOfAdmission(admission);
    const isKept = object.metadata.finalizers?.includes(finalizer) === true;
    if (object.metadata.deletionTimestamp !== undefined) {
      if (isKept && isCleared(owner, turn)) {
        await hub.setFinalizer(object, false, signal);
        return;
      }
      const drafts = [goingCondition(owner, turn)];
      await this.#write(object, drafts, {}, signal);
      return;
    }
    if (!isKept && !hasErrors(problems)) await hub.setFinalizer(object, true, signal);
    const state = states(owner);
    const drafts = declarationConditions(admission, {
      state,
      hosts: hosts.get(owner) ?? [],
      refusal: turn.admitted.refusal,
      stopped: turn.stopped.get(owner),
      failure: jobs.problemOf(owner),
      blame: this.#blames.get(owner),
    });
    const { works, broken, unknown } = state.paths;
    await this.#write(object, drafts, { hosts: hosts.get(owner) ?? [], paths: { works, broken, unknown } }, signal);
  }

  async #write(
    object: KubeObject,
    drafts: readonly ConditionDraft[],
    more: Readonly<Record<string, unknown>>,
    signal: AbortSignal,
  ): Promise<void> {
    const { hub, current } = this.#options;
    const key = `${keyOf(refOf(object))} ${object.metadata.uid ?? ""}`;
    const written = this.#written.get(key);
    const before =
      written !== undefined && performance.now() < written.until ? written.status : current(object)?.status;
    const { generation = 0 } = object.metadata;
    const conditions = conditionsAfter(conditionsIn(before), drafts, { generation, time: secondsNow() });
    const status = { observedGeneration: generation, conditions, ...more };
    if (isDeepStrictEqual(before, status)) return;
    await hub.writeStatus(object, status, signal);
    this.#written.set(key, { status, until: performance.now() + toShow });
  }

  async #blame(news: readonly News[], signal: AbortSignal): Promise<void> {
    for (const { owner, type, traced } of news) {
      if (type === "healed") this.#blames.delete(owner);
      else {
        const why = await withDeadline(1_000, signal, (own) => blame(traced.trace, this.#options.targets(), own)).catch(
          () => undefined,
        );
        if (why !== undefined) this.#blames.set(owner, why);
      }
    }
  }

  async #tell({ owner, type, traced: { path } }: News, { admitted }: Turn, signal: AbortSignal): Promise<void> {
    const object = admitted.admissions.find((admission) => ownerOfAdmission(admission) === owner)?.object;
    if (object === undefined) return;
    const name = nameOf(path);
    const draft =
      type === "broken"
        ? ({
            type: "Warning",
            reason: "PathBroken",
            action: "Proof",
            note: `${name} is broken: ${this.#blames.get(owner) ?? ""}`,
          } as const)
        : ({ type: "Normal", reason: "PathHealed", action: "Proof", note: `${name} works again` } as const);
    await this.#options.hub.tell(object, draft, signal);
  }
}

/** `httpbin.bar.cluster2:8000 for cluster1/foo` */
function nameOf(path: DeclaredPath): string {
  const name = showHostPort(path.host, path.port);
  if (path.direction === "in") return `${name} at ${path.server.cluster}`;
  return `${name} for ${path.consumer.cluster}/${path.consumer.namespace}`;
}

/** Nothing of it is left in any declared cluster, as far as all of them can be seen. */
function isCleared(owner: string, { kept }: Turn): boolean {
  const { observed } = kept.world;
  return (
    observed.unreachable.size === 0 &&
    kept.plan.plan.actions.every((action) => action.owner !== owner && action.formerOwner !== owner)
  );
}

function goingCondition(owner: string, { kept, stopped }: Turn): ConditionDraft {
  const [away] = kept.world.observed.unreachable.keys();
  const problem = stopped.get(owner);
  const message =
    problem?.message ??
    (away === undefined
      ? "What it has in the clusters is being deleted."
      : `Waits for cluster ${away}, which cannot be read.`);
  return { type: "Ready", status: "False", reason: "Deleting", message };
}

function meshConditions({ problems }: Admission): readonly ConditionDraft[] {
  const error = problems.find(({ severity }) => severity === "error");
  const draft =
    error === undefined
      ? ({ status: "True", reason: "Accepted", message: "" } as const)
      : ({ status: "False", reason: "NotAccepted", message: error.message } as const);
  return ["Accepted", "Ready"].map((type) => ({ type, ...draft }));
}

function hostsByOwner(traces: readonly PathTrace[]): ReadonlyMap<string, readonly string[]> {
  const hosts = new Map<string, Set<string>>();
  for (const { path } of traces) {
    const known = hosts.get(path.owner);
    if (known === undefined) hosts.set(path.owner, new Set([path.host]));
    else known.add(path.host);
  }
  return new Map([...hosts].map(([owner, each]) => [owner, [...each].sort()]));
}

function secondsNow(): string {
  return `${new Date().toISOString().slice(0, 19)}Z`;
}
