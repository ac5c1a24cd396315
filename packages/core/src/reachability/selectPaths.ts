import { fitsWildcard } from "../fitsWildcard.ts";
import { type Caller, isOutside, showCallerName } from "./callers.ts";
import type { ReachabilityAsked } from "./reachability.ts";
import type { Target } from "./targets.ts";

/** Words that choose callers and targets; a `*` stands for any text. */
export interface PathWords {
  /** `sleep.foo@cluster1`, `sleep.foo`, `*.foo`, `outside`. */
  readonly from?: readonly string[];
  /** `httpbin.bar`, `httpbin.bar:8000`, `*.example.com`. */
  readonly to?: readonly string[];
  /** Of callers or of hosts. */
  readonly namespaces?: readonly string[];
  /** Clients outside alone. */
  readonly isPublic?: boolean;
}

/** What to ask about. Where namespaces are named, callers of one with any host, which `isPathOf` narrows. */
export function askedBy({ from = [], to = [], isPublic = false }: PathWords): ReachabilityAsked {
  return {
    isCaller: (caller) =>
      (!isPublic || isOutside(caller)) && (from.length === 0 || from.some((word) => isNamed(caller, word))),
    isTarget: (target) => to.length === 0 || to.some((word) => isMeant(target, word)),
  };
}

/** Whether one of the two ends is in one of the namespaces. */
export function isPathOf(namespaces: readonly string[], caller: Caller, { host }: Target): boolean {
  return (
    namespaces.length === 0 ||
    namespaces.includes(caller.namespace ?? "") ||
    namespaces.includes(host.split(".")[1] ?? "")
  );
}

function isNamed(caller: Caller, word: string): boolean {
  const name = showCallerName(caller);
  return fitsWildcard(word, name) || fitsWildcard(`${word}@*`, name);
}

function isMeant({ host, port }: Target, word: string): boolean {
  const name = `${host}:${port}`;
  return [word, `${word}:*`, `${word}.*`].some((each) => fitsWildcard(each, name));
}
