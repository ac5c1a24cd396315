import { type IstioCluster, labelsMatch, type Workload } from "../istio/index.ts";
import { nearestName } from "../model/index.ts";
import { showUnreadable } from "../shape/index.ts";
import { isCalled, podsAlike, type TraceRequest, type TraceWorld } from "../trace/index.ts";
import type { CallersSelector, From } from "./pathTestSchema.ts";

/** The callers of a test; several pods whose calls nothing tells apart are one. */
export interface Callers {
  readonly found: readonly TraceRequest["from"][];
  /** What is not known of who calls, or why nobody does. */
  readonly untold: readonly string[];
}

/** How one has to do with several callers, or hosts. */
export type Quantifier = "every" | "some" | "none";

export function callersOf(world: TraceWorld, from: From): Callers {
  const { outside, workload, namespace, cluster } = from;
  if (outside !== undefined) return outsideCaller(world, outside);
  const selector = from.every ?? from.some ?? from.none;
  if (selector !== undefined) return select(world, selector, (each) => isSelected(each, selector), show(selector));
  const asked = { ...(cluster === undefined ? {} : { cluster }), ...(namespace === undefined ? {} : { namespace }) };
  const named = workload ?? "";
  const callers = select(world, asked, (each) => isCalled(each, named), `workload ${named} in namespace ${namespace}`);
  // Who is named is known once it is found; only other clusters may have one of the name as well.
  return callers.found.length > 0 && cluster !== undefined ? { ...callers, untold: [] } : callers;
}

export function quantifierOf(given: { readonly [Q in Quantifier]?: unknown }): Quantifier {
  if (given.some !== undefined) return "some";
  return given.none === undefined ? "every" : "none";
}

function outsideCaller(world: TraceWorld, { cluster, connectTo }: NonNullable<From["outside"]>): Callers {
  const unknown = cluster === undefined ? undefined : unknownCluster(world, cluster);
  if (unknown !== undefined) return { found: [], untold: [unknown] };
  const [, address = "", port = ""] = /^(.+):(\d+)$/.exec(connectTo ?? "") ?? [];
  const endpoint = { address: address.replace(/^\[|\]$/g, ""), port: Number(port) };
  return {
    found: [
      {
        outside: true,
        ...(cluster === undefined ? {} : { cluster }),
        ...(connectTo === undefined ? {} : { connectTo: endpoint }),
      },
    ],
    untold: [],
  };
}

function select(
  world: TraceWorld,
  { cluster: only, namespace }: Pick<CallersSelector, "cluster" | "namespace">,
  isChosen: (workload: Workload) => boolean,
  what: string,
): Callers {
  const unknown = only === undefined ? undefined : unknownCluster(world, only);
  if (unknown !== undefined) return { found: [], untold: [unknown] };
  const clusters = [...world.clusters.values()].filter(({ name }) => only === undefined || name === only);
  const found = clusters.flatMap((cluster) => {
    const all = namespace === undefined ? cluster.workloads : cluster.workloadsIn(namespace);
    // A gateway's pods hold no app that calls.
    const chosen = all.filter((each) => each.proxy !== "gateway" && isChosen(each));
    return podsAlike(world, cluster, chosen).map(({ pod }) => ({
      cluster: cluster.name,
      namespace: pod.namespace,
      workload: pod.name,
    }));
  });
  const unreadable = world.unreadable.filter((name) => only === undefined || name === only);
  const hidden = [
    ...unreadable.map((name) => `cluster ${name} cannot be read: whether it has ${what} cannot be told`),
    ...clusters.flatMap((cluster) => hiddenIn(cluster, workloadKinds, namespace)),
  ];
  if (found.length > 0 || hidden.length > 0) return { found, untold: hidden };
  return { found, untold: [`nothing was tested: no cluster has ${what}${known(clusters, namespace)}`] };
}

/** Kinds of which each is a caller. */
const workloadKinds: ReadonlySet<string> = new Set(["Pod", "WorkloadEntry"]);

/** Why more may be there than is found: objects that cannot be read, and kinds that a dump does not show. */
export function hiddenIn(
  { name: cluster, unreadable }: IstioCluster,
  kinds: ReadonlySet<string>,
  namespace: string | undefined,
): readonly string[] {
  return unreadable
    .filter(
      (each) =>
        kinds.has(each.kind) &&
        (namespace === undefined || each.namespace === undefined || each.namespace === namespace),
    )
    .map((each) =>
      each.isMissing === true
        ? `whether there are others cannot be told: ${each.kind} of ${cluster}: ${each.fault}`
        : `${showUnreadable(each)} of ${cluster} cannot be read: ${each.fault}`,
    );
}

/** What there is in its place. */
function known(clusters: readonly IstioCluster[], namespace: string | undefined): string {
  const namespaces = [...new Set(clusters.flatMap((cluster) => [...cluster.namespaces.keys()]))];
  if (namespace !== undefined && !namespaces.includes(namespace)) {
    const meant = nearestName(namespace, namespaces);
    return `: there is no namespace ${namespace}${meant === undefined ? "" : `; did you mean ${meant}?`}`;
  }
  const all = clusters.flatMap((each) => (namespace === undefined ? [] : each.workloadsIn(namespace)));
  const names = [...new Set(all.map(({ name, labels }) => labels.app ?? name))].sort();
  return names.length === 0 ? "" : `; there are ${names.slice(0, 10).join(", ")}`;
}

function unknownCluster(world: TraceWorld, name: string): string | undefined {
  const known = [...world.clusters.keys(), ...world.unreadable];
  if (known.includes(name)) return undefined;
  const meant = nearestName(name, known);
  return `nothing was tested: there is no cluster ${name}; ${meant === undefined ? `there are ${known.sort().join(", ")}` : `did you mean ${meant}?`}`;
}

function isSelected(workload: Workload, { labels = {}, serviceAccount }: CallersSelector): boolean {
  return (
    labelsMatch(labels, workload.labels) && (serviceAccount === undefined || workload.serviceAccount === serviceAccount)
  );
}

/** `any workload with labels tier=web in namespace dev`, for people. */
function show({ cluster, namespace, labels = {}, serviceAccount }: CallersSelector): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}=${value}`);
  return [
    "a workload",
    ...(pairs.length === 0 ? [] : [`with labels ${pairs.join(",")}`]),
    ...(serviceAccount === undefined ? [] : [`of account ${serviceAccount}`]),
    ...(namespace === undefined ? [] : [`in namespace ${namespace}`]),
    ...(cluster === undefined ? [] : [`of cluster ${cluster}`]),
  ].join(" ");
}
