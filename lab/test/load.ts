import { onTestFinished } from "vitest";
import type { Lab } from "../src/index.ts";
import { type WatchedPath, watchPath } from "./watchPath.ts";

/** Calls on connections of their own, and calls that keep theirs, from several clients at once. */
export function load(lab: Lab, paths: readonly { cluster: string; pod: string; url: string }[]): WatchedPath {
  const clients = paths.flatMap(({ cluster, pod, url }) => [
    watchPath(lab, cluster, pod, url),
    keepCalling(lab, cluster, pod, url),
    keepCalling(lab, cluster, pod, url),
  ]);
  return {
    async stop() {
      const ended = await Promise.all(clients.map((client) => client.stop()));
      return {
        calls: ended.reduce((sum, { calls }) => sum + calls, 0),
        failures: ended.flatMap(({ failures }) => failures),
      };
    },
  };
}

const batch = 100;

/** Ten calls a second on one connection, batch after batch. */
function keepCalling(lab: Lab, cluster: string, pod: string, url: string): WatchedPath {
  let stopped = false;
  let calls = 0;
  const failures: string[] = [];
  const done = (async () => {
    while (!stopped) {
      const argv = ["curl", "-s", "-m", "5", "--rate", "600/m", "-o", "/dev/null", "-w", "%{http_code}\\n"];
      const { stdout } = await lab.exec(cluster, pod, [...argv, `${url}?[1-${batch}]`]);
      const statuses = stdout.trim().split("\n");
      calls += statuses.length;
      failures.push(...statuses.filter((status) => status !== "200").map((status) => `kept connection: ${status}`));
      if (statuses.length !== batch) failures.push(`kept connection: ${batch - statuses.length} calls were not made`);
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
