import { join } from "node:path";
import type { Cluster } from "./cluster.ts";
import { startProcess } from "./processes.ts";
import { run } from "./run.ts";

/** Fills istiod's mount for the first time: istiod watches its certificates only if they are there when it starts. */
export async function mountOnce(cluster: Cluster): Promise<void> {
  await run([...command(cluster), "once"]);
}

/** Keeps mounted certificates in step with their Secret and ConfigMaps, as a kubelet does. */
export async function startMounts(cluster: Cluster): Promise<void> {
  await startProcess(cluster.home, { name: `${cluster.name}-mounts`, argv: command(cluster) });
}

function command(cluster: Cluster): string[] {
  return [process.execPath, join(cluster.home, "apps", "mounts.mjs"), cluster.directory, cluster.server];
}
