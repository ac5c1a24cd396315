import { keyOf } from "../kinds/index.ts";
import type { Action } from "./action.ts";

// Who calls before who may call, so that tokens are found and known when they are asked for; that before what can be called; rules
// before the hosts they govern, endpoints before the names that lead to them, routes after what they route to; the rest,
// gateways, last.
const kindsAsAdded = [
  "EnvoyFilter",
  "RequestAuthentication",
  "AuthorizationPolicy",
  "DestinationRule",
  "WorkloadEntry",
  "Service",
  "ServiceEntry",
  "ServiceImport",
  "VirtualService",
  "HTTPRoute",
  "TLSRoute",
];

function kindRank(action: Action): number {
  const index = kindsAsAdded.indexOf(action.ref.kind);
  const rank = index < 0 ? kindsAsAdded.length : index;
  return action.phase >= 3 ? -rank : rank;
}

function compareText(left: string, right: string): number {
  return left < right ? -1 : left > right ? 1 : 0;
}

/** By phase, cluster, kind (removals in the reverse order of additions), key: never by the order of the input. */
export function inOrder(actions: readonly Action[]): readonly Action[] {
  return actions
    .map((action) => ({ action, rank: kindRank(action), key: keyOf(action.ref) }))
    .sort(
      (left, right) =>
        left.action.phase - right.action.phase ||
        compareText(left.action.cluster, right.action.cluster) ||
        left.rank - right.rank ||
        compareText(left.key, right.key),
    )
    .map(({ action }) => action);
}
