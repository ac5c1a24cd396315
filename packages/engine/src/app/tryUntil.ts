import { setTimeout as delay } from "node:timers/promises";
import { orAborted } from "@isthmus/kube";
import type { CallOptions } from "../target/target.ts";
import { isOver } from "../withPatience.ts";

/** Milliseconds. */
const betweenTries = 2000;

export interface TryOptions<T> extends CallOptions {
  /** Milliseconds; none unless set. */
  readonly wait?: number;
  readonly isEnough: (found: T) => boolean;
  /** Told before each wait. */
  readonly onWait?: (found: T) => void;
}

/** Once, or again until it is enough or the time is over: then what came last. Throws what `look` does, or the reason of a signal that stops. */
export async function tryUntil<T>(
  look: () => Promise<T>,
  { wait = 0, isEnough, onWait, signal }: TryOptions<T>,
): Promise<T> {
  const deadline = performance.now() + wait;
  for (;;) {
    const found = await look();
    if (isEnough(found) || performance.now() + betweenTries > deadline) return found;
    onWait?.(found);
    await orAborted(delay(betweenTries), signal).catch((error: unknown) => {
      if (!isOver(signal)) throw error;
    });
    if (isOver(signal)) return found;
  }
}
