import type { StoredObject } from "./json.ts";
import { expired } from "./statusError.ts";

export interface StoreEvent {
  readonly version: number;
  readonly type: "ADDED" | "MODIFIED" | "DELETED";
  readonly resource: string;
  readonly object: StoredObject;
  /** The object as it was: a selector may have matched it. */
  readonly before?: StoredObject;
}

export interface StoreKey {
  /** `services`, `gateways.networking.istio.io`. */
  readonly resource: string;
  readonly namespace: string;
  readonly name: string;
}

/** etcd in memory: objects by key, one version for all, and the events since the last compaction. */
export class ObjectStore {
  readonly #objects = new Map<string, Map<string, StoredObject>>();
  readonly #listeners = new Set<(event: StoreEvent) => void>();
  #events: StoreEvent[] = [];
  // A real server's versions do not begin at 1 either: what a test invents is too old.
  #version = 1000;
  #compacted = 1000;

  get version(): number {
    return this.#version;
  }

  get(key: StoreKey): StoredObject | undefined {
    return this.#objects.get(key.resource)?.get(pathOf(key));
  }

  /** Sorted by namespace and name. */
  list(resource: string, namespace: string | undefined): readonly StoredObject[] {
    const prefix = namespace === undefined ? "" : `${namespace}/`;
    return [...(this.#objects.get(resource) ?? [])]
      .filter(([path]) => path.startsWith(prefix))
      .sort(([left], [right]) => (left < right ? -1 : 1))
      .map(([, object]) => object);
  }

  /** Stores under a new version, and gives back what is stored. */
  put(key: StoreKey, object: StoredObject): StoredObject {
    const objects = this.#objects.get(key.resource) ?? new Map<string, StoredObject>();
    this.#objects.set(key.resource, objects);
    const before = objects.get(pathOf(key));
    this.#version += 1;
    const stored = { ...object, metadata: { ...object.metadata, resourceVersion: String(this.#version) } };
    objects.set(pathOf(key), stored);
    const type = before === undefined ? "ADDED" : "MODIFIED";
    this.#tell({ version: this.#version, type, resource: key.resource, object: stored, ...(before && { before }) });
    return stored;
  }

  remove(key: StoreKey): void {
    const before = this.get(key);
    if (before === undefined) return;
    this.#objects.get(key.resource)?.delete(pathOf(key));
    this.#version += 1;
    const object = { ...before, metadata: { ...before.metadata, resourceVersion: String(this.#version) } };
    this.#tell({ version: this.#version, type: "DELETED", resource: key.resource, object, before });
  }

  /** Throws a 410 where events since `version` are no longer all there. */
  eventsSince(version: number): readonly StoreEvent[] {
    if (version < this.#compacted) throw expired(`too old resource version: ${version} (${this.#compacted})`);
    return this.#events.filter((event) => event.version > version);
  }

  /** Forgets all events, as etcd does with what is older than five minutes. */
  compact(): void {
    this.#events = [];
    this.#compacted = this.#version;
  }

  subscribe(listener: (event: StoreEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #tell(event: StoreEvent): void {
    this.#events.push(event);
    for (const listener of this.#listeners) listener(event);
  }
}

function pathOf({ namespace, name }: StoreKey): string {
  return `${namespace}/${name}`;
}
