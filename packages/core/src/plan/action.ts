import type { KubeObject, ObjectRef, Side } from "../kinds/index.ts";

export const actionVerbs = ["create", "update", "delete", "noop"] as const;
export type ActionVerb = (typeof actionVerbs)[number];

/** One field that differs. `before` is absent where the field is added, `after` where it is removed. */
export interface FieldChange {
  /** `spec.endpoints[0].address`, `metadata.labels["isthmus.io/owner"]`, `spec.ports[8000/TCP].name` in a list merged by keys. */
  readonly path: string;
  readonly before?: unknown;
  readonly after?: unknown;
}

/** The state of the live object that an action was planned against; the write is refused if it moved. */
export interface LiveVersion {
  readonly uid: string;
  readonly resourceVersion: string;
  /** Counts changes of the spec, where the server tells: a new status is a new version, but no change that matters. */
  readonly generation?: number;
}

export interface Action {
  readonly verb: ActionVerb;
  readonly cluster: string;
  readonly ref: ObjectRef;
  /** The declared resource, as the owner label has it. */
  readonly owner: string;
  /** The owner that the live object has now, where the action gives it to another. */
  readonly formerOwner?: string;
  readonly side: Side;
  /**
   * 1 server-side create and update, 2 consumer-side create and update, 3 consumer-side delete, 4 server-side delete;
   * 0 for noop. An action waits for those of its owner in lower phases; one that fails stops its owner's higher phases.
   */
  readonly phase: 0 | 1 | 2 | 3 | 4;
  /** What to write, for create and update. */
  readonly desired?: KubeObject;
  /** Absent where the object does not exist. */
  readonly live?: LiveVersion;
  /** What an update changes, or would change where the object is left as it is for a `reason`. Empty for create and delete. */
  readonly changes: readonly FieldChange[];
  /** Why an object is left as it is, where that is not simply because it is right. Only noops have one. */
  readonly reason?: string;
}

export function phaseOf(verb: ActionVerb, side: Side): Action["phase"] {
  switch (verb) {
    case "create":
    case "update":
      return side === "server" ? 1 : 2;
    case "delete":
      return side === "consumer" ? 3 : 4;
    case "noop":
      return 0;
  }
}

/** What is to happen before an owner's next stage begins. */
export type StageEnd = "acknowledged" | "pause" | "nothing";

/** Writes of one owner that go together. Stages of other owners run beside it: a cluster that is down delays nobody else. */
export interface Stage {
  /** Several where an object passes from one owner to another. */
  readonly owners: readonly string[];
  /** The clusters go beside each other, the writes of one cluster one by one, in this order. */
  readonly writes: readonly StageWrite[];
  /**
   * `acknowledged`: traffic is to follow what was written, so that every proxy has to have it; where istiod does not tell, or
   * takes too long, a pause has to do. `pause`: there is no istiod to ask. `nothing`: no traffic moves, or nobody runs there.
   */
  readonly then: StageEnd;
}

export interface StageWrite {
  readonly cluster: string;
  readonly verb: ActionVerb;
  readonly ref: ObjectRef;
}

export interface Plan {
  /** Sorted by phase, then cluster, then the order within a phase, then key. */
  readonly actions: readonly Action[];
  /** How the writes among them are carried out; those of one owner one after another. */
  readonly stages: readonly Stage[];
}

export type PlanSummary = Readonly<Record<ActionVerb, number>>;

export function summarize(plan: Plan): PlanSummary {
  const summary = { create: 0, update: 0, delete: 0, noop: 0 };
  for (const action of plan.actions) summary[action.verb] += 1;
  return summary;
}

/** How many objects a plan writes. */
export function writesOf(plan: Plan): number {
  return plan.actions.filter(({ verb }) => verb !== "noop").length;
}
