import { setTimeout as delay } from "node:timers/promises";
import {
  type Admission,
  type AdmittedIntents,
  admitDeclarations,
  type Intents,
  type KubeObject,
  type Observed,
  ownerOfAdmission,
  type Problem,
} from "@isthmus/core";
import { type DeleteLimit, type PlanGroup, planGroups } from "@isthmus/core/plan";
import { admittingPlan, afterEvent, type ClusterEvent, type KeptMesh, keepingMesh, type Target } from "@isthmus/engine";
import { inSlices } from "./inSlices.ts";
import type { Jobs } from "./jobs.ts";

export interface KeeperOptions {
  readonly declarations: () => readonly KubeObject[];
  readonly targets: () => ReadonlyMap<string, Target>;
  readonly jobs: Jobs;
  readonly mayWrite: () => boolean;
  /** Whether a declaration can be deleted no more without our knowing: else nothing is written for it yet. */
  readonly mayWriteFor: (declaration: KubeObject) => boolean;
  readonly maxDelete?: DeleteLimit;
  /** Told after each turn, whether or not anything is to be written. */
  readonly turned: (turn: Turn) => void;
}

/** What a turn found. */
export interface Turn {
  readonly admitted: AdmittedIntents;
  readonly kept: KeptMesh;
  /** What there is to write, also what waits. */
  readonly groups: readonly PlanGroup[];
  /** Owner -> why its writes wait for a person. */
  readonly stopped: ReadonlyMap<string, Problem>;
  /** Owner -> what is paused, so that nothing is written for it, for people. */
  readonly paused: ReadonlyMap<string, string>;
  /** Why nothing is written at all, for people; undefined where that is not so. */
  readonly halted: string | undefined;
  /** Milliseconds that the turn took. */
  readonly took: number;
}

/** More declarations deleted at once than this look like a mistake: somebody deleted the CustomResourceDefinitions, or a namespace. */
const mostGoing = 3;

/**
 * Keeps the clusters as declared: whatever happened since the last turn is taken together, what it meets is compiled, planned and traced
 * anew, and what is to be written goes as jobs beside the next turns.
 */
export class Keeper {
  readonly #options: KeeperOptions;
  #observed: Observed = { clusters: new Map(), unreachable: new Map() };
  #kept: KeptMesh | undefined;
  #isStale = true;
  /** When the last turn began, by the monotonic clock. */
  #begun = 0;
  #wake = () => {};

  constructor(options: KeeperOptions) {
    this.#options = options;
  }

  /** As of the last turn. */
  get intents(): Pick<Intents, "mesh" | "clusters"> {
    return this.#kept?.world.intents ?? admitDeclarations([]).intents;
  }

  happened(cluster: string, event: ClusterEvent): void {
    this.#observed = afterEvent(this.#observed, cluster, event);
    this.changed();
  }

  left(cluster: string): void {
    const clusters = new Map(this.#observed.clusters);
    const unreachable = new Map(this.#observed.unreachable);
    clusters.delete(cluster);
    unreachable.delete(cluster);
    this.#observed = { clusters, unreachable };
    this.changed();
  }

  /** Something is another now: there is to be a turn. */
  changed(): void {
    this.#isStale = true;
    this.#wake();
  }

  /** Until the signal aborts: then it throws the reason. No write is begun any more; those that run have their end. */
  async run(signal: AbortSignal): Promise<never> {
    signal.addEventListener("abort", () => this.#wake(), { once: true });
    for (;;) {
      await this.#next(signal);
      this.#isStale = false;
      await this.#turn(signal);
    }
  }

  async #next(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    if (this.#isStale) return;
    const woken = new Promise<void>((resolve) => {
      this.#wake = resolve;
    });
    const nextTry = this.#options.jobs.nextTry(this.#begun);
    if (nextTry === undefined) await woken;
    else {
      const timer = new AbortController();
      await Promise.race([woken, delay(nextTry, undefined, { signal: timer.signal }).catch(() => {})]);
      timer.abort();
    }
    signal.throwIfAborted();
  }

  async #turn(signal: AbortSignal): Promise<void> {
    const { declarations, jobs, mayWrite, targets, turned, maxDelete } = this.#options;
    const begun = performance.now();
    this.#begun = begun;
    const admitted = admitDeclarations(declarations());
    const { intents, refused } = admitted;
    const world = { intents, observed: this.#seen(admitted), refused };
    const kept = await inSlices(keepingMesh(this.#kept, world, { prune: true, adopt: false }), signal);
    this.#kept = kept;
    const groups = planGroups(kept.plan.plan);
    jobs.settle(groups);
    const halted = this.#haltedBy(admitted);
    const ways = targets();
    const unmarked = this.#unmarked(admitted);
    const paused = pausedOwners(admitted, groups);
    const isReady = (group: PlanGroup) =>
      halted === undefined &&
      jobs.mayStart(group, ways) &&
      !group.owners.some((owner) => unmarked.has(owner) || paused.has(owner));
    const judging = admittingPlan(kept, groups, {
      isReady,
      running: jobs.running,
      vanished: vanished(admitted),
      ...(maxDelete !== undefined && { maxDelete }),
    });
    const { groups: safe, stopped } = await inSlices(judging, signal);
    for (const group of safe) if (mayWrite() && jobs.mayStart(group, ways)) jobs.start(group, ways, signal);
    turned({ admitted, kept, groups, stopped, paused, halted, took: performance.now() - begun });
  }

  /** Before the first write every declared cluster was looked at: it was read, or it is known why it cannot be. */
  #haltedBy({ refusal, intents }: AdmittedIntents): string | undefined {
    if (refusal !== undefined) return refusal.message;
    if (intents.mesh.spec.paused === true) return "the Mesh is paused";
    const { clusters, unreachable } = this.#observed;
    const unknown = intents.clusters.find(({ metadata: { name } }) => !clusters.has(name) && !unreachable.has(name));
    if (unknown !== undefined) return `cluster ${unknown.metadata.name} was not read yet`;
    return this.#options.mayWrite() ? undefined : "this controller does not write";
  }

  /** Owners whose declarations could still be deleted without our knowing. */
  #unmarked({ admissions }: AdmittedIntents): ReadonlySet<string> {
    const { mayWriteFor } = this.#options;
    return new Set(
      admissions.flatMap((each) =>
        each.intent === undefined || mayWriteFor(each.object) ? [] : ownerOfAdmission(each),
      ),
    );
  }

  /** What is declared, of what is observed: a cluster that nobody declares any longer is not looked at. */
  #seen({ intents }: AdmittedIntents): Observed {
    const declared = new Set(intents.clusters.map(({ metadata }) => metadata.name));
    const { clusters, unreachable } = this.#observed;
    if ([...clusters.keys(), ...unreachable.keys()].every((name) => declared.has(name))) return this.#observed;
    return {
      clusters: new Map([...clusters].filter(([name]) => declared.has(name))),
      unreachable: new Map([...unreachable].filter(([name]) => declared.has(name))),
    };
  }
}

/** Owners of groups that write for something paused, or in a cluster that is: none of a group goes without the rest. */
function pausedOwners(
  { admissions, intents }: AdmittedIntents,
  groups: readonly PlanGroup[],
): ReadonlyMap<string, string> {
  // Also of one that was deleted, which is no longer among the intents.
  const isPaused = ({ object: { spec } }: Admission) => (spec as { readonly paused?: unknown })?.paused === true;
  const owners = new Set(admissions.filter(isPaused).map(ownerOfAdmission));
  const clusters = new Set(
    intents.clusters.flatMap(({ metadata, spec }) => (spec.paused === true ? metadata.name : [])),
  );
  return new Map(
    groups.flatMap(({ owners: own, plan }) => {
      const cluster = plan.actions.find((action) => clusters.has(action.cluster))?.cluster;
      const by = own.some((owner) => owners.has(owner)) ? "it is paused" : cluster && `cluster ${cluster} is paused`;
      return by === undefined ? [] : own.map((owner) => [owner, by] as const);
    }),
  );
}

/**
 * Tells owners whose declarations are gone although nobody deleted them, as after a restore of an empty backup; and those of declarations
 * that were deleted together with most others.
 */
function vanished({ admissions, intents }: AdmittedIntents): (owner: string) => boolean {
  const going = admissions.filter(({ object }) => object.metadata.deletionTimestamp !== undefined);
  const left = intents.sharedServices.length + intents.externalAccesses.length + intents.externalServices.length;
  const isMistake = going.length > mostGoing && going.length > left;
  const known = new Set(admissions.filter((each) => !isMistake || !going.includes(each)).map(ownerOfAdmission));
  // What ServiceExports in the clusters declare is not declared here.
  return (owner) => !known.has(owner) && !owner.startsWith("ServiceExport.");
}
