import { setImmediate as nextTurn } from "node:timers/promises";

/** Milliseconds for which nothing else has its turn: signals, watches and answers of the API servers wait no longer. */
const turn = 25;

/** Work in steps, which lets others have their turn in between. Throws only the signal's reason. */
export async function inTurns<T>(steps: Generator<void, T>, signal?: AbortSignal): Promise<T> {
  let began = performance.now();
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
    if (performance.now() - began < turn) continue;
    await nextTurn();
    signal?.throwIfAborted();
    began = performance.now();
  }
}
