import type { IstioCluster } from "../istio/index.ts";
import type { Problem } from "../problem.ts";
import { showUnreadable } from "../shape/index.ts";
import { emptyImports, overlappingEntries } from "./hosts.ts";
import type { LintCode, LintRule } from "./lintRule.ts";
import { gatewaysOfNoPod, routesOfNoGateway, routesToNobody, shadowedRoutes } from "./routes.ts";
import { emptySubsets, rulesOfNoHost, shadowedRules, unusedSubsets } from "./rulesOfHosts.ts";
import { unattachedPolicies, unusedSidecars } from "./unattached.ts";

const rules: readonly LintRule[] = [
  unattachedPolicies,
  unusedSidecars,
  rulesOfNoHost,
  shadowedRules,
  emptySubsets,
  unusedSubsets,
  shadowedRoutes,
  routesToNobody,
  routesOfNoGateway,
  gatewaysOfNoPod,
  emptyImports,
  overlappingEntries,
];

/** A rule of which nothing can be said in a cluster. */
export interface LintSkip {
  readonly cluster: string;
  readonly code: LintCode;
  readonly why: string;
}

export interface Lint {
  /** By cluster, object and field. */
  readonly findings: readonly Problem[];
  readonly skipped: readonly LintSkip[];
  /** How many rules were looked for, over all clusters. */
  readonly looked: number;
}

/**
 * Objects of Istio that have no effect, or another one than they say. Each rule asks the model that a trace walks over, so that
 * the two cannot contradict each other.
 */
export function lint(clusters: ReadonlyMap<string, IstioCluster>): Lint {
  const findings: Problem[] = [];
  const skipped: LintSkip[] = [];
  for (const cluster of clusters.values()) {
    for (const rule of rules) {
      const why = hidden(cluster, rule) ?? rule.untold?.(cluster);
      if (why === undefined) findings.push(...rule.find(cluster, clusters));
      else skipped.push({ cluster: cluster.name, code: rule.code, why });
    }
  }
  const sorted = findings
    .map((each) => ({ key: `${each.at} ${each.code}`, each }))
    .sort((a, b) => (a.key < b.key ? -1 : 1));
  const looked = clusters.size * rules.length - skipped.length;
  return { findings: sorted.map(({ each }) => each), skipped, looked };
}

/** Why a rule has nothing to say: what it would miss may be there. */
function hidden({ unreadable }: IstioCluster, { needs }: LintRule): string | undefined {
  const found = unreadable.find(({ kind }) => needs.includes(kind));
  if (found === undefined) return undefined;
  return found.isMissing === true
    ? `of kind ${found.kind} the dump ${found.fault}`
    : `${showUnreadable(found)} cannot be read: ${found.fault}`;
}
