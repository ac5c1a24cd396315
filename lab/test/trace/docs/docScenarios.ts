import type { Scenario } from "../scenario.ts";
import { egressTasks } from "./egress.ts";
import { ingressTasks } from "./ingress.ts";
import { security } from "./security.ts";
import { trafficManagement } from "./trafficManagement.ts";

/** The tasks of Istio's documentation, with its names and shapes. */
export function docScenarios(): readonly Scenario[] {
  return [...trafficManagement, ...ingressTasks, ...egressTasks, ...security];
}
