import { compile } from "@isthmus/core";
import { type Plan, plan, summarize } from "@isthmus/core/plan";
import { median } from "./median.ts";
import { applied, type World, world } from "./world.ts";

export interface Measured {
  readonly services: number;
  readonly imports: number;
  /** Median milliseconds of compile and plan together, nothing applied yet. */
  readonly first: number;
  /** The same where everything is in place. */
  readonly again: number;
  /** Median milliseconds to copy what was observed through JSON: what any tool at least does with it. */
  readonly baseline: number;
}

export function measure(services: number, runs: number): Measured {
  const before = world(services);
  const after = applied(before, compile(before.intents, before.observed).desired);
  const last = compileAndPlan(after);
  const changed = last.actions.filter(({ verb }) => verb !== "noop");
  if (changed.length > 0) throw new Error(`the second plan has ${changed.length} changes`);
  const first = median(runs, () => compileAndPlan(before));
  const again = median(runs, () => compileAndPlan(after));
  const observed = [...after.observed.clusters.values()];
  const baseline = median(runs, () => JSON.parse(JSON.stringify(observed)));
  return {
    services,
    imports: services * 10,
    first,
    again,
    baseline,
  };
}

/** Peak resident set, in MB, of a process that builds the world where all is in place, and compiles and plans once. */
export function peakMemory(services: number): number {
  const before = world(services);
  compileAndPlan(applied(before, compile(before.intents, before.observed).desired));
  return process.resourceUsage().maxRSS / 1024;
}

function compileAndPlan({ intents, observed }: World): Plan {
  const result = plan(compile(intents, observed), observed, { prune: true, adopt: false });
  if (summarize(result.plan).delete > 0) throw new Error("nothing should be deleted");
  return result.plan;
}
