import { setTimeout as delay } from "node:timers/promises";
import type { KindEntry, KubeObject } from "@isthmus/core";
import { type KubeClient, KubeError, type Listed, type Timing } from "@isthmus/kube";

/** Objects of a kind: all, or those that these select. */
export interface Selection {
  readonly kind: KindEntry;
  readonly namespace?: string;
  readonly fieldSelector?: string;
}

/** Learns what happens to them. */
export interface Follower {
  /** All of them, instead of what was known. */
  listed(listed: Listed): void;
  changed(object: KubeObject, isGone: boolean): void;
  /** They cannot be followed now. */
  lost(failure: unknown): void;
  /** They are followed again, and nothing was missed. */
  found(): void;
}

/** Milliseconds: upper bounds of the first pause after a failure, and of any. Pauses are drawn, so that those that failed together do not come back together. */
export interface Pacing extends Pick<Timing, "random"> {
  readonly firstPause: number;
  readonly longestPause: number;
}

export function pauseAfter(failures: number, { firstPause, longestPause, random }: Pacing): number {
  return random() * Math.min(longestPause, firstPause * 2 ** Math.min(failures - 1, 20));
}

/** Milliseconds that a watch stands before the failures that were before it no longer count. */
const settled = 10_000;

/**
 * Follows objects from a version on, or from a list of its own, until the signal aborts; never gives up. A connection that breaks once is
 * taken up where it was, without a word; a version that the server no longer has (410) is a list anew. Rejects with the signal's reason.
 */
export async function followKind(
  client: KubeClient,
  { kind, ...selection }: Selection,
  since: string | undefined,
  follower: Follower,
  { signal, ...pacing }: Pacing & { readonly signal: AbortSignal },
): Promise<never> {
  let version = since;
  for (let failures = 0; ; ) {
    const begun = performance.now();
    let isQuiet = true;
    try {
      if (version === undefined) {
        const listed = await client.snapshot(kind, { ...selection, signal });
        follower.listed(listed);
        version = listed.resourceVersion;
      }
      const onOpen = () => follower.found();
      for await (const event of client.watch(kind, version, { ...selection, signal, onOpen })) {
        isQuiet = false;
        failures = 0;
        if (event.type === "BOOKMARK") {
          version = event.resourceVersion;
        } else {
          follower.changed(event.object, event.type === "DELETED");
          version = event.object.metadata.resourceVersion;
        }
      }
      // Its time was over. A server that ends each at once is not asked without a pause.
      failures = isQuiet && performance.now() - begun < settled ? failures + 1 : 0;
    } catch (failure) {
      signal.throwIfAborted();
      failures = performance.now() - begun < settled ? failures + 1 : 1;
      if (failure instanceof KubeError && failure.status === 410) version = undefined;
      else if (failures > 1) follower.lost(failure);
    }
    if (failures > 0) await delay(pauseAfter(failures, pacing), undefined, { signal });
  }
}
