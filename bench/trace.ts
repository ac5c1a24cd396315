import { compile, type Observed, type Pod } from "@isthmus/core";
import { type PathTrace, tracePaths } from "@isthmus/core/trace";
import { median } from "./median.ts";
import { applied, world } from "./world.ts";

export interface MeasuredTrace {
  readonly services: number;
  readonly paths: number;
  /** Median milliseconds of tracing all declared paths, the index of all clusters included. */
  readonly all: number;
}

/** All declared paths of a mesh in which everything is in place; each must be found to reach. */
export function measureTrace(services: number, runs: number): MeasuredTrace {
  const before = world(services);
  const { desired, paths } = compile(before.intents, before.observed);
  const { intents, observed } = applied(before, desired);
  const now = withGateways(observed);
  const run = () => tracePaths({ intents, paths, observed: now });
  const failed = run().filter(({ trace }) => trace.verdict !== "reaches");
  if (failed.length > 0) throw new Error(`${failed.length} paths do not reach: ${reasonOf(failed)}`);
  return { services, paths: paths.length, all: median(runs, run) };
}

function reasonOf([first]: readonly PathTrace[]): string {
  return first?.trace.blamed?.detail ?? "unknown";
}

/** The benchmark's world has the Services of gateways only. */
function withGateways(observed: Observed): Observed {
  const clusters = [...observed.clusters].map(([name, cluster]) => {
    const gateway: Pod = {
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name: "gateway", namespace: "istio-system", labels: { istio: "ingressgateway" } },
      spec: { containers: [{ name: "istio-proxy" }] },
      status: { phase: "Running", podIP: "10.1.0.1", conditions: [{ type: "Ready", status: "True" }] },
    };
    return [name, { ...cluster, objects: [...cluster.objects, gateway] }] as const;
  });
  return { ...observed, clusters: new Map(clusters) };
}
