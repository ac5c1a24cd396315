export { declaredRights } from "./declaredRights.ts";
export { importEmco } from "./emco/importEmco.ts";
export { hubManifests } from "./hubManifests.ts";
export { helmValues, type InstallOptions, istioOperator, meshConfigValues } from "./installConfig.ts";
export { rbacManifests } from "./rbacManifests.ts";
export type { RbacSubject } from "./roles.ts";
export { withValues } from "./withValues.ts";
