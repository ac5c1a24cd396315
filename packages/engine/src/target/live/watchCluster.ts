import { setTimeout as delay } from "node:timers/promises";
import { catalog, configMapKind, MeshError, meshConfigMap, type Problem, trustRootConfigMap } from "@isthmus/core";
import { failureProblem, type KubeClient, KubeError, realTiming } from "@isthmus/kube";
import type { ClusterEvent } from "../clusterEvent.ts";
import { FollowedCluster } from "./followedCluster.ts";
import { followKind, type Pacing, pauseAfter, type Selection } from "./followKind.ts";
import { type ObserveOptions, type ReadCluster, readCluster } from "./observeCluster.ts";

export interface WatchClusterOptions extends ObserveOptions {
  readonly signal: AbortSignal;
  readonly pacing?: Pacing;
}

/**
 * All that `observeCluster` reads, and what happens to it from then on, until the signal aborts: then it throws the reason. While nobody
 * takes an event, what happens is kept, each object once.
 */
export async function* watchCluster(client: KubeClient, options: WatchClusterOptions): AsyncGenerator<ClusterEvent> {
  const { cluster, istioNamespace, pacing = { ...realTiming, firstPause: 500, longestPause: 30_000 } } = options;
  const stopping = new AbortController();
  const signal = AbortSignal.any([options.signal, stopping.signal]);
  const read = yield* firstRead(client, options, pacing);
  const followed = new FollowedCluster(read.observation, istioNamespace);
  const follow = async (selection: Selection) => {
    const { kind } = selection;
    const what = `${kind.group}/${kind.kind} ${selection.fieldSelector ?? ""}`;
    const follower = {
      listed: followed.listed.bind(followed, kind),
      changed: followed.changed.bind(followed, kind),
      found: () => followed.found(what),
      lost: (failure: unknown) => {
        const problem = problemOf(failure, cluster);
        // What is optional and kept from us was told at the beginning.
        const isRefused = failure instanceof KubeError && (failure.status === 403 || failure.status === 404);
        if (kind.read === "needed" || !isRefused) followed.lost(what, problem);
      },
    };
    // Each listens to a signal of its own: so many listeners on one would look like a leak to Node.
    const own = AbortSignal.any([signal]);
    try {
      await followKind(client, selection, read.versions.get(kind), follower, { ...pacing, signal: own });
    } catch (failure) {
      if (!signal.aborted) followed.fail(failure);
    }
  };
  const running = [...catalog.map((kind) => ({ kind })), ...configMaps(istioNamespace)].map(follow);
  try {
    for (;;) yield await followed.next(signal);
  } finally {
    stopping.abort();
    await Promise.all(running);
  }
}

/** Tries until the cluster can be read. */
async function* firstRead(
  client: KubeClient,
  options: WatchClusterOptions,
  pacing: Pacing,
): AsyncGenerator<ClusterEvent, ReadCluster> {
  for (let failures = 0; ; ) {
    try {
      return await readCluster(client, options);
    } catch (failure) {
      options.signal.throwIfAborted();
      const problem = problemOf(failure, options.cluster);
      failures += 1;
      if (failures === 1) yield { type: "lost", problem };
    }
    await delay(pauseAfter(failures, pacing), undefined, { signal: options.signal });
  }
}

/** What a failure of the cluster's means; anything else is thrown on. */
function problemOf(failure: unknown, cluster: string): Problem {
  const problem = failure instanceof MeshError ? failure.problem : failureProblem(failure, cluster);
  if (problem === undefined) throw failure;
  return problem;
}

function configMaps(namespace: string): readonly Selection[] {
  return [trustRootConfigMap, meshConfigMap].map((name) => ({
    kind: configMapKind,
    namespace,
    fieldSelector: `metadata.name=${name}`,
  }));
}
