import { say } from "../../findings/index.ts";
import type { Problem } from "../../problem.ts";
import { makeProblem } from "../../problem.ts";
import { at, type Intents } from "../intents.ts";
import { checkAccess } from "./checkAccess.ts";
import { checkRoutes } from "./checkRoutes.ts";
import { checkFailover, checkSplit } from "./checkSplit.ts";
import { checkTrafficPolicy } from "./checkTrafficPolicy.ts";
import type { SharedService } from "./sharedService.ts";

/** Weights and rules of a shared service that contradict its other fields. */
export function checkSharedService(
  service: SharedService,
  { mesh, clusters }: Pick<Intents, "mesh" | "clusters">,
): readonly Problem[] {
  return [
    ...checkSplit(service, clusters),
    ...checkFailover(service),
    ...checkRoutes(service),
    ...checkTrafficPolicy(service),
    ...checkAccessPorts(service),
    ...checkAccess(service, mesh),
  ];
}

function checkAccessPorts({ spec, ...rest }: SharedService): readonly Problem[] {
  const shared = spec.ports;
  if (shared === undefined) return [];
  return (spec.access ?? []).flatMap(({ ports = [] }, rule) =>
    ports.flatMap((port, index) => {
      if (shared.includes(port)) return [];
      const place = at({ spec, ...rest }, "spec", "access", rule, "ports", index);
      const message = say`spec.access[${{ rule }}] opens port ${{ port }}, which spec.ports does not share`;
      return [makeProblem({ code: "FIELD_INVALID", at: place, message, hint: say`add ${{ port }} to spec.ports` })];
    }),
  );
}
