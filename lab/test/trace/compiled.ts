import { compile, type Observed, parseIntents } from "@isthmus/core";
import { type Edit, edited, fill, parseCall, serverService } from "./recipe.ts";
import type { Scenario } from "./scenario.ts";

/** What our own compiler makes of declarations for a slot. */
export interface Declared {
  readonly title: string;
  /** With placeholders, as recipes have them. */
  readonly declarations: string;
  readonly calls: readonly string[];
  /** Of the objects that it makes. */
  readonly edits?: readonly Edit[];
}

const clusters = `
apiVersion: isthmus.io/v1alpha1
kind: MeshCluster
metadata: {name: cluster1}
---
apiVersion: isthmus.io/v1alpha1
kind: MeshCluster
metadata: {name: cluster2}
spec:
  eastWestGateway: {namespace: $gw, selector: {gateway: $gw}}
  ingressGateway: {namespace: $gw, selector: {gateway: $gw}}
---
`;

export function compiled(observed: Observed, { title, declarations, calls, edits = [] }: Declared): Scenario {
  return {
    title: `compiled: ${title}`,
    reach: "slot",
    objects: (place) => {
      const service = serverService(place);
      const text = fill(`${clusters}${declarations}`, place);
      const { intents, problems } = parseIntents([{ name: "mesh.yaml", text }]);
      if (intents === undefined) throw new Error(JSON.stringify(problems));
      const cluster2 = observed.clusters.get("cluster2");
      if (cluster2 === undefined) throw new Error("cluster2 was not observed");
      const all = new Map([
        ...observed.clusters,
        ["cluster2", { ...cluster2, objects: [...cluster2.objects, service] }],
      ]);
      const { desired, held } = compile(intents, { ...observed, clusters: all });
      if (held.size > 0) throw new Error(`${title}: ${[...held.values()].join()}`);
      const ours = (["cluster1", "cluster2"] as const).flatMap((cluster) =>
        (desired.get(cluster) ?? []).map((object) => ({
          cluster,
          object: { ...object, metadata: { ...object.metadata } },
        })),
      );
      return edited([{ cluster: "cluster2", object: service }, ...ours], edits, place);
    },
    calls: (place) => calls.map((each) => parseCall(each, place)),
  };
}
