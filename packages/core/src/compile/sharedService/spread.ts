import { joinNames, say } from "../../findings/index.ts";
import { at, type SharedService } from "../../model/index.ts";
import type { Report } from "../declaration/report.ts";

import type { ResolvedService, Server } from "./resolvedService.ts";

/** How the calls to one name that stands for several clusters are spread in one consuming cluster. */
export interface Spread {
  /** The clusters to call through their gateways. */
  readonly servers: readonly Server[];
  /** Percent by cluster, the consumer's own pods included, of those that get calls. Undefined: by number of endpoints. */
  readonly weights: ReadonlyMap<string, number> | undefined;
  /** All clusters that calls go to as things stand, the consumer's own pods included. */
  readonly active: ReadonlySet<string>;
  /** The clusters that a rule may send calls to, whatever their weight: those that are not drained. */
  readonly available: readonly string[];
}

interface Candidate {
  readonly cluster: string;
  readonly drain: boolean;
}

/**
 * What serves the name: not the clusters that `split` gives nothing, nor those that are drained as long as any other is left.
 * `local` is the consuming cluster, where its own pods are behind the name without a gateway.
 */
export function spreadOf(
  shared: ResolvedService,
  remote: readonly Server[],
  local: string | undefined,
  report: Report,
): Spread {
  const drained = new Set(shared.servers.filter(({ cluster }) => cluster.spec.drain).map(({ facts }) => facts.name));
  const candidates: readonly Candidate[] = [
    ...remote.map(({ facts }) => facts.name),
    ...(local === undefined ? [] : [local]),
  ]
    .map((cluster) => ({ cluster, drain: drained.has(cluster) }))
    .sort((a, b) => (a.cluster < b.cluster ? -1 : 1));
  const percent = percentByCluster(shared.intent);
  const wanted = candidates.filter(({ cluster }) => percent === undefined || (percent.get(cluster) ?? 0) > 0);
  const serving = wanted.length === 0 ? candidates : wanted;
  const staying = serving.filter(({ drain }) => !drain);
  if (staying.length === 0) reportDrain(shared, serving, report);
  const chosen = (staying.length === 0 ? serving : staying).map(({ cluster }) => cluster);
  const active = new Set(chosen);
  const ready = candidates.filter(({ drain }) => !drain);
  const available = (ready.length === 0 ? candidates : ready).map(({ cluster }) => cluster);
  const servers = remote.filter(({ facts }) => active.has(facts.name));
  const leavesLocal = local !== undefined && !active.has(local);
  if (percent === undefined && !leavesLocal) return { servers, weights: undefined, active, available };
  const weights = percentages(chosen.map((cluster) => (wanted.length === 0 ? 1 : (percent?.get(cluster) ?? 1))));
  return {
    servers,
    weights: new Map(chosen.map((cluster, index) => [cluster, weights[index] ?? 0])),
    active,
    available,
  };
}

/** What `split` gives to each cluster, its versions together. */
export function percentByCluster({ spec }: SharedService): ReadonlyMap<string, number> | undefined {
  const split = spec.traffic?.split;
  if (split === undefined) return undefined;
  const percent = new Map<string, number>();
  for (const { cluster, weight } of split) percent.set(cluster, (percent.get(cluster) ?? 0) + weight);
  return percent;
}

function reportDrain(
  { intent, service, namespace }: ResolvedService,
  serving: readonly Candidate[],
  report: Report,
): void {
  const names = joinNames(serving.map(({ cluster }) => cluster));
  report.add(
    undefined,
    "DRAIN_WITHOUT_EFFECT",
    at(intent, "spec", "servedBy"),
    say`${{ names }} is drained, but no other cluster serves ${{ namespace }}/${{ service }}: calls still go there`,
    "let another cluster serve it too",
  );
}

/** Whole numbers of at least 1 that sum to 100, as Istio wants them; what rounding leaves goes to the largest remainders. */
export function percentages(weights: readonly number[]): readonly number[] {
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const parts = weights.map((weight) => {
    const exact = (weight * 100) / total;
    const whole = Math.max(1, Math.floor(exact));
    return { whole, left: exact - whole };
  });
  const rest = 100 - parts.reduce((sum, { whole }) => sum + whole, 0);
  const largest = new Set([...parts].sort((a, b) => b.left - a.left).slice(0, Math.max(0, rest)));
  return parts.map((part) => part.whole + (largest.has(part) ? 1 : 0));
}
