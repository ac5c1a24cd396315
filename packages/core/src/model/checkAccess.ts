import type { Problem } from "../problem.ts";
import { isConsumer, restrictsCallers } from "./access.ts";
import { at } from "./intents.ts";
import type { Mesh } from "./mesh.ts";
import type { SharedService } from "./sharedService.ts";

/** Access rules that name callers who are no consumers, and a dry run of no rules. */
export function checkAccess(service: SharedService, mesh: Mesh): readonly Problem[] {
  const { access = [], consumers, accessDryRun } = service.spec;
  const strangers = access.flatMap(({ from = [] }, rule) =>
    from.flatMap((identity, index) => {
      if (isConsumer(identity, consumers)) return [];
      const place = at(service, "spec", "access", rule, "from", index);
      const message = `spec.access[${rule}] admits ${identity}, which spec.consumers does not cover`;
      return [{ code: "FIELD_INVALID", at: place, message, hint: "add it to spec.consumers" } as const];
    }),
  );
  if (accessDryRun !== true || restrictsCallers(service.spec, mesh) || mesh.spec.access.localCallers === "Consumers")
    return strangers;
  const place = at(service, "spec", "accessDryRun");
  const message = "spec.accessDryRun has no rules to try";
  return [
    ...strangers,
    {
      code: "FIELD_INVALID",
      at: place,
      message,
      hint: "give spec.access or consumers[].serviceAccounts here, or spec.access of the Mesh",
    },
  ];
}
