import type { KindEntry, KubeObject } from "@isthmus/core";

export interface CallOptions {
  readonly signal?: AbortSignal;
}

export interface ListOptions extends CallOptions {
  readonly namespace?: string;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
  /** Objects a page; 500 unless told. */
  readonly pageSize?: number;
  /** Whose managedFields to keep; our own objects' unless told. They are most of an object's bytes. */
  readonly keepManagedFields?: (object: KubeObject) => boolean;
}

export interface Listed {
  readonly objects: readonly KubeObject[];
  /** What a watch begins from. */
  readonly resourceVersion: string;
}

export interface WatchOptions extends CallOptions {
  readonly namespace?: string;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
}

export interface ApplyOptions extends CallOptions {
  readonly dryRun?: boolean;
  /** Take over fields that another manager owns. Without it such a field is a 409. */
  readonly force?: boolean;
}

export interface RemoveOptions extends CallOptions {
  readonly dryRun?: boolean;
  readonly preconditions?: { readonly uid?: string; readonly resourceVersion?: string };
}

export interface Applied {
  readonly object: KubeObject;
  /** The object did not exist before (HTTP 201). */
  readonly created: boolean;
}

export type WatchEvent =
  | { readonly type: "ADDED" | "MODIFIED" | "DELETED"; readonly object: KubeObject }
  | { readonly type: "BOOKMARK"; readonly resourceVersion: string };

/**
 * One API server. Every call retries 429, 5xx and connection errors with jitter where that is safe, and gives up with a
 * `KubeError` (the server answered) or a `MeshError` (it did not: CLUSTER_UNREACHABLE, CLUSTER_CERTIFICATE …).
 */
export interface KubeClient {
  readonly server: string;
  /** All objects of a kind, page by page; restarts once where a continue token expired (410). */
  list(kind: KindEntry, options?: ListOptions): Promise<readonly KubeObject[]>;
  /** The same, with the version that the list shows. */
  snapshot(kind: KindEntry, options?: ListOptions): Promise<Listed>;
  /** Undefined where the object does not exist. */
  get(
    kind: KindEntry,
    name: string,
    namespace: string | undefined,
    options?: CallOptions,
  ): Promise<KubeObject | undefined>;
  /**
   * Server-side apply with field manager `isthmus`. `metadata.resourceVersion` and `metadata.uid`, where set, are
   * preconditions (409). A try whose answer was lost is repeated: `created` is then false although the first one created it.
   */
  apply(kind: KindEntry, object: KubeObject, options?: ApplyOptions): Promise<Applied>;
  /**
   * Deletes with background propagation; false where it did not exist. Only with preconditions is a try whose answer was
   * lost repeated.
   */
  remove(kind: KindEntry, name: string, namespace: string | undefined, options?: RemoveOptions): Promise<boolean>;
  /** Events from `resourceVersion` on; ends when the server ends it, throws KubeError 410 where the version is gone. */
  watch(kind: KindEntry, resourceVersion: string, options?: WatchOptions): AsyncIterable<WatchEvent>;
  /** The server's version, `v1.37.2`. */
  version(options?: CallOptions): Promise<string>;
  close(): Promise<void>;
}
