import {
  applyChanges,
  type CompileState,
  type Intents,
  type KubeObject,
  type Observed,
  recompile,
  recompiling,
} from "@isthmus/core";
import { type PlanState, replan } from "@isthmus/core/plan";
import { retrace, retracing, type TraceState } from "@isthmus/core/trace";
import { middle, timed } from "./median.ts";
import { applied, type World, world } from "./world.ts";

export interface StepTimes {
  readonly change: string;
  /** Median milliseconds of compile, of plan, and of the proof of all declared paths, after one change. */
  readonly compile: number;
  readonly plan: number;
  readonly paths: number;
  /** Of all three together. */
  readonly p50: number;
  readonly p99: number;
  /** The longest time for which nothing else had its turn. */
  readonly block: number;
}

/** What one changed object costs where everything is in place: 10 clusters, each service imported by all ten. `chosen`: of changes called so alone. */
export function measureSteps(services: number, runs: number, chosen = ""): readonly StepTimes[] {
  const before = world(services);
  const { intents, observed } = applied(before, recompile(undefined, before.intents, before.observed).compiled.desired);
  const options = { prune: true, adopt: false };
  const start = recompile(undefined, intents, observed);
  const first = replan(undefined, start.compiled, observed, options);
  const proved = retrace(undefined, { intents, paths: start.compiled.paths, observed });
  const measured = Object.entries(changes).filter(([change]) => change.includes(chosen));
  return measured.map(([change, make]) => {
    let [state, planned, traced]: [CompileState, PlanState, TraceState] = [start, first, proved];
    const times = Array.from({ length: runs }, (_, index) => {
      const { intents, observed } = make(state.world, index);
      const compiling = timedSteps(recompiling(state, intents, observed));
      state = compiling.value;
      const plan = timed(() => {
        planned = replan(planned, state.compiled, observed, options);
      });
      const proving = timedSteps(retracing(traced, { intents, paths: state.compiled.paths, observed }));
      traced = proving.value;
      const [compile, paths] = [compiling.all, proving.all];
      return {
        compile,
        plan,
        paths,
        all: compile + plan + paths,
        block: Math.max(compiling.block, plan, proving.block),
      };
    });
    const sums = times.map(({ all }) => all).sort((a, b) => a - b);
    return {
      change,
      compile: middle(times.map(({ compile }) => compile)),
      plan: middle(times.map(({ plan }) => plan)),
      paths: middle(times.map(({ paths }) => paths)),
      p50: middle(sums),
      p99: sums[Math.ceil(sums.length * 0.99) - 1] ?? 0,
      block: Math.max(...times.map(({ block }) => block)),
    };
  });
}

/** What is done in steps: milliseconds of all of them, and of the longest. */
function timedSteps<T>(steps: Generator<void, T>): { readonly value: T; readonly all: number; readonly block: number } {
  for (let [all, block] = [0, 0]; ; ) {
    let step: IteratorResult<void, T> | undefined;
    const time = timed(() => {
      step = steps.next();
    });
    [all, block] = [all + time, Math.max(block, time)];
    if (step?.done === true) return { value: step.value, all, block };
  }
}

type Change = (world: { readonly intents: Intents; readonly observed: Observed }, index: number) => World;

const changes: Readonly<Record<string, Change>> = {
  "a pod's readiness": (at, index) =>
    // The first is the gateway's.
    edited(at, "Pod", index + 1, (pod) => ({
      ...pod,
      status: { phase: "Running", conditions: [{ type: "Ready", status: index % 2 === 0 ? "False" : "True" }] },
    })),
  "a Service's port": (at, index) =>
    edited(at, "Service", (index % 20) + 1, (service) => ({
      ...service,
      spec: { ...(service.spec as object), ports: [{ name: "http", port: 8001 + index, targetPort: 8080 }] },
    })),
  "a gateway's address": (at, index) =>
    edited(at, "Service", 0, (service) => ({
      ...service,
      status: { loadBalancer: { ingress: [{ ip: `198.51.100.${index % 250}` }] } },
    })),
  "a declaration": ({ intents, observed }, index) => {
    const sharedServices = intents.sharedServices.map((each, position) =>
      position === index ? { ...each, spec: { ...each.spec, traffic: { timeout: "2s" } } } : each,
    );
    return { intents: { ...intents, sharedServices }, observed };
  },
  "an AuthorizationPolicy": ({ intents, observed }, index) => {
    const object: KubeObject = {
      apiVersion: "security.istio.io/v1",
      kind: "AuthorizationPolicy",
      metadata: { name: `policy${index}`, namespace: `tenant${index % 50}` },
      spec: { action: "DENY", rules: [{ from: [{ source: { namespaces: ["nobody"] } }] }] },
    };
    return { intents, observed: applyChanges(observed, [{ cluster: "cluster3", object, isGone: false }]) };
  },
};

function edited(
  { intents, observed }: { readonly intents: Intents; readonly observed: Observed },
  kind: string,
  index: number,
  edit: (object: KubeObject) => KubeObject,
): World {
  const all = observed.clusters.get("cluster3")?.objects.filter((object) => object.kind === kind) ?? [];
  const object = all[index];
  if (object === undefined) throw new Error(`cluster3 has no ${kind} ${index}`);
  return { intents, observed: applyChanges(observed, [{ cluster: "cluster3", object: edit(object), isGone: false }]) };
}
