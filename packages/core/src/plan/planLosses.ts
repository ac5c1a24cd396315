import { type KubeObject, ownerOf, sideOf } from "../kinds/index.ts";
import { declaredOwners, type Intents, type Observed, type ObservedCluster } from "../model/index.ts";
import type { ActionVerb, Plan } from "./action.ts";
import { afterPlan } from "./afterPlan.ts";
import { isInventory } from "./inventory.ts";

/** A name that callers have now, and will not have after the plan. */
export interface GoingPath {
  readonly owner: string;
  readonly cluster: string;
  /** Whose callers lose it, `*` for those of the whole cluster; absent: clients outside the mesh. */
  readonly namespace?: string;
  readonly host: string;
}

/** Objects of ours that the plan deletes since no file declares what they were written for. */
export interface UndeclaredOwner {
  readonly owner: string;
  readonly objects: number;
}

export interface PlanLosses {
  readonly goingPaths: readonly GoingPath[];
  readonly undeclared: readonly UndeclaredOwner[];
}

/** What a plan takes away. Whatever was declared before is gone from the files: the clusters' own objects tell. */
export function planLosses(intents: Intents, plan: Plan, observed: Observed): PlanLosses {
  // What is created takes no name away.
  const met = new Set(plan.actions.flatMap(({ verb, cluster }) => (keepsNames.has(verb) ? [] : [cluster])));
  const clusters = new Map([...observed.clusters].filter(([name]) => met.has(name)));
  const after = afterPlan({ ...observed, clusters }, plan);
  const goingPaths = [...clusters.values()].flatMap((cluster) => {
    const left = new Set(namesIn(after.clusters.get(cluster.name)).map(keyOfPath));
    return namesIn(cluster).filter((path) => !waysTo(path).some((way) => left.has(keyOfPath(way))));
  });
  return { goingPaths: inOrder(goingPaths), undeclared: undeclaredOwners(intents, plan) };
}

const keepsNames: ReadonlySet<ActionVerb> = new Set(["create", "noop"]);

function undeclaredOwners(intents: Intents, { actions }: Plan): readonly UndeclaredOwner[] {
  const declared = new Set(declaredOwners(intents).map(({ owner }) => owner));
  const counts = new Map<string, number>();
  for (const { verb, owner } of actions) {
    // ServiceExports are declared in the clusters.
    if (verb !== "delete" || declared.has(owner) || owner.startsWith("ServiceExport.")) continue;
    counts.set(owner, (counts.get(owner) ?? 0) + 1);
  }
  return [...counts].sort(([one], [other]) => (one < other ? -1 : 1)).map(([owner, objects]) => ({ owner, objects }));
}

/** The names that objects of ours give callers of a cluster. */
function namesIn(cluster: ObservedCluster | undefined): readonly GoingPath[] {
  return (cluster?.objects ?? []).filter(isInventory).flatMap((object) => {
    const names = { owner: ownerOf(object), cluster: cluster?.name ?? "" };
    if (object.kind === "ServiceEntry" && sideOf(object) === "consumer") {
      return hostsOf(object).flatMap((host) => callersOf(object).map((namespace) => ({ ...names, namespace, host })));
    }
    if (object.kind === "Gateway" && names.owner.startsWith("ExternalAccess.")) {
      return hostsOf(object).map((host) => ({ ...names, host }));
    }
    return [];
  });
}

/** Of a ServiceEntry, and of the servers or listeners of a Gateway, with the namespace left out that may stand before it. */
function hostsOf({ spec }: KubeObject): readonly string[] {
  const { hosts, servers, listeners } = (spec ?? {}) as {
    readonly hosts?: readonly string[];
    readonly servers?: readonly { readonly hosts?: readonly string[] }[];
    readonly listeners?: readonly { readonly hostname?: string }[];
  };
  const all = [
    ...(hosts ?? []),
    ...(servers ?? []).flatMap((server) => server.hosts ?? []),
    ...(listeners ?? []).flatMap(({ hostname }) => hostname ?? []),
  ];
  return [...new Set(all.map((host) => host.slice(host.indexOf("/") + 1)))];
}

function callersOf({ spec, metadata }: KubeObject): readonly string[] {
  const { exportTo = ["*"] } = (spec ?? {}) as { readonly exportTo?: readonly string[] };
  return exportTo.map((namespace) => (namespace === "." ? (metadata.namespace ?? "default") : namespace));
}

/** A name that everybody in the cluster has is there for a namespace as well. */
function waysTo(path: GoingPath): readonly GoingPath[] {
  return path.namespace === undefined ? [path] : [path, { ...path, namespace: "*" }];
}

function keyOfPath({ cluster, namespace = "", host }: GoingPath): string {
  return `${cluster}/${namespace}/${host}`;
}

/** Each once, also where several objects give the same name. */
function inOrder(paths: readonly GoingPath[]): readonly GoingPath[] {
  const byKey = new Map(paths.map((path) => [keyOfPath(path), path]));
  return [...byKey].sort(([one], [other]) => (one < other ? -1 : 1)).map(([, path]) => path);
}
