import { say } from "../../findings/index.ts";
import type { Problem } from "../../problem.ts";
import { makeProblem } from "../../problem.ts";
import { at } from "../intents.ts";
import type { SharedService } from "./sharedService.ts";

/** Settings in Istio's shape that istiod would refuse. istio/pkg/config/validation/validation.go */
export function checkTrafficPolicy(service: SharedService): readonly Problem[] {
  const { connectionPool, loadBalancer } = service.spec.traffic ?? {};
  return [
    ...oneOf(service, ["connectionPool"], connectionPool, ["tcp", "http"], 2),
    ...oneOf(service, ["loadBalancer"], loadBalancer, ["simple", "consistentHash"], 1),
    ...oneOf(
      service,
      ["loadBalancer", "consistentHash"],
      loadBalancer?.consistentHash,
      ["httpHeaderName", "httpQueryParameterName", "useSourceIp"],
      1,
    ),
  ];
}

function oneOf(
  service: SharedService,
  path: readonly string[],
  value: object | undefined,
  fields: readonly string[],
  most: number,
): readonly Problem[] {
  if (value === undefined) return [];
  const count = Object.keys(value).length;
  if (count >= 1 && count <= most) return [];
  const quantity = most === 1 ? "exactly one" : "at least one";
  const message = say`spec.traffic.${{ path: path.join(".") }} needs ${{ quantity }} of ${{ fields }}`;
  return [makeProblem({ code: "FIELD_INVALID", at: at(service, "spec", "traffic", ...path), message, hint: "" })];
}
