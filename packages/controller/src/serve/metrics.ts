import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";

/** Names as controller-runtime has them where there is one of the kind, `isthmus_…` else. */
export function createMetrics() {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const registers = [registry];
  return {
    registry,
    leader: new Gauge({
      name: "leader_election_master_status",
      help: "1 while this process holds the Lease and may write",
      labelNames: ["name"],
      registers,
    }),
    turns: new Histogram({
      name: "controller_runtime_reconcile_time_seconds",
      help: "Seconds from the begin of a turn to the writes that it found",
      labelNames: ["controller"],
      buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
      registers,
    }),
    running: new Gauge({
      name: "controller_runtime_active_workers",
      help: "Groups of writes that are being carried out",
      labelNames: ["controller"],
      registers,
    }),
    writes: new Counter({
      name: "isthmus_writes_total",
      help: "Objects written in a cluster, by what became of it",
      labelNames: ["cluster", "verb", "result"],
      registers,
    }),
    paths: new Gauge({
      name: "isthmus_paths",
      help: "Declared paths by what their trace says now",
      labelNames: ["verdict"],
      registers,
    }),
    pending: new Gauge({ name: "isthmus_pending_writes", help: "Writes that a plan has and that wait", registers }),
    declarations: new Gauge({
      name: "isthmus_declarations",
      help: "Declarations by kind and whether they are accepted",
      labelNames: ["kind", "accepted"],
      registers,
    }),
    clusters: new Gauge({
      name: "isthmus_cluster_reachable",
      help: "1 where the cluster is followed, 0 where it cannot be",
      labelNames: ["cluster"],
      registers,
    }),
  };
}

export type Metrics = ReturnType<typeof createMetrics>;
