import { setTimeout as delay } from "node:timers/promises";
import type { Session } from "./session.ts";

/** Milliseconds. */
const betweenLooks = 2000;

/**
 * Looks again and again until the signal stops it: on a terminal the last look alone is shown, else each that differs. Throws the
 * signal's reason.
 */
export async function watch(session: Session, look: () => Promise<string>): Promise<never> {
  const { io, signal } = session;
  let shown: string | undefined;
  for (;;) {
    const text = await look();
    signal.throwIfAborted();
    if (text !== shown) {
      // Not through `print`, which lets no control character pass: the cursor goes home, and what is below is cleared.
      if (io.stdout.isTTY === true) io.stdout.write("\u001B[H\u001B[2J");
      else if (shown !== undefined && session.format === undefined) session.print("\n");
      session.printText(text);
      shown = text;
    }
    await delay(betweenLooks, undefined, { signal });
  }
}
