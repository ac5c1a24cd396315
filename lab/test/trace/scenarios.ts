import { docScenarios } from "./docs/docScenarios.ts";
import { externalVariants } from "./externalVariants.ts";
import { gatewayApiScenarios } from "./gatewayApiVariants.ts";
import { outsideScenarios } from "./outsideVariants.ts";
import { policyVariants } from "./policyVariants.ts";
import { scenarioOf } from "./recipe.ts";
import type { Scenario } from "./scenario.ts";
import { userScenarios } from "./users/userScenarios.ts";
import { variants } from "./variants.ts";

export function allScenarios(): readonly Scenario[] {
  const ofRecipes = [...variants, ...policyVariants, ...externalVariants].flatMap(([recipe, list]) =>
    list.map((variant) => scenarioOf(recipe, variant)),
  );
  return [...ofRecipes, ...outsideScenarios(), ...gatewayApiScenarios(), ...recordedScenarios()];
}

/** Whole little configurations, as users have them; what they came to is kept in recorded/. */
export function recordedScenarios(): readonly Scenario[] {
  return [...userScenarios(), ...docScenarios()];
}
