import { setTimeout as delay } from "node:timers/promises";
import type { Problem } from "@isthmus/core";
import type { Session } from "./session.ts";

/** Milliseconds. */
const betweenLooks = 2000;

export interface Look {
  readonly text: string;
  /** What is wrong, for stderr. */
  readonly problems: readonly Problem[];
}

/**
 * Looks again and again until the signal stops it: on a terminal the last look alone is shown, else each that differs. Ends
 * where nobody reads any longer (`| head`). Throws the signal's reason.
 */
export async function watch(session: Session, look: () => Promise<Look>): Promise<void> {
  const { io, signal } = session;
  let shown: string | undefined;
  for (;;) {
    const { text, problems } = await look();
    signal.throwIfAborted();
    const all = JSON.stringify([text, problems]);
    if (all !== shown) {
      // Not through `print`, which lets no control character pass: the cursor goes home, and what is below is cleared.
      if (io.stdout.isTTY === true) io.stdout.write("\u001B[H\u001B[2J");
      else if (shown !== undefined && session.format === undefined) session.print("\n");
      session.printText(text);
      session.report(problems);
      shown = all;
    }
    if (!io.stdout.writable) return;
    await delay(betweenLooks, undefined, { signal });
  }
}
