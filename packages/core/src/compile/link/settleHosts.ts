import { type IstioCluster, meet, type Reads, recordReads } from "../../istio/index.ts";
import { type AddressPool, type Mesh, parseAddressPool } from "../../model/index.ts";
import { keepEqual } from "../../world/index.ts";
import type { Compilation } from "../declaration/compilation.ts";
import type { NamedHost } from "../declaration/namedHost.ts";
import { allocateVips, type VipAllocation, type VipDemand } from "./allocateVips.ts";
import { type VirtualHost, vipDemand } from "./vipDemand.ts";

/** What `link` knew before, and the parts of the clusters that changed since. */
export interface Since<T> {
  readonly previous: T | undefined;
  readonly changed: ReadonlySet<string>;
}

/** What hosts of all declarations have to agree about. */
export interface HostGrants extends Omit<VipAllocation, "exhausted"> {
  /** By `claimKey`: all that ask for a host of a cluster. */
  readonly claims: ReadonlyMap<string, HostClaims>;
  /** By `claimKey`: those for which no address is left. */
  readonly exhausted: ReadonlySet<string>;
  /** What is wrong with the pool of addresses. */
  readonly poolFault: string | undefined;
}

type Claim = Pick<NamedHost, "meaning" | "namespaces">;

interface HostClaims {
  readonly all: readonly Claim[];
  /** By namespaces: thousands of rivals for a host mostly ask for the same ones, and each is told of the others. */
  readonly meanings: Map<string, readonly string[]>;
}

/** The hosts that can be had and need an address. */
interface Wanted {
  readonly byHost: ReadonlyMap<string, readonly VirtualHost[]>;
  readonly byCluster: ReadonlyMap<string, readonly VirtualHost[]>;
}

export interface HostSettlement {
  /** The same object as long as it says the same. */
  readonly grants: HostGrants;
  readonly compilations: readonly Compilation[];
  readonly wanted: Wanted;
  readonly demands: ReadonlyMap<string, KnownDemand>;
}

interface KnownDemand {
  readonly demand: VipDemand;
  /** What it was made of, where that is recorded. */
  readonly reads: Reads | undefined;
}

interface Clusters {
  readonly mesh: Mesh;
  readonly facts: ReadonlyMap<string, IstioCluster>;
}

export function claimKey({ cluster, host }: Pick<NamedHost, "cluster" | "host">): string {
  return `${cluster} ${host}`;
}

/**
 * Who may have which host by which address. One call for hosts of every source: they share one pool of virtual addresses, and
 * names must not meet.
 */
export function settleHosts(
  compilations: readonly Compilation[],
  { mesh, facts }: Clusters,
  since: Since<HostSettlement> | undefined,
): HostSettlement {
  const previous = since?.previous;
  const known = previous !== undefined && askTheSame(previous.compilations, compilations) ? previous : undefined;
  const claims = known?.grants.claims ?? claimsOf(compilations);
  const wanted = known?.wanted ?? wantedHosts(compilations, claims);
  const pool = parseAddressPool(mesh.spec.addressPool);
  if (typeof pool === "string" || wanted.byHost.size === 0) {
    const none = { vips: new Map(), exhausted: new Set<string>(), shared: [] };
    const poolFault = typeof pool === "string" ? pool : undefined;
    return { grants: known?.grants ?? { ...none, claims, poolFault }, compilations, wanted, demands: new Map() };
  }
  const demands = new Map<string, KnownDemand>();
  for (const [name, hosts] of wanted.byCluster) {
    const here = facts.get(name);
    const before = known?.demands.get(name);
    if (here === undefined) continue;
    const isKept = before?.reads !== undefined && since !== undefined && !meet(before.reads, since.changed);
    if (isKept) demands.set(name, before);
    else {
      const { demand, reads } = demandOf(here, { hosts, wanted: wanted.byHost, pool }, since !== undefined);
      demands.set(name, { demand: keepEqual(before?.demand, demand), reads });
    }
  }
  const isSame = ([name, { demand }]: readonly [string, KnownDemand]) => known?.demands.get(name)?.demand === demand;
  if (known?.demands.size === demands.size && [...demands].every(isSame)) {
    return { grants: known.grants, compilations, wanted, demands };
  }
  const { vips, exhausted, shared } = allocateVips(
    pool,
    [...demands.values()].map(({ demand }) => demand),
  );
  const grants = { vips, exhausted: new Set(exhausted.map(claimKey)), shared, claims, poolFault: undefined };
  return { grants, compilations, wanted, demands };
}

interface Demanded {
  readonly hosts: readonly VirtualHost[];
  readonly wanted: ReadonlyMap<string, readonly VirtualHost[]>;
  readonly pool: AddressPool;
}

function demandOf(facts: IstioCluster, { hosts, wanted, pool }: Demanded, isRecorded: boolean): KnownDemand {
  const work = () => vipDemand(facts, hosts, wanted, pool);
  if (!isRecorded) return { demand: work(), reads: undefined };
  const { value, reads } = recordReads(work);
  return { demand: value, reads };
}

function claimsOf(compilations: readonly Compilation[]): HostGrants["claims"] {
  const claims = new Map<string, Claim[]>();
  for (const { hosts } of compilations) {
    for (const named of hosts) push(claims, claimKey(named), { meaning: named.meaning, namespaces: named.namespaces });
  }
  return new Map([...claims].map(([key, all]) => [key, { all, meanings: new Map() }]));
}

/** What a host would mean to the workloads that see it, in order; more than one excludes all. */
export function meaningsOf(named: NamedHost, { claims }: Pick<HostGrants, "claims">): readonly string[] {
  const claim = claims.get(claimKey(named));
  if (claim === undefined) return [named.meaning];
  const seenIn = named.namespaces === undefined ? "*" : [...named.namespaces].sort().join();
  const known = claim.meanings.get(seenIn);
  if (known !== undefined) return known;
  const rivals = claim.all.filter((other) => overlap(named, other));
  const meanings = [...new Set(rivals.map(({ meaning }) => meaning))].sort();
  claim.meanings.set(seenIn, meanings);
  return meanings;
}

function overlap({ namespaces }: Claim, other: Claim): boolean {
  if (namespaces === undefined || other.namespaces === undefined) return true;
  return namespaces.some((namespace) => other.namespaces?.includes(namespace));
}

function wantedHosts(compilations: readonly Compilation[], claims: HostGrants["claims"]): Wanted {
  const [byHost, byCluster] = [new Map<string, VirtualHost[]>(), new Map<string, VirtualHost[]>()];
  for (const { hosts } of compilations) {
    for (const named of hosts) {
      const { cluster, host, address, claimed } = named;
      if (address === undefined || claimed !== undefined || meaningsOf(named, { claims }).length > 1) continue;
      const wanted = { cluster, host, ...address };
      push(byHost, host, wanted);
      push(byCluster, cluster, wanted);
    }
  }
  return { byHost, byCluster };
}

function push<T>(lists: Map<string, T[]>, key: string, value: T): void {
  const list = lists.get(key);
  if (list === undefined) lists.set(key, [value]);
  else list.push(value);
}

/** Whether declarations ask for the same hosts, whatever they write for them; what equals what was before is the very same. */
function askTheSame(before: readonly Compilation[], after: readonly Compilation[]): boolean {
  return (
    before.length === after.length &&
    before.every((each, index) => each === after[index] || haveSameHosts(each.hosts, after[index]?.hosts ?? []))
  );
}

function haveSameHosts(before: readonly NamedHost[], after: readonly NamedHost[]): boolean {
  return (
    before.length === after.length &&
    before.every(({ cluster, host, meaning, namespaces, address, claimed }, index) => {
      const other = after[index];
      return (
        cluster === other?.cluster &&
        host === other.host &&
        meaning === other.meaning &&
        namespaces === other.namespaces &&
        address === other.address &&
        (claimed === undefined) === (other.claimed === undefined)
      );
    })
  );
}
