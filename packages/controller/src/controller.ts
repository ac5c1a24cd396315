import type { DeleteLimit } from "@isthmus/core/plan";
import type { Pacing } from "@isthmus/engine";
import { type KubeClient, realTiming } from "@isthmus/kube";
import type { Logger } from "pino";
import { Declarations } from "./hub/declarations.ts";
import { finalizer, Hub } from "./hub/hub.ts";
import { readSecret } from "./hub/readSecret.ts";
import { Jobs } from "./keep/jobs.ts";
import { Keeper } from "./keep/keeper.ts";
import { LeaseElection } from "./lease/leaseElection.ts";
import { fencedTargets } from "./members/fencedTargets.ts";
import { Members } from "./members/members.ts";
import { Publisher } from "./publish/publisher.ts";
import { createMetrics } from "./serve/metrics.ts";
import { startStatusServer } from "./serve/statusServer.ts";
import { factsOf, tellOfCluster, tellOfJob, tellOfTurn } from "./serve/tell.ts";

export interface ControllerOptions {
  /** Of the management cluster: one for all its work, and one for the Lease alone. Closed at the end. */
  readonly hub: KubeClient;
  readonly leaseClient: KubeClient;
  readonly namespace: string;
  readonly identity: string;
  readonly log: Logger;
  /** Observes, plans and proves, and writes nothing anywhere. */
  readonly readOnly?: boolean;
  readonly maxDelete?: DeleteLimit;
  /** For clusters that name a context in place of a Secret. */
  readonly kubeconfig?: string;
  /** Of /healthz, /readyz and /metrics; not served unless set. */
  readonly statusAddress?: string;
  readonly timing?: Partial<ControllerTiming>;
}

/** Milliseconds. */
export interface ControllerTiming {
  readonly lease: number;
  readonly leaseInterval: number;
  readonly credentials: number;
  readonly firstPause: number;
  readonly longestPause: number;
  /** What watches get to show a write, before it would be repeated. */
  readonly toShow: number;
  readonly settle: number;
}

const usualTiming: ControllerTiming = {
  lease: 15_000,
  leaseInterval: 2_000,
  credentials: 30_000,
  firstPause: 1_000,
  longestPause: 120_000,
  toShow: 5_000,
  settle: 2_000,
};

/**
 * Keeps the clusters of a mesh as the declarations of a management cluster say, and proves what is declared, until the signal aborts.
 * Several processes may run: the one that holds the Lease writes, the others know as much and wait.
 */
export async function runController(options: ControllerOptions, signal: AbortSignal): Promise<void> {
  const { hub: client, leaseClient, namespace, identity, log, readOnly = false, kubeconfig, statusAddress } = options;
  const timing = { ...usualTiming, ...options.timing };
  const pacing: Pacing = { ...realTiming, firstPause: timing.firstPause, longestPause: timing.longestPause };
  const metrics = createMetrics();
  const stopping = new AbortController();
  const electing = new AbortController();
  const stopped = AbortSignal.any([signal, stopping.signal]);

  const declarations: Declarations = new Declarations({
    changed: () => keeper.changed(),
    statusChanged: (object) => publisher.seen(object, stopped),
    followed: (kind, problem) => {
      if (problem === undefined) log.info({ kind }, "declarations are followed again");
      else log.warn({ kind, ...factsOf(problem) }, "declarations cannot be followed");
    },
  });
  const election = new LeaseElection(
    leaseClient,
    { name: "isthmus-controller", namespace, identity, duration: timing.lease, interval: timing.leaseInterval },
    (isHolder) => {
      metrics.leader.set({ name: "isthmus-controller" }, isHolder ? 1 : 0);
      log.info({ isHolder }, isHolder ? "holds the Lease: writes from now on" : "does not hold the Lease any more");
      keeper.changed();
    },
  );
  const mayWrite = () => !readOnly && declarations.isComplete && election.isHolder;
  const members = new Members({
    readSecret: (ref, own) => readSecret(client, ref, own ?? stopped),
    ...(kubeconfig !== undefined && { kubeconfig }),
    credentialsEvery: timing.credentials,
    happened: (cluster, event) => {
      tellOfCluster(cluster, event, { log, metrics });
      keeper.happened(cluster, event);
    },
    left: (cluster) => {
      metrics.clusters.remove({ cluster });
      keeper.left(cluster);
    },
    refused: (problem) => log.warn(factsOf(problem), "new credentials do not do: the old ones go on"),
  });
  const targets = () => fencedTargets(members.targets, () => (mayWrite() ? election.left : 0));
  const jobs = new Jobs({
    perCluster: 8,
    pacing,
    toShow: timing.toShow,
    settle: timing.settle,
    ended: (job) => {
      tellOfJob(job, { log, metrics });
      keeper.changed();
    },
  });
  const publisher = new Publisher({
    hub: new Hub(client, identity),
    jobs,
    targets,
    current: (object) => declarations.get(object),
    mayWrite,
    pacing,
    failed: (failure) => log.error({ reason: reasonOf(failure) }, "the management cluster did not take a status"),
  });
  let turns = 0;
  let stoppedOwners: ReadonlySet<string> = new Set();
  const keeper: Keeper = new Keeper({
    declarations: () => declarations.objects,
    targets,
    jobs,
    mayWrite,
    mayWriteFor: (object) => object.metadata.finalizers?.includes(finalizer) === true,
    ...(options.maxDelete !== undefined && { maxDelete: options.maxDelete }),
    turned: (turn) => {
      turns += 1;
      tellOfTurn(turn, { log, metrics, running: jobs.running.length, before: stoppedOwners });
      stoppedOwners = new Set(turn.stopped.keys());
      members.declare(turn.admitted.intents);
      publisher.offer(turn, stopped);
    },
  });
  const unready = () =>
    declarations.problem?.message ??
    (turns === 0 || !declarations.isComplete ? "the declarations are not read yet" : undefined) ??
    (election.failure === undefined ? undefined : `the Lease cannot be had: ${election.failure}`);
  await using server =
    statusAddress === undefined
      ? undefined
      : await startStatusServer({ address: statusAddress, registry: metrics.registry, unready });
  if (server !== undefined) log.info({ port: server.port }, "serves /healthz, /readyz and /metrics");
  // Who never writes does not stand in the way of one who does.
  const elected = readOnly ? never(electing.signal) : election.run(electing.signal);
  const works = [
    declarations.follow(client, { ...pacing, signal: stopped }),
    keeper.run(stopped),
    members.renew(() => keeper.intents, stopped),
    members.failure,
    elected,
  ];
  try {
    await Promise.race(works);
  } catch (failure) {
    if (!signal.aborted) throw failure;
  } finally {
    stopping.abort();
    await Promise.allSettled([jobs.idle(), publisher.idle()]);
    // Not before the last write of ours has ended.
    electing.abort();
    await Promise.allSettled(works.filter((work) => work !== members.failure));
    await members.close();
    await Promise.all([client.close(), leaseClient.close()]);
  }
}

/** Until the signal aborts. */
function never(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
}

/** What went wrong, without what a request held. */
function reasonOf(failure: unknown): string {
  return failure instanceof Error ? failure.message : String(failure);
}
