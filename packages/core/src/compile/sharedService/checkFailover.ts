import { say } from "../../findings/index.ts";
import { type IstioCluster, localityOfNode, regionLabel } from "../../istio/index.ts";
import { at, nearestName } from "../../model/index.ts";
import type { Surroundings } from "../declaration/compileContext.ts";
import type { ResolvedService } from "./resolvedService.ts";

/**
 * Rules of failover by region that no call can follow: regions that no cluster is in, and callers whose region nobody knows.
 * Nothing is said about regions as long as a cluster does not tell its own.
 */
export function checkFailover(shared: ResolvedService, { intents, facts, report }: Surroundings): void {
  const { intent, consumers } = shared;
  const { failover = [], clusters } = intent.spec.traffic?.locality ?? {};
  if (failover.length === 0 || clusters !== undefined) return;
  for (const consumer of consumers) {
    if (consumer.facts.all("Node").length === 0 || regionsOf(consumer.facts).length > 0) continue;
    report.add(
      undefined,
      "FAILOVER_WITHOUT_EFFECT",
      at(intent, "spec", "traffic", "locality", "failover"),
      say`the nodes of ${{ cluster: consumer.facts.name }} tell no region, so its callers are in none and fail over to all others alike`,
      say`kubectl --context ${{ cluster: consumer.facts.name }} label nodes --all ${{ regionLabel }}=<region>`,
    );
  }
  const known = intents.clusters.map(({ metadata, spec }) => {
    const cluster = facts.get(metadata.name);
    const ofNodes = cluster === undefined ? [] : regionsOf(cluster);
    return {
      ofCallers: ofNodes,
      ofServers: [...ofNodes, ...(spec.locality === undefined ? [] : [spec.locality.region])],
    };
  });
  const sides = [
    { side: "from", who: "no node of the mesh", regions: known.map(({ ofCallers }) => ofCallers) },
    { side: "to", who: "no cluster of the mesh", regions: known.map(({ ofServers }) => ofServers) },
  ] as const;
  for (const { side, who, regions } of sides) {
    if (regions.some((each) => each.length === 0)) continue;
    const all = [...new Set(regions.flat())].sort();
    for (const [index, rule] of failover.entries()) {
      if (all.includes(rule[side])) continue;
      const meant = nearestName(rule[side], all);
      report.add(
        undefined,
        "FAILOVER_WITHOUT_EFFECT",
        at(intent, "spec", "traffic", "locality", "failover", index, side),
        say`${{ who }} is in region ${{ rule: rule[side] }}${meant === undefined ? "" : `; did you mean ${meant}?`}`,
        say`the regions are ${{ all }}`,
      );
    }
  }
}

function regionsOf(cluster: IstioCluster): readonly string[] {
  const regions = cluster.all("Node").map((node) => localityOfNode(node)[0]);
  return [...new Set(regions.filter((region) => region !== ""))];
}
