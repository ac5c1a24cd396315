import { type Problem, showRef } from "@isthmus/core";
import type { ClusterEvent } from "@isthmus/engine";
import type { Logger } from "pino";
import type { EndedJob } from "../keep/jobs.ts";
import type { Turn } from "../keep/keeper.ts";
import type { Metrics } from "./metrics.ts";

export interface Telling {
  readonly log: Logger;
  readonly metrics: Metrics;
}

export function tellOfCluster(cluster: string, event: ClusterEvent, { log, metrics }: Telling): void {
  if (event.type === "changed") {
    log.debug({ cluster, objects: event.changes.length }, "objects have changed");
    return;
  }
  metrics.clusters.set({ cluster }, event.type === "observed" ? 1 : 0);
  if (event.type === "observed") {
    log.info({ cluster, objects: event.observation.cluster.objects.length }, "the cluster is followed");
  } else log.warn({ cluster, ...factsOf(event.problem) }, "the cluster cannot be followed");
}

export function tellOfJob({ group, done, problems }: EndedJob, { log, metrics }: Telling): void {
  for (const { cluster, verb, ref } of done) {
    metrics.writes.inc({ cluster, verb, result: "done" });
    log.info({ cluster, verb, object: showRef(ref), owners: group.owners }, "wrote an object");
  }
  for (const problem of problems) {
    metrics.writes.inc({ cluster: problem.place.cluster ?? "", verb: "", result: problem.code });
    log.warn({ owners: group.owners, ...factsOf(problem) }, "an object was not written");
  }
}

/** `before`: owners of whose stop was told already. */
export function tellOfTurn(
  { kept, groups, admitted, stopped, took }: Turn,
  { log, metrics, running, before }: Telling & { readonly running: number; readonly before: ReadonlySet<string> },
): void {
  for (const [owner, problem] of stopped) {
    if (!before.has(owner)) log.warn({ owner, ...factsOf(problem) }, "writes wait for a person");
  }
  metrics.running.set({ controller: "mesh" }, running);
  metrics.turns.observe({ controller: "mesh" }, took / 1000);
  metrics.pending.set(groups.reduce((sum, { plan }) => sum + plan.actions.length, 0));
  const verdicts = { reaches: 0, partly: 0, broken: 0, unknown: 0 };
  for (const { trace } of kept.traces.traces) verdicts[trace.verdict] += 1;
  for (const [verdict, count] of Object.entries(verdicts)) metrics.paths.set({ verdict }, count);
  metrics.declarations.reset();
  for (const { object, intent } of admitted.admissions) {
    metrics.declarations.inc({ kind: object.kind, accepted: String(intent !== undefined) });
  }
}

export function factsOf({ code, at, message, hint }: Problem) {
  return { code, at, reason: message, hint };
}
