import { setTimeout as sleep } from "node:timers/promises";
import { LabError } from "./labError.ts";

export interface WaitOptions {
  readonly seconds?: number;
  readonly everyMs?: number;
  /** Ends the waiting early: the reason why the thing will never come, e.g. that its process has died. */
  readonly hopeless?: () => Promise<string | undefined>;
}

/** Asks until the answer is neither undefined nor false. An error counts as "not yet" and is told when time is up. */
export async function waitFor<T>(
  what: string,
  ask: () => Promise<T | undefined | false>,
  options: WaitOptions = {},
): Promise<T> {
  const end = Date.now() + (options.seconds ?? 60) * 1000;
  let last: unknown;
  for (;;) {
    try {
      const answer = await ask();
      if (answer !== undefined && answer !== false) return answer;
    } catch (error) {
      last = error;
    }
    const reason = await options.hopeless?.();
    if (reason !== undefined) throw new LabError(`${what}: ${reason}`);
    if (Date.now() > end) throw new LabError(`timed out waiting for ${what}`, { cause: last });
    await sleep(options.everyMs ?? 100);
  }
}
