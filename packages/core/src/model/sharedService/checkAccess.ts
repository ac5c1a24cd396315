import { say } from "../../findings/index.ts";
import type { Problem } from "../../problem.ts";
import { makeProblem } from "../../problem.ts";
import { at } from "../intents.ts";
import type { Mesh } from "../mesh/mesh.ts";
import { isConsumer, restrictsCallers } from "./access.ts";
import type { SharedService } from "./sharedService.ts";

/** Access rules that name callers that are not consumers, and a dry run of no rules. */
export function checkAccess(service: SharedService, mesh: Mesh): readonly Problem[] {
  const { access = [], consumers, accessDryRun } = service.spec;
  const strangers = access.flatMap(({ from = [] }, rule) =>
    from.flatMap((identity, index) => {
      if (isConsumer(identity, consumers)) return [];
      const place = at(service, "spec", "access", rule, "from", index);
      const message = say`spec.access[${{ rule }}] admits ${{ identity }}, which spec.consumers does not cover`;
      return [makeProblem({ code: "FIELD_INVALID", at: place, message, hint: "add it to spec.consumers" })];
    }),
  );
  // A rule that names strangers leaves out consumers by the same slip.
  const unadmitted = strangers.length > 0 ? [] : unadmittedConsumers(service);
  if (accessDryRun !== true || restrictsCallers(service.spec, mesh) || mesh.spec.access.localCallers === "Consumers")
    return [...strangers, ...unadmitted];
  const place = at(service, "spec", "accessDryRun");
  const message = say`spec.accessDryRun has no rules to try`;
  return [
    ...strangers,
    ...unadmitted,
    makeProblem({
      code: "FIELD_INVALID",
      at: place,
      message,
      hint: "give spec.access or consumers[].serviceAccounts here, or spec.access of the Mesh",
    }),
  ];
}

/** Consumers whom every rule leaves out: they are given a name that they may not call. */
function unadmittedConsumers(service: SharedService): readonly Problem[] {
  const { access, consumers } = service.spec;
  if (access === undefined) return [];
  return consumers.flatMap((consumer, index) => {
    const isAdmitted = access.some(
      ({ from }) => from === undefined || from.some((identity) => isConsumer(identity, [consumer])),
    );
    if (isAdmitted) return [];
    return [
      makeProblem({
        code: "ACCESS_ADMITS_NOBODY",
        at: at(service, "spec", "consumers", index),
        message: say`no rule of spec.access admits a caller of spec.consumers[${{ index }}]`,
        hint: "add its service accounts to `from` of a rule, or remove the consumer",
      }),
    ];
  });
}
