import type { ObjectChange } from "@isthmus/core";
import {
  type KindEntry,
  type KubeObject,
  keyOf,
  meshConfigMap,
  type ObservedCluster,
  type Problem,
  refOf,
  trustRootConfigMap,
} from "@isthmus/core";
import { malformedProblem, readObject, type UnreadableObject } from "@isthmus/core/shape";
import { type Listed, withoutManagedFields } from "@isthmus/kube";
import type { ClusterEvent } from "../clusterEvent.ts";
import { istiodVersions } from "../istiodVersions.ts";
import { meshConfig } from "../meshConfig.ts";
import type { Observation } from "../target.ts";
import { trustRoots } from "../trustRoots.ts";
import { slimObject } from "./slimObject.ts";

/** A cluster as it is known, and what happened to it that nobody was told yet. */
export class FollowedCluster {
  readonly #istioNamespace: string;
  readonly #cluster: ObservedCluster;
  readonly #problems: readonly Problem[];
  readonly #objects = new Map<string, Map<string, KubeObject>>();
  readonly #unreadable = new Map<string, Map<string, UnreadableObject>>();
  #settings: Pick<ObservedCluster, "trustRoots" | "meshConfig">;
  #istiods: readonly string[];
  readonly #changes = new Map<string, ObjectChange>();
  /** Why what cannot be followed is not, by what it is. */
  readonly #lost = new Map<string, Problem>();
  #isLostTold = false;
  /** More than objects changed, or it is not known which. */
  #isOther = true;
  #failure: unknown;
  #wake = () => {};

  constructor({ cluster, problems }: Observation, istioNamespace: string) {
    this.#istioNamespace = istioNamespace;
    this.#cluster = cluster;
    this.#settings = cluster;
    this.#istiods = cluster.istiodVersions;
    this.#problems = problems.filter(({ code }) => code !== "OBJECT_MALFORMED");
    for (const object of cluster.objects) this.#of(this.#objects, object.kind).set(keyOf(refOf(object)), object);
    for (const each of cluster.unreadable ?? []) this.#of(this.#unreadable, each.kind).set(keyOfUnreadable(each), each);
  }

  /** All objects of a kind as they are now. */
  listed(kind: KindEntry, { objects, unreadable }: Listed): void {
    const gone = new Map(this.#of(this.#objects, kind.kind));
    this.#of(this.#unreadable, kind.kind).clear();
    for (const object of objects) {
      gone.delete(keyOf(refOf(object)));
      this.#know(kind, object, { isGone: false });
    }
    for (const object of gone.values()) this.#know(kind, object, { isGone: true });
    for (const each of unreadable) this.#of(this.#unreadable, kind.kind).set(keyOfUnreadable(each), each);
    if (unreadable.length > 0) this.#isOther = true;
    this.#wake();
  }

  changed(kind: KindEntry, found: KubeObject, isGone: boolean): void {
    this.#know(kind, found, isGone ? { isGone } : { isGone, fault: readObject(kind, found).unreadable });
  }

  /** What a list holds was read by its shape already. */
  #know(
    kind: KindEntry,
    found: KubeObject,
    { isGone, fault }: { readonly isGone: boolean; readonly fault?: UnreadableObject | undefined },
  ): void {
    if (kind.kind === "ConfigMap") {
      this.#configured(found, isGone);
      return;
    }
    const known = this.#of(this.#objects, kind.kind);
    const unreadable = this.#of(this.#unreadable, kind.kind);
    const key = keyOf(refOf(found));
    const before = known.get(key);
    const object = slimObject(withoutManagedFields(found));
    if (unreadable.delete(key)) this.#isOther = true;
    if (fault !== undefined) {
      unreadable.set(key, fault);
      this.#isOther = true;
    }
    const isThere = !isGone && fault === undefined;
    if (isThere && before?.metadata.resourceVersion === object.metadata.resourceVersion) return;
    if (isThere) known.set(key, object);
    else known.delete(key);
    if (isThere || before !== undefined) {
      this.#changes.set(key, { cluster: this.#cluster.name, object, isGone: !isThere });
      this.#seeIstiod(object);
    }
    this.#wake();
  }

  lost(what: string, problem: Problem): void {
    this.#lost.set(what, problem);
    this.#wake();
  }

  found(what: string): void {
    if (this.#lost.delete(what)) this.#wake();
  }

  /** Nothing more can be told. */
  fail(failure: unknown): void {
    this.#failure = failure;
    this.#wake();
  }

  /** The next event, once there is one; rejects with the signal's reason. */
  async next(signal: AbortSignal): Promise<ClusterEvent> {
    const stop = () => this.#wake();
    signal.addEventListener("abort", stop);
    try {
      for (;;) {
        signal.throwIfAborted();
        if (this.#failure !== undefined) throw this.#failure;
        const event = this.#take();
        if (event !== undefined) return event;
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
      }
    } finally {
      signal.removeEventListener("abort", stop);
    }
  }

  #take(): ClusterEvent | undefined {
    const [problem] = this.#lost.values();
    if (problem !== undefined) {
      if (this.#isLostTold) return undefined;
      this.#isLostTold = true;
      return { type: "lost", problem };
    }
    const changes = [...this.#changes.values()];
    const isWhole = this.#isOther || this.#isLostTold;
    if (!isWhole && changes.length === 0) return undefined;
    this.#changes.clear();
    this.#isOther = false;
    this.#isLostTold = false;
    return isWhole ? { type: "observed", observation: this.#observation() } : { type: "changed", changes };
  }

  #observation(): Observation {
    const unreadable = [...this.#unreadable.values()].flatMap((each) => [...each.values()]);
    const { unreadable: _before, ...cluster } = this.#cluster;
    return {
      cluster: {
        ...cluster,
        ...this.#settings,
        istiodVersions: this.#istiods,
        objects: [...this.#objects.values()].flatMap((each) => [...each.values()]),
        ...(unreadable.length > 0 && { unreadable }),
      },
      problems: [...this.#problems, ...unreadable.map((each) => malformedProblem(each, { cluster: cluster.name }))],
    };
  }

  #configured({ metadata: { name }, data }: KubeObject, isGone: boolean): void {
    const held = isGone ? undefined : data;
    if (name === trustRootConfigMap) this.#settings = { ...this.#settings, trustRoots: trustRoots(held) };
    if (name === meshConfigMap) {
      const config = meshConfig(held);
      const { trustRoots: roots } = this.#settings;
      this.#settings = { trustRoots: roots, ...(config && { meshConfig: config }) };
    }
    this.#isOther = true;
    this.#wake();
  }

  #seeIstiod({ kind, metadata }: KubeObject): void {
    if (kind !== "Pod" || metadata.namespace !== this.#istioNamespace) return;
    const versions = istiodVersions([...this.#of(this.#objects, "Pod").values()], this.#istioNamespace);
    if (versions.join() === this.#istiods.join()) return;
    this.#istiods = versions;
    this.#isOther = true;
  }

  #of<T>(byKind: Map<string, Map<string, T>>, kind: string): Map<string, T> {
    const known = byKind.get(kind) ?? new Map<string, T>();
    byKind.set(kind, known);
    return known;
  }
}

function keyOfUnreadable({ group, kind, namespace, name = "" }: UnreadableObject): string {
  return keyOf({ group, kind, name, ...(namespace === undefined ? {} : { namespace }) });
}
