import type { DestinationRule, Subset, TrafficPolicy } from "../../kinds/index.ts";
import { kept } from "../found.ts";
import { fullHost, HostMap, isCoveredBy, isWildcard } from "../hostNames.ts";
import type { IstioCluster } from "../istioCluster.ts";
import { labelsMatch } from "../labels.ts";
import { memoisedBy } from "../memoised.ts";

/** One or several DestinationRules of a host, as istiod merges them. pilot/pkg/model/destination_rule.go */
export interface MergedRule {
  readonly host: string;
  readonly namespace: string;
  readonly exportTo: ReadonlySet<string>;
  readonly selector: Readonly<Record<string, string>> | undefined;
  readonly trafficPolicy: TrafficPolicy | undefined;
  /** Whose `trafficPolicy` that is; where none has one, the first rule. */
  readonly policyFrom: DestinationRule;
  readonly subsets: readonly PlacedSubset[];
  readonly from: readonly DestinationRule[];
}

export interface PlacedSubset {
  readonly subset: Subset;
  readonly from: DestinationRule;
  /** `spec.subsets[0]`. */
  readonly field: string;
}

type ByHost = HostMap<MergedRule[]>;

interface RuleIndex {
  /** What a namespace's own proxies see. */
  readonly local: ReadonlyMap<string, ByHost>;
  /** What a namespace shows to others. */
  readonly exported: ReadonlyMap<string, ByHost>;
  readonly rootLocal: ByHost;
}

/** pilot/pkg/model/push_context.go, setDestinationRules. */
const ruleIndex = kept((cluster: IstioCluster): RuleIndex => {
  const local = new Map<string, ByHost>();
  const exported = new Map<string, ByHost>();
  const rootLocal: ByHost = new HostMap();
  const { rootNamespace } = cluster.settings;
  const all = cluster.all("DestinationRule");
  // Rules for some workloads come first; the sort by age is stable.
  const ordered = [...all.filter(hasSelector), ...all.filter((rule) => !hasSelector(rule))];
  for (const rule of ordered) {
    const { namespace = "default" } = rule.metadata;
    const { exportTo, isLocal, isPrivate } = reachOf(cluster, rule);
    if (isLocal) merge(bucket(local, namespace), { cluster, rule, exportTo });
    if (!isPrivate) merge(bucket(exported, namespace), { cluster, rule, exportTo });
    else if (namespace === rootNamespace) merge(rootLocal, { cluster, rule, exportTo });
  }
  return { local, exported, rootLocal };
});

interface RuleReach {
  readonly exportTo: ReadonlySet<string>;
  /** Proxies of its own namespace look at it first. */
  readonly isLocal: boolean;
  /** No others see it. Of the mesh's default only `.` counts. */
  readonly isPrivate: boolean;
}

function reachOf({ settings }: IstioCluster, rule: DestinationRule): RuleReach {
  const { namespace = "default" } = rule.metadata;
  const exportTo = hasSelector(rule) ? new Set(["."]) : new Set(rule.spec.exportTo ?? []);
  return {
    exportTo,
    isLocal: exportTo.size === 0 || exportTo.has("*") || exportTo.has(".") || exportTo.has(namespace),
    isPrivate:
      (exportTo.size === 0 && settings.defaultDestinationRuleExportTo.includes(".")) ||
      (exportTo.size === 1 && (exportTo.has(".") || exportTo.has(namespace))),
  };
}

function hasSelector({ spec }: DestinationRule): boolean {
  return spec.workloadSelector !== undefined;
}

function bucket(index: Map<string, ByHost>, namespace: string): ByHost {
  const found = index.get(namespace) ?? new HostMap<MergedRule[]>();
  index.set(namespace, found);
  return found;
}

function converted(cluster: IstioCluster, rule: DestinationRule, exportTo: ReadonlySet<string>): MergedRule {
  const { namespace = "default" } = rule.metadata;
  return {
    host: fullHost(rule.spec.host ?? "", namespace, cluster.settings),
    namespace,
    exportTo,
    selector: rule.spec.workloadSelector === undefined ? undefined : (rule.spec.workloadSelector.matchLabels ?? {}),
    trafficPolicy: rule.spec.trafficPolicy,
    policyFrom: rule,
    subsets: (rule.spec.subsets ?? []).map((subset, index) => ({
      subset,
      from: rule,
      field: `spec.subsets[${index}]`,
    })),
    from: [rule],
  };
}

/**
 * The first rule's traffic policy counts, later ones only add subsets, or a policy where there was none; rules with other
 * selectors or exports stand beside (mergeDestinationRule).
 */
function merge(
  rules: ByHost,
  {
    cluster,
    rule,
    exportTo,
  }: { readonly cluster: IstioCluster; readonly rule: DestinationRule; readonly exportTo: ReadonlySet<string> },
): void {
  const incoming = converted(cluster, rule, exportTo);
  const existing = rules.get(incoming.host);
  if (existing === undefined) {
    rules.set(incoming.host, [incoming]);
    return;
  }
  let apart = true;
  for (const [index, each] of existing.entries()) {
    if (isSame(exportTo, each.exportTo)) apart = false;
    else if (each.exportTo.size === 0 || ![...each.exportTo].every((to) => exportTo.has(to))) {
      apart = true;
      continue;
    } else apart = true;
    const bothSelect = each.selector !== undefined && incoming.selector !== undefined;
    const sameSelector = JSON.stringify(sorted(each.selector)) === JSON.stringify(sorted(incoming.selector));
    if (bothSelect && !sameSelector) {
      apart = true;
      continue;
    }
    if ((each.selector === undefined && incoming.selector === undefined) || (bothSelect && sameSelector)) apart = false;
    const known = new Set(each.subsets.map(({ subset }) => subset.name));
    const takesPolicy = each.trafficPolicy === undefined && incoming.trafficPolicy !== undefined;
    existing[index] = {
      ...each,
      subsets: [...each.subsets, ...incoming.subsets.filter(({ subset }) => !known.has(subset.name))],
      ...(takesPolicy && { trafficPolicy: incoming.trafficPolicy, policyFrom: rule }),
      from: [...each.from, rule],
    };
  }
  if (apart) existing.push(incoming);
}

function isSame(left: ReadonlySet<string>, right: ReadonlySet<string>): boolean {
  return left.size === right.size && [...left].every((each) => right.has(each));
}

function sorted(labels: Readonly<Record<string, string>> = {}): readonly (readonly [string, string])[] {
  return Object.entries(labels).sort(([left], [right]) => (left < right ? -1 : 1));
}

/**
 * The rules of a host for proxies of a namespace: the namespace's own, else those that the service's namespace exports,
 * else the root namespace's (pilot/pkg/model/push_context.go, destinationRule).
 */
const rulesFor = memoisedBy(
  ({ cluster, service }: ReturnType<typeof inCluster>, client: string): readonly MergedRule[] => {
    const { host, namespace } = service;
    const { local, exported, rootLocal } = ruleIndex(cluster);
    const { rootNamespace } = cluster.settings;
    const own = client === rootNamespace ? rootLocal : local.get(client);
    const first = own?.mostSpecific(host);
    if (first !== undefined) return first;
    for (const owner of [namespace, rootNamespace]) {
      const found = exported.get(owner)?.mostSpecific(host);
      const allowed = (found ?? []).filter(
        ({ exportTo }) => exportTo.size === 0 || exportTo.has("*") || exportTo.has(client),
      );
      if (allowed.length > 0) return allowed;
    }
    return [];
  },
);

const inCluster = memoisedBy((cluster: IstioCluster, service: HostRule) => ({ cluster, service }));

/** The one that holds for a workload: the first whose selector it has, else the last without one (sidecar.go, DestinationRule). */
export function destinationRuleFor(
  cluster: IstioCluster,
  client: { readonly namespace: string; readonly labels: Readonly<Record<string, string>> },
  service: { readonly host: string; readonly namespace: string },
): MergedRule | undefined {
  const rules = rulesFor(inCluster(cluster, service), client.namespace);
  const selecting = rules.find(
    ({ selector, namespace }) =>
      selector !== undefined && namespace === client.namespace && labelsMatch(selector, client.labels),
  );
  return selecting ?? rules.findLast(({ selector }) => selector === undefined);
}

/** A rule for exactly one host. */
export interface HostRule {
  readonly host: string;
  readonly namespace: string;
}

/**
 * Rules by others' hands that keep a rule for exactly `host` in `namespace`, shown to all who are to use it, from being the
 * whole of what counts for proxies of a namespace: those that come before it, and those that are merged with it or stand
 * beside it. `client` undefined: of any namespace, where only rules for exactly this host are looked at. See `rulesFor`.
 */
export function rulesInTheWay(
  cluster: IstioCluster,
  { host, namespace: owner }: HostRule,
  client: string | undefined,
): readonly DestinationRule[] {
  const { rootNamespace } = cluster.settings;
  const { exact, wildcards } = rulesByHost(cluster);
  const isInTheWay = (rule: DestinationRule, of: string, isExact: boolean): boolean => {
    const { namespace = "default" } = rule.metadata;
    const { exportTo, isLocal, isPrivate } = reachOf(cluster, rule);
    const isFirst = of === rootNamespace ? namespace === of && isPrivate : namespace === of && isLocal;
    // In its own namespace a rule for exactly the host is closer than a wildcard; the root namespace's private ones come first.
    if (isFirst && (isExact || owner !== of || of === rootNamespace)) return true;
    const isBeside = namespace === owner && isExact && !isPrivate && (of !== owner || of === rootNamespace);
    return isBeside && (client === undefined || exportTo.size === 0 || exportTo.has("*") || exportTo.has(client));
  };
  return [
    ...(exact.get(host) ?? []).filter((rule) => isInTheWay(rule, client ?? rule.metadata.namespace ?? "default", true)),
    ...(client === undefined ? [] : wildcards)
      .filter(({ host: pattern }) => isCoveredBy(host, pattern))
      .flatMap(({ rule }) => (isInTheWay(rule, client ?? "", false) ? [rule] : [])),
  ];
}

const rulesByHost = kept((cluster: IstioCluster) => {
  const exact = new Map<string, DestinationRule[]>();
  const wildcards: { readonly host: string; readonly rule: DestinationRule }[] = [];
  for (const rule of cluster.all("DestinationRule")) {
    const host = fullHost(rule.spec.host ?? "", rule.metadata.namespace ?? "default", cluster.settings);
    if (isWildcard(host)) wildcards.push({ host, rule });
    else exact.set(host, [...(exact.get(host) ?? []), rule]);
  }
  return { exact, wildcards };
});
