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
  /** Undefined where the object does not exist. */
  get(
    kind: KindEntry,
    name: string,
    namespace: string | undefined,
    options?: CallOptions,
  ): Promise<KubeObject | undefined>;
  /** Server-side apply with field manager `isthmus`. `metadata.resourceVersion`, where set, is a precondition (409). */
  apply(kind: KindEntry, object: KubeObject, options?: ApplyOptions): Promise<Applied>;
  /** Deletes in the background propagation; false where it did not exist. */
  remove(kind: KindEntry, name: string, namespace: string | undefined, options?: RemoveOptions): Promise<boolean>;
  /** Events from `resourceVersion` on; ends when the server ends it, throws KubeError 410 where the version is gone. */
  watch(kind: KindEntry, resourceVersion: string, options?: ListOptions): AsyncIterable<WatchEvent>;
  /** The server's version, `v1.37.2`. */
  version(options?: CallOptions): Promise<string>;
  close(): Promise<void>;
}
