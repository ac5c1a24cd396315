import type { AccessLogEntry, Lab } from "../../src/index.ts";
import type { ClusterName } from "./scenario.ts";
import type { PlacedCall } from "./wave.ts";
import type { Evidence } from "./wireHops.ts";

/** Envoy writes its access log every ten seconds. */
export const accessLogDelay = 12_000;

/** The access logs of all proxies that calls go through, read once. */
export async function readEvidence(lab: Lab, calls: readonly PlacedCall[]): Promise<(call: PlacedCall) => Evidence> {
  const logs = new Map<string, readonly AccessLogEntry[]>();
  for (const { place } of calls) {
    for (const [cluster, pod] of podsOf(place)) {
      const key = `${cluster} ${pod}`;
      if (!logs.has(key)) logs.set(key, await lab.accessLog(cluster, pod));
    }
  }
  const of = (cluster: ClusterName, pod: string, call: PlacedCall) =>
    (logs.get(`${cluster} ${pod}`) ?? []).filter((entry) => isOf(entry, call));
  return (call) => {
    const { client, server, gateway } = call.place;
    const isLocal = call.call.cluster === "cluster1";
    const caller = call.call.from.endsWith("/sleep");
    return {
      isProxied: caller,
      client: caller ? of(call.call.cluster, call.call.from, call) : [],
      gateway: of("cluster2", `${gateway}/gateway`, call),
      server: [
        ...of("cluster2", `${server}/web-v1`, call),
        ...of("cluster2", `${server}/web-v2`, call),
        ...(isLocal ? of("cluster1", `${client}/web`, call) : []),
      ],
    };
  };
}

function podsOf({ client, server, gateway }: PlacedCall["place"]): readonly (readonly [ClusterName, string])[] {
  return [
    ["cluster1", `${client}/sleep`],
    ["cluster1", `${client}/web`],
    ["cluster2", `${server}/sleep`],
    ["cluster2", `${server}/web-v1`],
    ["cluster2", `${server}/web-v2`],
    ["cluster2", `${gateway}/gateway`],
  ];
}

/** By time, and by the call's tag in the path, or the scenario's name in a host, a cluster or the SNI. */
function isOf(entry: AccessLogEntry, { place, call, index, answer }: PlacedCall): boolean {
  const at = Date.parse(entry.start_time);
  if (at < answer.from - 20 || at > answer.to + 20) return false;
  const { path, authority, upstream_cluster: cluster, requested_server_name: sni } = entry;
  if (typeof path === "string" && path !== "") return path.includes(`call=${place.id}.${index}`);
  if ([authority, cluster, sni].some((each) => typeof each === "string" && each.includes(place.id))) return true;
  // A TCP connection that leads nowhere known: its address is all that the log has.
  const isNameless = typeof cluster !== "string" || cluster === "PassthroughCluster" || cluster === "BlackHoleCluster";
  const port = new URL(call.url.replace(/^(tcp|grpc):/, "http:")).port;
  return isNameless && `${entry.downstream_local_address}`.endsWith(`:${port}`);
}
