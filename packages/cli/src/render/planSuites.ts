import { type Problem, showRef } from "@isthmus/core";
import type { PathEffect } from "@isthmus/core/trace";
import type { TestCase, TestSuite } from "./junit.ts";
import { renderPath } from "./paths.ts";
import type { PlanView } from "./plan.ts";
import { problemSuites } from "./problemSuites.ts";
import { createStyle } from "./style.ts";

const plain = createStyle(false);

/**
 * A suite of the writes, all of which pass; of the owners that wait, which are errors; of the paths, where one that would break is a
 * failure; and of what is wrong.
 */
export function planSuites({
  plan,
  held,
  effects = [],
  problems,
}: PlanView & { readonly problems: readonly Problem[] }) {
  const writes = plan.actions.filter(({ verb }) => verb !== "noop");
  const suites: readonly TestSuite[] = [
    {
      name: "changes",
      cases: writes.map(({ verb, cluster, ref, owner }) => ({
        name: `${verb} ${cluster}: ${showRef(ref)}`,
        classname: owner,
      })),
    },
    { name: "pending", cases: [...held].map(([owner, text]) => ({ name: owner, classname: owner, error: { text } })) },
    { name: "paths", cases: effects.map(pathCase) },
  ];
  return [...suites.filter(({ cases }) => cases.length > 0), ...problemSuites(problems)];
}

function pathCase({ path, kind, why = "" }: PathEffect): TestCase {
  const text = `the plan ${kind} it${why === "" ? "" : `: ${why}`}`;
  return {
    name: renderPath(path, plain),
    classname: path.owner,
    ...(kind === "breaks" || kind === "hides" ? { failure: { text } } : { output: text }),
  };
}
