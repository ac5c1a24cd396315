import { type Place, type Sentence, say } from "../../findings/index.ts";
import type { Problem } from "../../problem.ts";
import { makeProblem } from "../../problem.ts";
import { at } from "../intents.ts";
import type { MeshCluster } from "../mesh/meshCluster.ts";
import { selectClusters } from "../mesh/selectClusters.ts";
import type { SharedService } from "./sharedService.ts";

type Step = string | number;

/** Weights that do not sum up or repeat, versions without labels, and clusters that do not serve. */
export function checkSplit(service: SharedService, clusters: readonly MeshCluster[]): readonly Problem[] {
  const { split = [], match = [], locality } = service.spec.traffic ?? {};
  return [
    ...checkWeights(service),
    ...checkRepeats(service),
    ...[
      ...split.map(({ labels }, index) => ({ labels, path: ["split", index, "labels"] })),
      ...match.map(({ to }, index) => ({ labels: to.labels, path: ["match", index, "to", "labels"] })),
    ].flatMap(({ labels, path }) => {
      if (labels === undefined || Object.keys(labels).length > 0) return [];
      const message = say`spec.traffic.${{ field: path[0] }}[${{ index: path[1] }}] names a version by no labels`;
      return [invalid(service, path, message, "leave labels out to mean the whole cluster")];
    }),
    ...checkServing(service, clusters, [
      ...split.map(({ cluster }, index) => ({
        cluster,
        path: ["split", index, "cluster"],
        verb: "split sends calls to",
      })),
      ...match.flatMap(({ to: { cluster } }, index) =>
        cluster === undefined
          ? []
          : [{ cluster, path: ["match", index, "to", "cluster"], verb: `match[${index}] sends calls to` }],
      ),
      ...(locality?.clusters ?? []).map((cluster, index) => ({
        cluster,
        path: ["locality", "clusters", index],
        verb: "locality.clusters names",
      })),
    ]),
  ];
}

function checkWeights(service: SharedService): readonly Problem[] {
  const split = service.spec.traffic?.split;
  if (split === undefined) return [];
  const total = split.reduce((sum, { weight }) => sum + weight, 0);
  if (total === 100) return [];
  return [invalid(service, ["split"], say`the weights of spec.traffic.split sum to ${{ total }}, not to 100`, "")];
}

function checkRepeats(service: SharedService): readonly Problem[] {
  const seen = new Set<string>();
  return (service.spec.traffic?.split ?? []).flatMap(({ cluster, labels = {} }, index) => {
    const key = JSON.stringify([cluster, Object.entries(labels).sort()]);
    if (!seen.has(key)) {
      seen.add(key);
      return [];
    }
    const message = say`spec.traffic.split[${{ index }}] repeats ${{ cluster }} with the same labels`;
    return [invalid(service, ["split", index, "cluster"], message, "write one entry with the sum of the weights")];
  });
}

interface Mention {
  readonly cluster: string;
  readonly path: readonly Step[];
  readonly verb: string;
}

/** Clusters that nobody declares are reported elsewhere. */
function checkServing(
  service: SharedService,
  clusters: readonly MeshCluster[],
  mentions: readonly Mention[],
): readonly Problem[] {
  const declared = new Set(clusters.map(({ metadata }) => metadata.name));
  const serving = new Set(selectClusters(service.spec.servedBy, clusters).map(({ metadata }) => metadata.name));
  return mentions.flatMap(({ cluster, path, verb }) => {
    if (!declared.has(cluster) || serving.has(cluster) || service.spec.servedBy.includes(cluster)) return [];
    const message = say`spec.traffic.${{ verb }} ${{ cluster }}, which spec.servedBy does not list`;
    return [invalid(service, path, message, `add ${cluster} to spec.servedBy`)];
  });
}

function invalid(service: SharedService, path: readonly Step[], message: Sentence, hint: string): Problem {
  return makeProblem({ code: "FIELD_INVALID", at: at(service, "spec", "traffic", ...path), message, hint });
}

/** Rules of failover that istiod refuses, or that it would not look at: of those for one region it takes the first. */
export function checkFailover(service: SharedService): readonly Problem[] {
  const failover = service.spec.traffic?.locality?.failover ?? [];
  return failover.flatMap(({ from, to }, index) => {
    const path = `spec.traffic.locality.failover[${index}]`;
    const place = at(service, "spec", "traffic", "locality", "failover", index);
    if (from === to) {
      return [
        invalidRule(
          place,
          say`${{ path }} leads from region ${{ from }} to itself`,
          "the own region comes first always",
        ),
      ];
    }
    if (failover.findIndex((other) => other.from === from) === index) return [];
    const hint =
      "after that region come all others; for a longer order name clusters in spec.traffic.locality.clusters";
    return [
      invalidRule(place, say`${{ path }} repeats region ${{ from }}, which fails over to one other region`, hint),
    ];
  });
}

function invalidRule(place: Place, message: Sentence, hint: string): Problem {
  return makeProblem({ code: "FIELD_INVALID", at: place, message, hint });
}
