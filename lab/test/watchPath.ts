import { onTestFinished } from "vitest";
import type { Lab } from "../src/index.ts";

export interface WatchedPath {
  /** Ends the calls; resolves with how many there were and those that failed. */
  stop(): Promise<{ readonly calls: number; readonly failures: readonly string[] }>;
}

/** Calls a URL from a pod over and over, each call on a connection of its own, until it is stopped or the test is over. */
export function watchPath(lab: Lab, cluster: string, pod: string, url: string): WatchedPath {
  let stopped = false;
  let calls = 0;
  const failures: string[] = [];
  const done = (async () => {
    while (!stopped) {
      const { status, error, body } = await lab.curl(cluster, pod, url, { timeoutSeconds: 5 });
      calls += 1;
      if (status !== 200) failures.push(`call ${calls}: ${status} ${error || body}`);
    }
    return { calls, failures };
  })();
  const stop = () => {
    stopped = true;
    return done;
  };
  onTestFinished(async () => void (await stop().catch(() => undefined)));
  return { stop };
}
