export { apiListeners, servicesOfGateway } from "./apiListeners.ts";
export { objectOf, serviceOf } from "./apiRoutes.ts";
export { noBackend } from "./httpRules.ts";
