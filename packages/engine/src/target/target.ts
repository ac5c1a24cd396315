import type { AskedRight, ClusterObject, ObservedCluster, Problem, RightPurpose } from "@isthmus/core";
import type { AnsweredRight, Inspection } from "@isthmus/core/check";
import type { Down, Unseen } from "@isthmus/core/doctor";
import type { Action } from "@isthmus/core/plan";
import type { Sends } from "../istiod/readSyncs.ts";
import type { Reach } from "../reach.ts";
import type { ClusterEvent } from "./clusterEvent.ts";

export interface CallOptions {
  readonly signal?: AbortSignal;
}

export interface Observation {
  readonly cluster: ObservedCluster;
  /** What could be read only in part: optional kinds that are forbidden or not installed, … */
  readonly problems: readonly Problem[];
}

export interface WriteOptions extends CallOptions {
  /** Let the API server validate and admit the write without persisting it. */
  readonly dryRun?: boolean;
}

/** A field manager, and when it wrote (RFC 3339). */
export interface Writer {
  readonly manager: string;
  readonly time: string;
}

/** One cluster as the engine reads and writes it: an API server, or a directory of manifests that stands for one. */
export interface Target {
  readonly cluster: string;
  readonly source: "live" | "directory";
  /** Undefined for a directory. */
  readonly reach?: Reach;
  /** Throws a `MeshError` with a `pending` code where the cluster cannot be read. */
  observe(options?: CallOptions): Promise<Observation>;
  /**
   * What `observe` gives, and what happens to it from then on, until the signal aborts: then it throws the reason. It never gives up.
   * An event after the first comes only when the one before was taken. Absent where nothing can be followed.
   */
  readonly watch?: (options: { readonly signal: AbortSignal }) => AsyncGenerator<ClusterEvent>;
  /**
   * Carries out a create, update or delete, only if the object is still as the action was planned against.
   * Throws `MeshError`: PLAN_STALE (moved since), OBJECT_NOT_OURS, OBJECT_REFUSED (validation, admission),
   * CLUSTER_FORBIDDEN, CLUSTER_UNREACHABLE, WRITE_FAILED.
   */
  write(action: Action, options?: WriteOptions): Promise<void>;
  /** What only `isthmus check` asks, and for which of the rights. Absent where there is no API server. Throws as `observe`. */
  readonly inspect?: (purposes: readonly RightPurpose[], options?: CallOptions) => Promise<Inspection>;
  /** Whether we have these rights. */
  readonly review?: (rights: readonly AskedRight[], options?: CallOptions) => Promise<readonly AnsweredRight[]>;
  /** What istiod sent to the proxies that are connected to it, and what they acknowledged. Throws only the signal's reason. */
  readonly proxySends?: (options?: CallOptions) => Promise<Sends | Down | Unseen>;
  /** Whose write of an object's own fields was the last one; undefined where it is gone, or does not say. Throws as `observe`. */
  readonly lastWriter?: (object: Omit<ClusterObject, "cluster">, options?: CallOptions) => Promise<Writer | undefined>;
  close(): Promise<void>;
}
