import { setImmediate } from "node:timers/promises";

/** Milliseconds after which others have their turn. */
const longest = 10;

/** Does work in steps to its end, and lets the event loop go on between them; rejects with the signal's reason. */
export async function inSlices<T>(work: Generator<void, T>, signal: AbortSignal): Promise<T> {
  for (let since = performance.now(); ; ) {
    const step = work.next();
    if (step.done === true) return step.value;
    if (performance.now() - since < longest) continue;
    await setImmediate();
    signal.throwIfAborted();
    since = performance.now();
  }
}
