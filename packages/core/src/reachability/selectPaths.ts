import { fitsWildcard } from "../fitsWildcard.ts";
import { nearestName } from "../model/index.ts";
import type { TraceWorld } from "../trace/index.ts";
import { type Caller, isOutside, outsideCaller, showCallerName, workloadCallers } from "./callers.ts";
import type { ReachabilityAsked } from "./reachability.ts";
import { meshTargets, outsideTargets, type Target } from "./targets.ts";

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

/** A word that chooses nothing: more likely it is a slip. */
export interface IdleWord {
  readonly option: "from" | "to" | "namespace";
  readonly word: string;
  readonly meant?: string;
}

/** The first of the words that names no caller, host or namespace of the clusters. */
export function idleWord(world: TraceWorld, { from = [], to = [], namespaces = [] }: PathWords): IdleWord | undefined {
  const clusters = [...world.clusters.values()];
  const callers = [
    ...clusters.flatMap((cluster) => workloadCallers(world, cluster)),
    ...[...world.clusters.keys()].map(outsideCaller),
  ];
  const targets = [...meshTargets(world), ...outsideTargets(world)];
  const homes = [
    ...clusters.flatMap((cluster) => [...cluster.namespaces.keys()]),
    ...callers.flatMap(({ namespace }) => namespace ?? []),
    ...targets.map(({ host }) => host.split(".")[1] ?? ""),
  ];
  const idle = (option: IdleWord["option"], word: string, names: readonly string[]): IdleWord => {
    const meant = nearestName(word, names);
    return { option, word, ...(meant === undefined ? {} : { meant }) };
  };
  for (const word of from) {
    if (callers.some((each) => isNamed(each, word))) continue;
    const names = callers.map(showCallerName);
    return idle("from", word, word.includes("@") ? names : names.map((name) => name.replace(/@.*/, "")));
  }
  for (const word of to) {
    if (targets.some((each) => isMeant(each, word))) continue;
    const names = targets.flatMap(({ host, port }) => formsOf(host).flatMap((form) => [form, `${form}:${port}`]));
    return idle("to", word, names);
  }
  const missing = namespaces.find((each) => !homes.includes(each));
  return missing === undefined ? undefined : idle("namespace", missing, homes);
}

/** `httpbin.bar.svc.cluster.local` may be called `httpbin.bar`. */
function formsOf(host: string): readonly string[] {
  return [host, host.split(".").slice(0, 2).join(".")];
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
