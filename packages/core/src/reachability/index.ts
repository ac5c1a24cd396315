export type { Answer } from "./answer.ts";
export { requestOf } from "./answersOf.ts";
export { type Caller, isOutside, showCallerName } from "./callers.ts";
export { type PathChange, pathChangeKinds, pathChanges } from "./pathChanges.ts";
export { type PathRow, pathRows } from "./pathRows.ts";
export { type Reachability, type ReachabilityAsked, reachability } from "./reachability.ts";
export { askedBy, isPathOf } from "./selectPaths.ts";
export type { Target } from "./targets.ts";
