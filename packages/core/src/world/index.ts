export { applyChanges } from "./applyChanges.ts";
export { atOnce } from "./atOnce.ts";
export { changedItems } from "./changedItems.ts";
export { changedParts } from "./changedParts.ts";
export { isSame } from "./isSame.ts";
export { isSameSet } from "./isSameSet.ts";
export { istiodContainersOf } from "./istiodContainers.ts";
export { keepEqual } from "./keepEqual.ts";
export { declaredPart, istiodOf, kindIn, wholeCluster, wholeKind } from "./parts.ts";
