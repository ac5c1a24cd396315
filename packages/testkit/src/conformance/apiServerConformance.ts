import { applyConformance } from "./applyConformance.ts";
import { readConformance } from "./readConformance.ts";
import type { ConformanceRig } from "./rig.ts";
import { validationConformance } from "./validationConformance.ts";

export type { ConformanceRig } from "./rig.ts";

/**
 * One suite over any API server: what we rely on must be the same at the fake one, that our other tests run against, and
 * at a real kube-apiserver. Call it in a test file.
 */
export function apiServerConformance(rig: ConformanceRig): void {
  applyConformance(rig);
  validationConformance(rig);
  readConformance(rig);
}
