import type { ClusterObject } from "../kinds/index.ts";
import {
  isReached,
  type Trace,
  type TraceBranch,
  type TraceVerdict,
  type TraceWorld,
  tellingBranch,
  workloadNamed,
} from "../trace/index.ts";
import { regionOf, workloadName } from "./callers.ts";

/** Where requests end up that are answered. */
export interface ReachedPlace {
  /** Absent outside of the clusters, and for a proxy that answers by itself. */
  readonly cluster?: string;
  readonly namespace?: string;
  /** A workload, `example.com:443`, or `proxy`. */
  readonly name: string;
  readonly region?: string;
  /** Of all requests, in 0..1. */
  readonly share: number;
}

/** What comes of a class of requests, as far as all of the class have it in common. */
export interface Answer {
  readonly verdict: TraceVerdict;
  /** `answered`, `403`, `503 UF`, `reset`, `no such host`, `timeout`, `unknown`: of what fails where anything does. */
  readonly outcome: string;
  readonly to: readonly ReachedPlace[];
  /** Whether the server's proxy knows by mutual TLS who calls; absent where no workload answers. */
  readonly mutualTls?: boolean;
  /** What is wrong, or in the way of telling. */
  readonly code?: string;
  /** The object that makes it so. */
  readonly object?: ClusterObject;
  readonly field?: string;
  /** For people, of one request of the class: it may name its caller. */
  readonly why?: string;
}

export function answerOf(world: TraceWorld, trace: Trace): Answer {
  const { verdict, branches, blamed } = trace;
  const telling = tellingBranch(trace);
  const reached = branches.filter(isReached);
  const byWorkload = reached.filter(({ outcome }) => outcome.kind === "answered" && outcome.by.type === "workload");
  const hop = blamed ?? (verdict === "reaches" ? undefined : telling.hops.findLast(({ status }) => status !== "ok"));
  const why = hop?.detail ?? (telling.outcome.kind === "unknown" ? telling.outcome.why : undefined);
  return {
    verdict,
    outcome: outcomeOf(telling),
    to: placesOf(world, reached),
    ...(byWorkload.length === 0 ? {} : { mutualTls: byWorkload.every(isMutualTls) }),
    ...(hop?.code === undefined ? {} : { code: hop.code }),
    ...(hop?.object === undefined ? {} : { object: hop.object }),
    ...(hop?.object === undefined || hop.field === undefined ? {} : { field: hop.field }),
    ...(why === undefined || verdict === "reaches" ? {} : { why }),
  };
}

/** Equal for answers that differ in words alone. */
export function answerKey({ why: _, ...answer }: Answer): string {
  return JSON.stringify(answer);
}

function outcomeOf({ outcome }: TraceBranch): string {
  switch (outcome.kind) {
    case "answered":
      return outcome.status === undefined ? "answered" : `answered ${outcome.status}`;
    case "refused":
      return [outcome.status ?? "refused", outcome.responseFlag].filter((each) => each !== undefined).join(" ");
    case "no-such-host":
      return "no such host";
    default:
      return outcome.kind;
  }
}

/** The last connection ended in a proxy that checked an identity. */
function isMutualTls({ hops }: TraceBranch): boolean {
  const arrived = hops.findLastIndex(({ name }) => name === "destination");
  return hops.slice(arrived).some(({ name }) => name === "identity");
}

function placesOf(world: TraceWorld, branches: readonly TraceBranch[]): readonly ReachedPlace[] {
  const found = new Map<string, ReachedPlace>();
  for (const branch of branches) {
    const place = placeOf(world, branch);
    if (place === undefined) continue;
    const { share: _, ...named } = place;
    const key = JSON.stringify(named);
    found.set(key, { ...place, share: (found.get(key)?.share ?? 0) + place.share });
  }
  return [...found]
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([, place]) => ({ ...place, share: Math.round(place.share * 1e6) / 1e6 }));
}

function placeOf(world: TraceWorld, { outcome, probability: share }: TraceBranch): ReachedPlace | undefined {
  if (outcome.kind !== "answered") return undefined;
  const { by } = outcome;
  if (by.type === "proxy") return { name: "proxy", share };
  if (by.type === "outside") return { name: `${by.address}:${by.port}`, share };
  const { cluster, namespace, name } = by;
  const workload = workloadNamed(world.clusters, { cluster, namespace, name });
  const region = workload === undefined ? undefined : regionOf(world, workload);
  return {
    cluster,
    namespace,
    name: workload === undefined ? name : workloadName(workload),
    ...(region === undefined ? {} : { region }),
    share,
  };
}
