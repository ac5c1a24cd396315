import { type KubeObject, keyOf, refOf } from "../kinds/index.ts";
import type { Observed, ObservedCluster } from "../model/index.ts";
import type { Action, Plan } from "./action.ts";

/** What the clusters would hold once the plan is applied. What an API server or istiod then fills in is as it is now, or absent. */
export function afterPlan(observed: Observed, { actions }: Pick<Plan, "actions">): Observed {
  const byCluster = new Map<string, Action[]>();
  for (const action of actions) {
    if (action.verb === "noop") continue;
    const own = byCluster.get(action.cluster);
    if (own === undefined) byCluster.set(action.cluster, [action]);
    else own.push(action);
  }
  const clusters = [...observed.clusters].map(([name, cluster]) => {
    const own = byCluster.get(name);
    return [name, own === undefined ? cluster : { ...cluster, objects: applied(cluster, own) }] as const;
  });
  return { ...observed, clusters: new Map(clusters) };
}

function applied(cluster: ObservedCluster, actions: readonly Action[]): readonly KubeObject[] {
  const byKey = new Map(actions.map((action) => [keyOf(action.ref), action]));
  const kept = cluster.objects.flatMap((live) => {
    const action = byKey.get(keyOf(refOf(live)));
    if (action === undefined) return [live];
    byKey.delete(keyOf(action.ref));
    return action.desired === undefined ? [] : [updated(live, action.desired)];
  });
  const created = [...byKey.values()].flatMap(({ desired }) => desired ?? []);
  return [...kept, ...created.map((object) => (cluster.source === "live" ? youngest(object) : object))];
}

/** Objects of ours are ours as a whole, but for what the API server adds to a Service's spec. */
function updated(live: KubeObject, desired: KubeObject): KubeObject {
  const { labels, annotations } = desired.metadata;
  const metadata = {
    ...live.metadata,
    labels: { ...live.metadata.labels, ...labels },
    ...(annotations && { annotations: { ...live.metadata.annotations, ...annotations } }),
  };
  const spec = live.kind === "Service" ? { ...(live.spec as object), ...(desired.spec as object) } : desired.spec;
  return { ...live, metadata, spec };
}

/** istiod prefers older objects to younger ones. */
function youngest(object: KubeObject): KubeObject {
  return { ...object, metadata: { ...object.metadata, creationTimestamp: "9999-12-31T23:59:59Z" } };
}
