import type { Problem } from "@isthmus/core";
import { leftOut, summarize } from "@isthmus/core/plan";
import type { PlanView } from "./plan.ts";

/** A plan for programs (`-o json|yaml`): nothing is left out. */
export function planData(view: PlanView & { readonly problems: readonly Problem[] }) {
  return {
    summary: summarize(view.plan),
    actions: view.plan.actions,
    stages: view.plan.stages,
    paths: view.paths,
    ...(view.effects === undefined
      ? {}
      : {
          pathEffects: view.effects.map(({ path, ...effect }) => ({
            host: path.host,
            port: path.port,
            ...(path.direction === "in" ? { server: path.server } : { consumer: path.consumer }),
            ...effect,
          })),
        }),
    ...view.losses,
    leftOut: leftOut(view.plan),
    pending: Object.fromEntries(view.held),
    problems: view.problems,
  };
}
