import { setTimeout as sleep } from "node:timers/promises";

const soon = 1000;
const later = 10_000;

/** The clock of a rotation, and how often it looks: at first often, since istiods follow within seconds. */
export function rotationPace({ mountDelay }: { readonly mountDelay: number }) {
  let looks = 0;
  return {
    now: Date.now,
    pause: async (signal: AbortSignal | undefined) => {
      looks += 1;
      // Proxies follow within hours, unless somebody restarts them.
      const wait = looks * soon < Math.max(mountDelay, 60_000) * 2 ? soon : later;
      await sleep(wait, undefined, signal === undefined ? {} : { signal });
    },
  };
}
