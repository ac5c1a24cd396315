import type { Caller } from "./callers.ts";

/** A caller as it was and as it is: the same pods, or pods of one workload in the place of others. */
export interface CallerPair {
  readonly before: Caller | undefined;
  readonly after: Caller | undefined;
  /** Of the caller after; where there is none, of the one before. */
  readonly pods: number;
}

/** With whom a caller may be compared, the likest first: a pod that was there before only with itself. */
export type ComparedCaller = readonly [CallerPair, ...CallerPair[]];

/**
 * Callers of two states of the clusters. Pods are known by their names; one that comes or goes is compared with the pods that its
 * workload has in the other state, of which those come first that have its account and place, whatever their labels. A workload that
 * the other state does not have is compared with nobody.
 */
export function pairCallers(before: readonly Caller[], after: readonly Caller[]): readonly ComparedCaller[] {
  const known = new Map(before.flatMap((caller) => podsOf(caller).map((pod) => [pod, caller] as const)));
  const same = new Map<Caller, Map<Caller, number>>();
  const come = new Map<Caller, number>();
  for (const caller of after) {
    for (const pod of podsOf(caller)) {
      const was = known.get(pod);
      known.delete(pod);
      if (was === undefined) come.set(caller, (come.get(caller) ?? 0) + 1);
      else {
        const pairs = same.get(was) ?? new Map<Caller, number>();
        same.set(was, pairs.set(caller, (pairs.get(caller) ?? 0) + 1));
      }
    }
  }
  const gone = new Map<Caller, number>();
  for (const caller of known.values()) gone.set(caller, (gone.get(caller) ?? 0) + 1);
  const [was, is] = [byWorkload(before), byWorkload(after)];
  const left = (caller: Caller) =>
    compared(alikeFirst(caller, is, come), (other) => ({
      before: caller,
      after: other,
      pods: other === undefined ? (gone.get(caller) ?? 0) : 0,
    }));
  const stayed = (caller: Caller) =>
    [...(same.get(caller) ?? [])].map(([other, pods]): ComparedCaller => [{ before: caller, after: other, pods }]);
  return [
    ...before.flatMap((caller) => (gone.has(caller) ? [...stayed(caller), left(caller)] : stayed(caller))),
    ...[...come].map(([caller, pods]) =>
      compared(alikeFirst(caller, was, gone), (other) => ({ before: other, after: caller, pods })),
    ),
  ];
}

function compared(
  [first, ...others]: readonly Caller[],
  pairWith: (other: Caller | undefined) => CallerPair,
): ComparedCaller {
  return [pairWith(first), ...others.map(pairWith)];
}

/** The callers of its workload in the other state; those come first of which pods come or go as well. */
function alikeFirst(
  caller: Caller,
  others: ReadonlyMap<string, readonly Caller[]>,
  moving: ReadonlyMap<Caller, number>,
): readonly Caller[] {
  const { serviceAccount, region, zone } = caller;
  const rank = (other: Caller) =>
    [moving.has(other), other.serviceAccount === serviceAccount, other.region === region, other.zone === zone].reduce(
      (sum, isAlike) => 2 * sum + (isAlike ? 0 : 1),
      0,
    );
  return (others.get(workloadKey(caller)) ?? []).toSorted((one, other) => rank(one) - rank(other));
}

function byWorkload(callers: readonly Caller[]): ReadonlyMap<string, readonly Caller[]> {
  const found = new Map<string, Caller[]>();
  for (const caller of callers) {
    const key = workloadKey(caller);
    const others = found.get(key);
    if (others === undefined) found.set(key, [caller]);
    else others.push(caller);
  }
  return found;
}

function workloadKey({ cluster, namespace = "", workload }: Caller): string {
  return `${cluster} ${namespace}/${workload}`;
}

/** A client outside is as one pod. */
function podsOf({ cluster, namespace, workload, names }: Caller): readonly string[] {
  if (namespace === undefined) return [`${cluster} ${workload}`];
  return names.map((name) => `${cluster} ${namespace}/${name}`);
}
