import { externalVariants } from "./externalVariants.ts";
import { policyVariants } from "./policyVariants.ts";
import { scenarioOf } from "./recipe.ts";
import type { Scenario } from "./scenario.ts";
import { variants } from "./variants.ts";

export function allScenarios(): readonly Scenario[] {
  return [...variants, ...policyVariants, ...externalVariants].flatMap(([recipe, list]) =>
    list.map((variant) => scenarioOf(recipe, variant)),
  );
}
