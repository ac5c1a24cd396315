import type { IstioCluster } from "../istio/istioCluster.ts";
import type { ServiceEntry } from "../kinds/istio.ts";
import { parseAddressPool } from "../model/addressPool.ts";
import { at } from "../model/intents.ts";
import { allocateVips } from "./allocateVips.ts";
import { checkSidecars } from "./checkSidecars.ts";
import { claimOfHost, reportRoutes, routesInTheWay, ruleInTheWay } from "./claims.ts";
import type { CompileContext } from "./compileContext.ts";
import { placements } from "./placement.ts";
import type { Report } from "./report.ts";
import { vipDemands } from "./vipDemands.ts";

interface HostClaim {
  readonly owner: string;
  readonly facts: IstioCluster;
  /** Whose workloads call it; undefined: every namespace's. */
  readonly namespaces: readonly string[] | undefined;
  readonly host: string;
  readonly ports: readonly number[];
  /** What the host would mean. Two claims with different meanings exclude each other where the same workloads see them. */
  readonly meaning: string;
  readonly place: string;
  /** What to do where the host is taken. */
  readonly remedy: string;
  /** What to do where the user has a DestinationRule for the host; absent where we write none. */
  readonly ruleRemedy?: string;
  /** Whether we write a VirtualService for it. */
  readonly writesRoutes?: boolean;
  /** Where its problems go; absent: with all others. */
  readonly report?: Report;
}

/** A host for the workloads of one cluster, and what writes its objects once it is certain that it can be had. */
export type NamedHost = HostClaim &
  (
    | {
        readonly address: "virtual";
        /** Whether a ServiceEntry has the name that ours for this host has. */
        readonly isNamedFor: (entry: ServiceEntry) => boolean;
        readonly write: (vip: string) => void;
      }
    | { readonly address: "none"; readonly write: () => void }
  );

/**
 * Writes all hosts that nobody else claims in the same cluster. One call for hosts of every source: they share one pool of
 * virtual addresses, and names must not meet.
 */
export function nameHosts(wanted: readonly NamedHost[], context: CompileContext): void {
  // In one order always: of several problems the first is the reason why an owner is held.
  const hosts = withoutClashes(wanted.toSorted(inOrder), context);
  for (const named of hosts) {
    const standsIn = (caller: string) => (named.namespaces === undefined ? context.mesh.spec.istioNamespace : caller);
    checkSidecars({ ...named, standsIn }, named.report ?? context.report);
    if (named.address === "none") named.write();
  }
  const virtual = hosts.flatMap((host) => (host.address === "virtual" ? [host] : []));
  if (virtual.length === 0) return;
  const pool = parseAddressPool(context.mesh.spec.addressPool);
  if (typeof pool === "string") {
    for (const { owner, report = context.report } of virtual) {
      report.add(
        owner,
        "VIP_POOL_INVALID",
        at(context.mesh, "spec", "addressPool"),
        pool,
        "name a range that nothing routes, such as 240.0.0.0/16",
      );
    }
    return;
  }
  const { vips, exhausted, shared } = allocateVips(
    pool,
    vipDemands(
      virtual.map((host) => ({
        ...host,
        placements: placements(host.namespaces, context.mesh).map(({ namespace }) => namespace),
      })),
      pool,
    ),
  );
  for (const { cluster, host, address, with: other } of shared) {
    context.report.add(
      undefined,
      "VIP_SHARED",
      `${cluster}: ${other}`,
      `${address} of ${host} in ${cluster} is also an address of ${other}`,
      "give it one outside of spec.addressPool of the Mesh, or none: istiod then gives it one by itself",
    );
  }
  const left = new Set(exhausted.map(({ cluster, host }) => `${cluster} ${host}`));
  for (const { owner, facts, host, place, write, report = context.report } of virtual) {
    const vip = vips.get(facts.name)?.get(host);
    if (vip !== undefined) write(vip);
    else if (left.has(`${facts.name} ${host}`)) {
      report.add(
        owner,
        "VIP_POOL_EXHAUSTED",
        place,
        `no address of ${context.mesh.spec.addressPool} is left for ${host} in ${facts.name}`,
        "make spec.addressPool of the Mesh larger: addresses in use stay as they are",
      );
    }
  }
}

function inOrder(a: NamedHost, b: NamedHost): number {
  const [first = "", second = ""] = [a, b].map(({ owner, facts, host }) => `${owner} ${facts.name} ${host}`);
  return first < second ? -1 : first > second ? 1 : 0;
}

/** Reports every declaration that claims a host which another one, or an object of the user, claims for the same workloads. */
function withoutClashes(hosts: readonly NamedHost[], context: CompileContext): readonly NamedHost[] {
  const claimants = new Map<string, NamedHost[]>();
  for (const named of hosts) {
    const key = `${named.facts.name} ${named.host}`;
    const others = claimants.get(key);
    if (others === undefined) claimants.set(key, [named]);
    else others.push(named);
  }
  return hosts.filter((named) => {
    const { owner, facts, host, meaning, place, remedy, report = context.report } = named;
    const rivals = (claimants.get(`${facts.name} ${host}`) ?? []).filter((other) => overlap(named, other));
    const meanings = new Set(rivals.map((rival) => rival.meaning)).add(meaning);
    if (meanings.size > 1) {
      report.add(
        owner,
        "HOST_CONFLICT",
        place,
        `${host} in ${facts.name} would mean ${[...meanings].sort().join(" and ")}`,
        remedy,
      );
      return false;
    }
    return !isClaimedByUser(named, { mesh: context.mesh, report });
  });
}

function overlap({ namespaces }: NamedHost, other: NamedHost): boolean {
  if (namespaces === undefined || other.namespaces === undefined) return true;
  return namespaces.some((namespace) => other.namespaces?.includes(namespace));
}

function isClaimedByUser(named: NamedHost, { mesh, report }: Pick<CompileContext, "mesh" | "report">): boolean {
  const { owner, facts, namespaces, host, place, remedy, ruleRemedy, writesRoutes } = named;
  const routes = writesRoutes === true ? routesInTheWay(facts, host, namespaces) : undefined;
  if (routes !== undefined) {
    reportRoutes({ owner, place, cluster: facts.name, host, routes }, report);
    return true;
  }
  for (const namespace of namespaces ?? ["*"]) {
    const claim = claimOfHost(facts, host, namespace);
    if (claim !== undefined) {
      const message = `${host} is already the name of ${claim} in ${facts.name}`;
      report.add(owner, "HOST_CONFLICT", place, message, `remove it, or ${remedy}`);
      return true;
    }
    const ours = { host, namespace: namespace === "*" ? mesh.spec.istioNamespace : namespace };
    const clients = namespace === "*" ? undefined : [namespace];
    const rule = ruleRemedy === undefined ? undefined : ruleInTheWay(facts, ours, clients);
    if (rule !== undefined) {
      report.add(
        owner,
        "DESTINATION_RULE_CONFLICT",
        place,
        `DestinationRule ${rule.metadata.namespace}/${rule.metadata.name} in ${facts.name} is for ${host}, which needs one of ours; two for one host do not merge`,
        `remove it; ${ruleRemedy}`,
      );
      return true;
    }
  }
  return false;
}
