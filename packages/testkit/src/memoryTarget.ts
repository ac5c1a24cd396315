import {
  isOurs,
  type KubeObject,
  keyOf,
  MeshError,
  type ObservedCluster,
  objectPlace,
  type Problem,
  type ProblemCode,
  refOf,
  say,
} from "@isthmus/core";
import type { Action } from "@isthmus/core/plan";
import { mergeApply } from "./mergeApply.ts";

/** Called around each write; what it throws is what the write throws. */
export interface WriteHooks {
  /** Nothing is written yet; delays the write as long as it takes. */
  readonly before?: (action: Action, dryRun: boolean) => Promise<void> | void;
  /** The write is in place; what is thrown here is an answer that was lost. */
  readonly after?: (action: Action) => void;
}

/** An engine's `Target` in memory, with the semantics of server-side apply and preconditions. */
export class MemoryTarget {
  readonly source = "live";
  readonly cluster: string;
  /** Writes that took place, dry runs not counted. */
  writes = 0;
  hooks: WriteHooks = {};
  private readonly objects = new Map<string, KubeObject>();
  private version = 0;

  constructor(cluster: string, objects: readonly KubeObject[] = []) {
    this.cluster = cluster;
    for (const object of objects) this.put(object);
  }

  /** Everything there is, sorted by key. */
  list(): readonly KubeObject[] {
    return [...this.objects].sort(([left], [right]) => (left < right ? -1 : 1)).map(([, object]) => object);
  }

  /** Stores an object as it is, under a new version. */
  put(object: KubeObject): void {
    this.version += 1;
    const key = keyOf(refOf(object));
    const uid = this.objects.get(key)?.metadata.uid ?? object.metadata.uid ?? `${this.cluster}-${this.version}`;
    const metadata = { ...object.metadata, uid, resourceVersion: `${this.version}` };
    this.objects.set(key, { ...object, metadata });
  }

  drop(object: KubeObject): void {
    this.objects.delete(keyOf(refOf(object)));
  }

  observe(): Promise<{ cluster: ObservedCluster; problems: readonly Problem[] }> {
    const { cluster: name, source } = this;
    return Promise.resolve({
      cluster: { name, source, objects: this.list(), istiodVersions: [], trustRoots: [] },
      problems: [],
    });
  }

  async write(action: Action, { dryRun = false }: { readonly dryRun?: boolean } = {}): Promise<void> {
    await this.hooks.before?.(action, dryRun);
    const live = this.objects.get(keyOf(action.ref));
    if (live?.metadata.uid !== action.live?.uid || live?.metadata.resourceVersion !== action.live?.resourceVersion) {
      throw refusal("PLAN_STALE", action);
    }
    if (action.verb === "delete" && live !== undefined && !isOurs(live)) throw refusal("OBJECT_NOT_OURS", action);
    if (dryRun) return;
    if (action.desired === undefined) this.objects.delete(keyOf(action.ref));
    else this.put(mergeApply(action.desired, live));
    this.writes += 1;
    this.hooks.after?.(action);
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

function refusal(code: ProblemCode, { cluster, ref }: Action): MeshError {
  return new MeshError({ code, at: objectPlace(cluster, ref), message: say`refused`, hint: "" });
}
