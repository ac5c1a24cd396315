import { type Place, say } from "../findings/index.ts";
import type { Problem } from "../problem.ts";
import { makeProblem } from "../problem.ts";
import { at, type Intent, type Intents } from "./intents.ts";
import { matchClusters } from "./mesh/selectClusters.ts";
import { nearestName } from "./nearestName.ts";

/** What was declared but not understood, so that it may be what others refer to. */
export interface Unread {
  /** Names of clusters whose declaration has mistakes. */
  readonly lostClusters: ReadonlySet<string>;
  /** False where there may be further resources. */
  readonly complete: boolean;
}

interface Reference {
  readonly intent: Intent;
  readonly path: readonly (string | number)[];
  readonly entry: string;
}

/** Names of clusters that nobody declares, and labels that no cluster carries. */
export function checkReferences(intents: Intents, unread: Unread): readonly Problem[] {
  if (!unread.complete) return [];
  const names = intents.clusters.map(({ metadata }) => metadata.name);
  return references(intents).flatMap(({ intent, path, entry }) => {
    if (matchClusters(entry, intents.clusters).length > 0 || unread.lostClusters.has(entry)) return [];
    if (!entry.includes("=")) return [unknownCluster(at(intent, ...path), entry, names)];
    return unread.lostClusters.size > 0 ? [] : [noneSelected(at(intent, ...path), entry)];
  });
}

function references(intents: Intents): readonly Reference[] {
  return [
    ...intents.sharedServices.flatMap((intent) => [
      ...entries(intent, ["spec", "servedBy"], intent.spec.servedBy),
      ...consumerEntries(intent, intent.spec.consumers),
      ...(intent.spec.traffic?.split ?? []).map(({ cluster }, index) => ({
        intent,
        path: ["spec", "traffic", "split", index, "cluster"],
        entry: cluster,
      })),
      ...(intent.spec.traffic?.match ?? []).flatMap(({ to: { cluster } }, index) =>
        cluster === undefined
          ? []
          : [{ intent, path: ["spec", "traffic", "match", index, "to", "cluster"], entry: cluster }],
      ),
      ...entries(intent, ["spec", "traffic", "locality", "clusters"], intent.spec.traffic?.locality?.clusters ?? []),
    ]),
    ...intents.externalAccesses.flatMap((intent) => entries(intent, ["spec", "clusters"], intent.spec.clusters)),
    ...intents.externalServices.flatMap((intent) => [
      ...consumerEntries(intent, intent.spec.consumers),
      ...(intent.spec.via === undefined ? [] : [{ intent, path: ["spec", "via"], entry: intent.spec.via }]),
    ]),
  ];
}

function consumerEntries(intent: Intent, consumers: readonly { readonly clusters: readonly string[] }[]) {
  return consumers.flatMap(({ clusters }, index) =>
    entries(intent, ["spec", "consumers", index, "clusters"], clusters),
  );
}

function entries(
  intent: Intent,
  path: readonly (string | number)[],
  selector: readonly string[],
): readonly Reference[] {
  return selector.map((entry, index) => ({ intent, path: [...path, index], entry }));
}

function unknownCluster(place: Place, name: string, names: readonly string[]): Problem {
  const meant = nearestName(name, names);
  const declared = names.length === 0 ? "none is declared" : `declared are ${names.slice(0, 10).join(", ")}`;
  return makeProblem({
    code: "CLUSTER_UNKNOWN",
    at: place,
    message: say`there is no MeshCluster ${{ name }}; ${{ declared }}${names.length > 10 ? ", …" : ""}`,
    hint: meant === undefined ? say`declare it: kind MeshCluster, metadata.name ${{ name }}` : `did you mean ${meant}?`,
  });
}

function noneSelected(place: Place, entry: string): Problem {
  return makeProblem({
    code: "CLUSTER_NONE_SELECTED",
    at: place,
    message: say`no MeshCluster carries the labels ${{ entry }}`,
    hint: "add them to a MeshCluster's metadata.labels, or name the clusters",
  });
}
