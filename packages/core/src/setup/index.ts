export { declaredRights } from "./declaredRights.ts";
export { importEmco } from "./emco/importEmco.ts";
export { helmValues, type InstallOptions, istioOperator, meshConfigValues } from "./installConfig.ts";
export { type RbacSubject, rbacManifests } from "./rbacManifests.ts";
export { withValues } from "./withValues.ts";
