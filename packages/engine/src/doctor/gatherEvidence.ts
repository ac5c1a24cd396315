import type { Intents, Observed } from "@isthmus/core";
import type { Evidence, ProxyEvidence, ProxyState } from "@isthmus/core/doctor";
import {
  type Attempt,
  callerSteps,
  findCaller,
  type Trace,
  type TraceWorld,
  type WorkloadRequest,
} from "@isthmus/core/trace";
import type { Reach } from "../reach.ts";
import { throwIfStopped } from "../withPatience.ts";
import { callAsCaller } from "./callAsCaller.ts";
import { knock } from "./knock.ts";
import { readIstiod } from "./readIstiod.ts";
import { readProxy } from "./readProxy.ts";

export interface EvidenceOptions {
  readonly request: WorkloadRequest;
  /** The trace of the request in this world. */
  readonly paper: Trace;
  readonly world: TraceWorld;
  readonly intents: Pick<Intents, "clusters" | "mesh">;
  readonly observed: Observed;
  /** By cluster; directories have none. */
  readonly reach: ReadonlyMap<string, Reach>;
  readonly now: () => Date;
  readonly signal?: AbortSignal;
}

/**
 * All that can be found out about a request: makes it from the caller's pod, asks the proxies and istiods on its way, and knocks
 * at the addresses that the paper names. Changes nothing. Throws only the reason of a signal that stops.
 */
export async function gatherEvidence(options: EvidenceOptions): Promise<Evidence> {
  const { request, paper, world, now, signal } = options;
  const proxies = proxiesOf(options);
  const attempts = callerSteps(world, request).filter((step): step is Attempt => step.kind === "attempt");
  const clusters = new Set(proxies.map(({ cluster }) => cluster));
  const [before, istiods, knocks] = await Promise.all([
    readAll(proxies, options),
    Promise.all([...clusters].map((cluster) => istiodOf(cluster, options))),
    Promise.all(destinationsOf(attempts).map((destination) => knockAt(destination, options))),
  ]);
  const wire = await callAsCaller(options);
  const after = await readAll(proxies, options);
  throwIfStopped(signal);
  return {
    request,
    paper,
    wire,
    proxies: after.map((proxy, index) => ({ ...proxy, state: sinceThen(before[index]?.state, proxy.state) })),
    istiods,
    knocks,
    destinations: destinationsOf(attempts).map(({ address, port }) => `${address}:${port}`),
    now: now().toISOString(),
  };
}

type Proxy = Omit<ProxyEvidence, "state">;

function proxiesOf({ request, paper, world, intents }: EvidenceOptions): readonly Proxy[] {
  const found: Proxy[] = [];
  const client = world.clusters.get(request.from.cluster);
  const caller = client === undefined ? undefined : findCaller(client, request.from);
  if (caller !== undefined && caller.proxy !== "none") {
    const { cluster, namespace, name, isReady } = caller;
    found.push({ role: "client", cluster, namespace, pod: name, isReady });
  }
  const hops = paper.branches.flatMap((branch) => branch.hops);
  const across = new Set(hops.flatMap(({ cluster }) => cluster ?? []));
  across.delete(request.from.cluster);
  for (const name of across) {
    const declared = intents.clusters.find(({ metadata }) => metadata.name === name);
    const cluster = world.clusters.get(name);
    if (declared === undefined || cluster === undefined) continue;
    const { namespace, selector } = declared.spec.eastWestGateway;
    for (const workload of cluster.select(namespace, selector)) {
      found.push({ role: "gateway", cluster: name, namespace, pod: workload.name, isReady: workload.isReady });
    }
  }
  for (const { outcome } of paper.branches) {
    if (outcome.kind !== "answered" || outcome.by.type !== "workload") continue;
    const { cluster, namespace, name } = outcome.by;
    const workload = world.clusters
      .get(cluster)
      ?.workloads.find((each) => each.namespace === namespace && each.name === name);
    if (workload?.proxy !== "sidecar") continue;
    found.push({ role: "server", cluster, namespace, pod: name, isReady: workload.isReady });
  }
  return [...new Map(found.map((proxy) => [`${proxy.cluster}/${proxy.namespace}/${proxy.pod}`, proxy])).values()];
}

function readAll(proxies: readonly Proxy[], { reach, signal }: EvidenceOptions): Promise<readonly ProxyEvidence[]> {
  return Promise.all(
    proxies.map(async (proxy): Promise<ProxyEvidence> => {
      const { cluster, namespace, pod } = proxy;
      const client = reach.get(cluster);
      if (client === undefined) return { ...proxy, state: { unseen: `${cluster} is a directory` } };
      return { ...proxy, state: await readProxy({ reach: client, namespace, pod, ...(signal ? { signal } : {}) }) };
    }),
  );
}

/** Connections that failed since `before`; Envoy counts since it started. */
function sinceThen(before: ProxyEvidence["state"] | undefined, state: ProxyEvidence["state"]): ProxyEvidence["state"] {
  if (!("upstreams" in state) || before === undefined || !("upstreams" in before)) return state;
  const key = ({ cluster, address, port }: ProxyState["upstreams"][number]) => `${cluster} ${address}:${port}`;
  const counted = new Map(before.upstreams.map((upstream) => [key(upstream), upstream.failures]));
  return {
    ...state,
    upstreams: state.upstreams.map((upstream) => ({
      ...upstream,
      failures: upstream.failures - (counted.get(key(upstream)) ?? 0),
    })),
  };
}

function istiodOf(cluster: string, { observed, intents, reach, signal }: EvidenceOptions) {
  return readIstiod({
    cluster,
    istioNamespace: intents.mesh.spec.istioNamespace,
    objects: observed.clusters.get(cluster)?.objects ?? [],
    reach: reach.get(cluster),
    ...(signal ? { signal } : {}),
  });
}

interface KnockTarget {
  readonly address: string;
  readonly port: number;
  readonly sni: string;
}

/** Addresses of other clusters that the paper's connections with TLS lead to. */
function destinationsOf(attempts: readonly Attempt[]): readonly KnockTarget[] {
  const targets = attempts.flatMap(({ destination, transport }): readonly KnockTarget[] => {
    if (destination.kind !== "address" || transport.mode === "none" || destination.isHostname) return [];
    return [{ address: destination.address, port: destination.port, sni: transport.sni }];
  });
  return [...new Map(targets.map((target) => [`${target.address}:${target.port}`, target])).values()];
}

function knockAt(target: KnockTarget, { request, world, reach, signal }: EvidenceOptions) {
  const client = reach.get(request.from.cluster);
  const cluster = world.clusters.get(request.from.cluster);
  const caller = cluster === undefined ? undefined : findCaller(cluster, request.from);
  const from =
    client === undefined || caller === undefined || caller.proxy === "none"
      ? undefined
      : { reach: client, namespace: caller.namespace, pod: caller.name };
  return knock({ ...target, client: from, ...(signal ? { signal } : {}) });
}
