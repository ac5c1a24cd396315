import { setTimeout as delay } from "node:timers/promises";

/** The world's clock and dice, as parameters. Milliseconds. */
export interface Timing {
  now(): number;
  sleep(milliseconds: number, signal: AbortSignal | undefined): Promise<void>;
  /** Evenly from 0 to below 1. */
  random(): number;
}

export const realTiming: Timing = {
  now: () => Date.now(),
  sleep: async (milliseconds, signal) => {
    try {
      await delay(milliseconds, undefined, signal === undefined ? {} : { signal });
    } catch (cause) {
      // Callers get the reason they aborted with, not Node's wrapping of it.
      signal?.throwIfAborted();
      throw cause;
    }
  },
  random: Math.random,
};
