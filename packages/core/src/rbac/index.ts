export { type RbacSubject, rbacManifests } from "./rbacManifests.ts";
