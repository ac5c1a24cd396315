export type { Answer } from "./answer.ts";
export { requestOf } from "./answersOf.ts";
export { type Caller, isOutside, showCallerName } from "./callers.ts";
export { pathChangeKinds } from "./pathChangeKinds.ts";
export { type ChangedCaller, type PathChange, pathChanges } from "./pathChanges.ts";
export { type PathRow, pathRows } from "./pathRows.ts";
export { type Reachability, reachability } from "./reachability.ts";
export { askedBy, idleWord, isPathOf, type PathWords } from "./selectPaths.ts";
export type { Target } from "./targets.ts";
