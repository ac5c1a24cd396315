import { splitsByVersion, type TrafficRule } from "../../model/index.ts";
import type { ResolvedService } from "./resolvedService.ts";
import { percentages, percentByCluster, type Spread } from "./spread.ts";
import { type Part, podsOf } from "./version.ts";

export interface WeightedPart {
  readonly part: Part;
  /** In percent. */
  readonly weight: number;
}

/** Where the calls to one name go that do not simply go to all of its endpoints. */
export interface Routing {
  /** Rules that lead somewhere, in the declaration's order. */
  readonly rules: readonly { readonly rule: TrafficRule; readonly to: readonly WeightedPart[] }[];
  /** All other calls; undefined: to the name's own endpoints. */
  readonly split: readonly WeightedPart[] | undefined;
}

/**
 * What `split` by version and `match` mean for one name. Parts without pods and drained clusters get nothing: the others share
 * their weight, and a rule with nothing left falls through.
 */
export function routingOf(shared: ResolvedService, spread: Spread): Routing {
  const { traffic } = shared.intent.spec;
  const parts = (traffic?.split ?? []).filter(
    ({ cluster, weight, ...part }) => weight > 0 && spread.active.has(cluster) && hasPods(shared, { cluster, ...part }),
  );
  const isByVersion = splitsByVersion(traffic) && parts.length > 0;
  return {
    rules: (traffic?.match ?? []).flatMap((rule) => {
      const to = partsOfRule(shared, rule, spread);
      return to.length === 0 ? [] : [{ rule, to }];
    }),
    split: isByVersion ? weighted(parts.map(({ weight, ...part }) => ({ part, weight }))) : undefined,
  };
}

/** Every part that is led to, once. */
export function partsOf({ rules, split = [] }: Routing): readonly Part[] {
  const all = [...rules.flatMap(({ to }) => to), ...split].map(({ part }) => part);
  return [...new Map(all.map((part) => [partKey(part), part])).values()];
}

function partsOfRule(shared: ResolvedService, { to }: TrafficRule, { available }: Spread): readonly WeightedPart[] {
  const { labels, cluster: only } = to;
  const version = labels === undefined ? {} : { labels };
  const parts = available
    .filter((cluster) => only === undefined || cluster === only)
    .map((cluster) => ({ cluster, ...version }))
    .filter((part) => hasPods(shared, part));
  const percent = percentByCluster(shared.intent);
  const split = parts.map((part) => ({ part, weight: percent?.get(part.cluster) ?? 0 }));
  const wanted = split.filter(({ weight }) => weight > 0);
  return weighted(wanted.length > 0 ? wanted : parts.map((part) => ({ part, weight: 1 })));
}

function hasPods({ servers }: ResolvedService, { cluster, labels }: Part): boolean {
  const server = servers.find(({ facts }) => facts.name === cluster);
  return server !== undefined && podsOf(server, labels).length > 0;
}

/** Weights that sum to 100, in one order always. */
function weighted(parts: readonly WeightedPart[]): readonly WeightedPart[] {
  const sorted = parts
    .map((each) => ({ key: partKey(each.part), each }))
    .sort((a, b) => (a.key < b.key ? -1 : 1))
    .map(({ each }) => each);
  const percent = percentages(sorted.map(({ weight }) => weight));
  return sorted.map(({ part }, index) => ({ part, weight: percent[index] ?? 0 }));
}

function partKey({ cluster, labels = {} }: Part): string {
  return JSON.stringify([cluster, Object.entries(labels).sort()]);
}
