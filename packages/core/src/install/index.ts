export { helmValues, type InstallOptions, istioOperator, meshConfigValues } from "./installConfig.ts";
export { withValues } from "./withValues.ts";
