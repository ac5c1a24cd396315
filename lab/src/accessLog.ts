import { readFile } from "node:fs/promises";
import type { Cluster } from "./cluster.ts";
import { logPath } from "./layout.ts";
import type { PodRecord } from "./podRecord.ts";
import { proxyProcess } from "./sidecar.ts";

/** One request or connection as Envoy logged it, with Istio's own field names. */
export interface AccessLogEntry {
  readonly start_time: string;
  readonly method?: string | null;
  readonly path?: string | null;
  readonly protocol?: string | null;
  readonly response_code?: number;
  readonly response_flags?: string;
  readonly authority?: string | null;
  readonly requested_server_name?: string | null;
  readonly upstream_cluster?: string | null;
  readonly upstream_host?: string | null;
  readonly [field: string]: unknown;
}

/** Envoy writes into the agent's log; its entries are the lines that are JSON objects. It flushes them after up to ten seconds. */
export async function readAccessLog(cluster: Cluster, pod: PodRecord): Promise<AccessLogEntry[]> {
  const text = await readFile(logPath(cluster.home, proxyProcess(cluster, pod)), "utf8").catch(() => "");
  return text.split("\n").flatMap((line) => {
    if (!line.startsWith("{") || !line.endsWith("}")) return [];
    try {
      return [JSON.parse(line) as AccessLogEntry];
    } catch {
      return [];
    }
  });
}
