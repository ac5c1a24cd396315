import { isDeepStrictEqual } from "node:util";
import { declaredKindEntry, type KindEntry, type KubeObject, keyOf, kinds, type Problem, refOf } from "@isthmus/core";
import { followKind, type Pacing } from "@isthmus/engine";
import { failureProblem, type KubeClient, type Listed, withoutManagedFields } from "@isthmus/kube";

export interface DeclarationsTold {
  /** Something is another that says what is wanted, or all of it is known now. */
  readonly changed: () => void;
  /** A declaration's status is another. */
  readonly statusChanged: (object: KubeObject) => void;
  /** A kind cannot be followed, or can be again. */
  readonly followed: (kind: string, problem: Problem | undefined) => void;
}

/** Declarations as the management cluster holds them, followed from the first list on. */
export class Declarations {
  readonly #objects = new Map<string, KubeObject>();
  /** Kinds that were not listed yet. */
  readonly #missing: Set<string> = new Set(kinds);
  readonly #lost = new Map<string, Problem>();
  readonly #told: DeclarationsTold;

  constructor(told: DeclarationsTold) {
    this.#told = told;
  }

  /** Until the signal aborts: then it rejects with the reason. */
  async follow(client: KubeClient, { signal, ...pacing }: Pacing & { readonly signal: AbortSignal }): Promise<void> {
    await Promise.all(
      kinds.map((kind) => {
        const entry = declaredKindEntry(kind);
        const follower = {
          listed: (listed: Listed) => this.#listed(entry, listed),
          changed: (object: KubeObject, isGone: boolean) => this.#know(object, isGone),
          lost: (failure: unknown) => this.#lose(kind, failure),
          found: () => this.#find(kind),
        };
        // Each listens to a signal of its own: so many listeners on one would look like a leak to Node.
        return followKind(client, { kind: entry }, undefined, follower, {
          ...pacing,
          signal: AbortSignal.any([signal]),
        });
      }),
    );
  }

  /** False until every kind was listed once. */
  get isComplete(): boolean {
    return this.#missing.size === 0;
  }

  /** Why what is declared cannot be followed now; what is known is as it was. */
  get problem(): Problem | undefined {
    return [...this.#lost.values()][0];
  }

  get objects(): readonly KubeObject[] {
    return [...this.#objects.values()];
  }

  /** As it is now, with the status that was written last. */
  get(object: KubeObject): KubeObject | undefined {
    return this.#objects.get(keyOf(refOf(object)));
  }

  /** One that cannot be read is there all the same, and is as it was. */
  #listed({ kind }: KindEntry, { objects, unreadable }: Listed): void {
    const found = new Set(objects.map((object) => keyOf(refOf(object))));
    for (const { name, ...ref } of unreadable) if (name !== undefined) found.add(keyOf({ ...ref, name }));
    const gone = this.objects.filter((object) => object.kind === kind && !found.has(keyOf(refOf(object))));
    for (const object of gone) this.#know(object, true);
    for (const object of objects) this.#know(object, false);
    if (this.#missing.delete(kind)) this.#told.changed();
    this.#find(kind);
  }

  #know(found: KubeObject, isGone: boolean): void {
    const object = withoutManagedFields(found, () => false);
    const key = keyOf(refOf(object));
    const before = this.#objects.get(key);
    if (isGone) this.#objects.delete(key);
    else this.#objects.set(key, object);
    if (isGone || before === undefined || !isDeepStrictEqual(wanted(before), wanted(object))) this.#told.changed();
    else if (!isDeepStrictEqual(before.status, object.status)) this.#told.statusChanged(object);
  }

  #lose(kind: string, failure: unknown): void {
    const problem = failureProblem(failure, "the management cluster");
    if (problem === undefined) throw failure;
    const isNew = this.#lost.get(kind)?.message !== problem.message;
    this.#lost.set(kind, problem);
    if (isNew) this.#told.followed(kind, problem);
  }

  #find(kind: string): void {
    if (this.#lost.delete(kind)) this.#told.followed(kind, undefined);
  }
}

/** What says what is wanted: our own writes of a status are nothing new. */
function wanted({ spec, metadata }: KubeObject): unknown {
  const { uid, labels, annotations, finalizers, deletionTimestamp } = metadata;
  return { spec, uid, labels, annotations, finalizers, deletionTimestamp };
}
