export { applyChanges } from "./applyChanges.ts";
export { changedParts } from "./changedParts.ts";
export { declaredPart, kindIn, wholeCluster, wholeKind } from "./parts.ts";
