import { setTimeout as delay } from "node:timers/promises";
import type { KubeObject } from "@isthmus/core";
import { type KubeClient, KubeError, withDeadline } from "@isthmus/kube";
import { leaseKind } from "../hub/hubKinds.ts";

export interface LeaseOptions {
  readonly name: string;
  readonly namespace: string;
  /** Of this process: no other ever has the same. */
  readonly identity: string;
  /** Milliseconds that a lease holds after its last renewal, as every candidate counts by its own clock. */
  readonly duration: number;
  /** Milliseconds between tries. */
  readonly interval: number;
}

interface Seen {
  readonly version: string;
  /** By our monotonic clock, when this version was first seen. */
  readonly since: number;
}

/**
 * Takes part in the election of the one process that may write. Clocks of different machines are never compared: a lease is over where
 * nobody renewed it for its duration by our own monotonic clock (as client-go's leaderelection does), and we hold it only as long as
 * its duration lasts from before our last renewal was sent, so that a process that was frozen knows on waking that it no longer does.
 */
export class LeaseElection {
  readonly #client: KubeClient;
  readonly #options: LeaseOptions;
  readonly #changed: (isHolder: boolean) => void;
  #failure: string | undefined;
  #seen: Seen | undefined;
  #heldUntil = 0;
  #wasHolder = false;

  /** The client is used for nothing else: a queue of other requests must not starve a renewal. */
  constructor(client: KubeClient, options: LeaseOptions, changed: (isHolder: boolean) => void) {
    this.#client = client;
    this.#options = options;
    this.#changed = changed;
  }

  get isHolder(): boolean {
    return this.left > 0;
  }

  /** Milliseconds for which we hold the Lease yet; none or less where we do not. */
  get left(): number {
    return this.#heldUntil - performance.now();
  }

  /** Why the last round failed; undefined where it did not. */
  get failure(): string | undefined {
    return this.#failure;
  }

  /** Until the signal aborts. The lease is then given up, so that the next one need not wait for its end. */
  async run(signal: AbortSignal): Promise<void> {
    const { interval, duration } = this.#options;
    try {
      while (!signal.aborted) {
        await withDeadline((duration * 2) / 3, signal, (own) => this.#try(own)).catch(() => {});
        this.#tell();
        await delay(interval, undefined, { signal }).catch(() => {});
      }
    } finally {
      const wasHolder = this.isHolder;
      this.#heldUntil = 0;
      this.#tell();
      // Where that does not go through, it ends by itself.
      if (wasHolder) await withDeadline(2_000, undefined, (own) => this.#release(own)).catch(() => {});
    }
  }

  /** One round; a failure is one that the next round may not have. */
  async #try(signal: AbortSignal): Promise<void> {
    const { name, namespace, identity, duration } = this.#options;
    const begun = performance.now();
    try {
      const found = await this.#client.get(leaseKind, name, namespace, { signal });
      const holder = holderOf(found);
      const version = found?.metadata.resourceVersion ?? "";
      if (version !== this.#seen?.version) this.#seen = { version, since: performance.now() };
      const isOver = holder === "" || performance.now() - this.#seen.since > duration;
      if (found !== undefined && holder !== identity && !isOver) {
        this.#failure = undefined;
        return;
      }
      const { object } = await this.#client.apply(
        leaseKind,
        this.#lease(found, holder !== identity),
        this.#applying(signal),
      );
      this.#seen = { version: object.metadata.resourceVersion ?? "", since: performance.now() };
      this.#heldUntil = begun + duration;
      this.#failure = undefined;
    } catch (failure) {
      // Another one was faster.
      const isLost = failure instanceof KubeError && failure.status === 409;
      if (isLost) this.#heldUntil = 0;
      this.#failure = isLost ? undefined : failure instanceof Error ? failure.message : String(failure);
    }
  }

  #tell(): void {
    const { isHolder } = this;
    if (isHolder === this.#wasHolder) return;
    this.#wasHolder = isHolder;
    this.#changed(isHolder);
  }

  #applying(signal: AbortSignal) {
    // A field of another holder's is ours with the lease; the version is what keeps two from taking it at once.
    return { signal, force: true, fieldManager: "isthmus-lease" } as const;
  }

  #lease(found: KubeObject | undefined, isTaken: boolean): KubeObject {
    const { name, namespace, identity, duration } = this.#options;
    const spec = (found?.spec ?? {}) as { readonly acquireTime?: string; readonly leaseTransitions?: number };
    const now = `${new Date().toISOString().slice(0, -1)}000Z`;
    return {
      apiVersion: "coordination.k8s.io/v1",
      kind: "Lease",
      // docs/decisions/0005-create-only.md
      metadata: { name, namespace, resourceVersion: found?.metadata.resourceVersion ?? "1" },
      spec: {
        holderIdentity: identity,
        leaseDurationSeconds: Math.ceil(duration / 1000),
        acquireTime: isTaken ? now : (spec.acquireTime ?? now),
        renewTime: now,
        leaseTransitions: (spec.leaseTransitions ?? 0) + (isTaken && found !== undefined ? 1 : 0),
      },
    };
  }

  async #release(signal: AbortSignal): Promise<void> {
    const { name, namespace, identity } = this.#options;
    const found = await this.#client.get(leaseKind, name, namespace, { signal });
    if (found === undefined || holderOf(found) !== identity) return;
    const lease = this.#lease(found, false);
    const spec = { ...(lease.spec as object), holderIdentity: "", leaseDurationSeconds: 1 };
    await this.#client.apply(leaseKind, { ...lease, spec }, this.#applying(signal));
  }
}

function holderOf(lease: KubeObject | undefined): string {
  const { holderIdentity } = (lease?.spec ?? {}) as { readonly holderIdentity?: unknown };
  return typeof holderIdentity === "string" ? holderIdentity : "";
}
