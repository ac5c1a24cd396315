import type { AccessLogEntry, Lab } from "../../src/index.ts";
import type { Call, ClusterName, Place, Scenario } from "./scenario.ts";
import type { PlacedCall } from "./wave.ts";
import type { Evidence } from "./wireHops.ts";

/** Envoy writes its access log every ten seconds. */
export const accessLogDelay = 12_000;

/** The access logs of all proxies that calls go through, read once. */
export async function readEvidence(lab: Lab, calls: readonly PlacedCall[]): Promise<(call: PlacedCall) => Evidence> {
  const logs = new Map<string, readonly AccessLogEntry[]>();
  for (const { scenario, place, call } of calls) {
    for (const [cluster, pod] of podsOf(scenario, place, call)) {
      const key = `${cluster} ${pod}`;
      if (!logs.has(key)) logs.set(key, await lab.accessLog(cluster, pod).catch(() => []));
    }
  }
  const of = (cluster: ClusterName, pod: string, call: PlacedCall) =>
    (logs.get(`${cluster} ${pod}`) ?? []).filter((entry) => isOf(entry, call));
  return (call) => {
    const { scenario, place, call: made, isProxied } = call;
    const gateways = [`${place.gateway}/gateway`];
    const others = podsOf(scenario, place, made).filter(
      ([cluster, pod]) => !gateways.includes(pod) && !(cluster === made.cluster && pod === made.from),
    );
    const served = others.map(([cluster, pod]) => ({ cluster, pod, entries: of(cluster, pod, call) }));
    const server = served.flatMap(({ entries }) => entries.filter(isInbound));
    const [only, ...more] = served.filter(({ entries }) => entries.some(isInbound));
    return {
      isProxied,
      client: isProxied ? of(made.cluster, made.from, call) : [],
      gateway: gateways.flatMap((pod) => of("cluster2", pod, call)),
      server,
      ...(only === undefined || more.length > 0
        ? {}
        : { servedBy: `${only.cluster}/${only.pod.slice(only.pod.indexOf("/") + 1)}-1` }),
    };
  };
}

/** Or a connection that no filter chain takes, which names no cluster. */
function isInbound({ upstream_cluster: cluster }: AccessLogEntry): boolean {
  return typeof cluster !== "string" || cluster.startsWith("inbound|") || cluster === "InboundPassthroughCluster";
}

function podsOf(scenario: Scenario, place: Place, call: Call): readonly (readonly [ClusterName, string])[] {
  const { client, server, gateway } = place;
  const own = scenario
    .objects(place)
    .filter(({ object }) => object.kind === "Deployment")
    .map(({ cluster, object: { metadata } }) => [cluster, `${metadata.namespace}/${metadata.name}`] as const);
  const slots = [
    ["cluster1", `${client}/sleep`],
    ["cluster1", `${client}/web`],
    ["cluster2", `${server}/sleep`],
    ["cluster2", `${server}/web-v1`],
    ["cluster2", `${server}/web-v2`],
    ["cluster2", `${gateway}/gateway`],
  ] as const;
  const caller = call.from === "outside" ? [] : [[call.cluster, call.from] as const];
  const all = new Map([...slots, ...own, ...caller].map((each) => [each.join(" "), each]));
  return [...all.values()];
}

/** By the call's tag in the path; else by time, and in the shared slot by the scenario's name in a host, a cluster or the SNI. */
function isOf(entry: AccessLogEntry, { place, call, answer }: PlacedCall): boolean {
  const at = Date.parse(entry.start_time);
  if (at < answer.from - 20 || at > answer.to + 20) return false;
  const { path, authority, upstream_cluster: cluster, requested_server_name: sni } = entry;
  if (typeof path === "string" && path !== "") return path.endsWith(`call=${answer.tag}`);
  if (place.slot > 0) return true;
  if ([authority, cluster, sni].some((each) => typeof each === "string" && each.includes(place.id))) return true;
  // A TCP connection that leads nowhere known: its address is all that the log has.
  const isNameless = typeof cluster !== "string" || cluster === "PassthroughCluster" || cluster === "BlackHoleCluster";
  const port = new URL(call.url.replace(/^(tcp|grpc):/, "http:")).port;
  return isNameless && `${entry.downstream_local_address}`.endsWith(`:${port}`);
}
