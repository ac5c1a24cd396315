import ipaddr from "ipaddr.js";
import { type ClusterObject, hash53 } from "../../kinds/index.ts";
import { type AddressPool, addressNumber, contains } from "../../model/index.ts";

/** What one consuming cluster has and needs. */
export interface VipDemand {
  readonly cluster: string;
  readonly hosts: readonly string[];
  /** Addresses that our own live ServiceEntries of this cluster give to hosts, wanted or not: all are in use, each by one. */
  readonly held: ReadonlyMap<string, string>;
  /** Address -> the object of somebody else that has it in this cluster. It is given to no host that does not hold it already. */
  readonly taken: ReadonlyMap<string, Omit<ClusterObject, "cluster">>;
  /** CIDRs of somebody else: hosts get addresses out of them only where no other is left. */
  readonly ranges?: readonly string[];
}

export interface SharedVip {
  readonly cluster: string;
  readonly host: string;
  readonly address: string;
  /** The other object. */
  readonly with: Omit<ClusterObject, "cluster">;
}

export interface VipAllocation {
  /** Cluster -> host -> address. */
  readonly vips: ReadonlyMap<string, ReadonlyMap<string, string>>;
  /** Hosts that found no free address. */
  readonly exhausted: readonly { readonly cluster: string; readonly host: string }[];
  /** Hosts that keep an address which somebody else has come to use as well. */
  readonly shared: readonly SharedVip[];
}

/**
 * Gives each host of each cluster an address. A host keeps the address that it holds; a new one gets the address that the
 * host has in another cluster, else a free one near the place that its name hashes to, free in every observed cluster.
 * So an address never moves, is never in use for two hosts, and does not depend on which clusters can be seen now.
 */
export function allocateVips(pool: AddressPool, demands: readonly VipDemand[]): VipAllocation {
  const used = new Map<string, string>();
  const ofHost = new Map<string, string>();
  const vips = new Map<string, Map<string, string>>();
  const shared: SharedVip[] = [];
  const usedBy = new Map<string, Map<string, string>>();
  const sortedDemands = [...demands].sort((a, b) => (a.cluster < b.cluster ? -1 : 1));
  const ranges = demands.flatMap((demand) => (demand.ranges ?? []).flatMap((cidr) => indexesOf(pool, cidr) ?? []));

  for (const { cluster, hosts, held, taken } of sortedDemands) {
    const here = new Map<string, string>();
    const mine = new Map<string, string>();
    for (const address of taken.keys()) {
      used.set(address, "");
      here.set(address, "");
    }
    const wanted = new Set(hosts);
    for (const [host, address] of [...held].sort(([a], [b]) => (a < b ? -1 : 1))) {
      if (!used.has(address)) used.set(address, host);
      if (!ofHost.has(host)) ofHost.set(host, address);
      // Held by two of ours it is the first one's; what else came to use it does not matter.
      if ((here.get(address) ?? "") !== "") continue;
      here.set(address, host);
      if (!wanted.has(host)) continue;
      mine.set(host, address);
      const other = taken.get(address);
      if (other !== undefined) shared.push({ cluster, host, address, with: other });
    }
    vips.set(cluster, mine);
    usedBy.set(cluster, here);
  }

  const exhausted: { cluster: string; host: string }[] = [];
  for (const { cluster, hosts } of sortedDemands) {
    const mine = vips.get(cluster) ?? new Map<string, string>();
    const here = usedBy.get(cluster) ?? new Map<string, string>();
    for (const host of [...hosts].sort()) {
      if (mine.has(host)) continue;
      const elsewhere = ofHost.get(host);
      const address =
        elsewhere !== undefined && [undefined, host].includes(here.get(elsewhere))
          ? elsewhere
          : (freeAddress(pool, host, used, ranges) ?? freeAddress(pool, host, used, []));
      if (address === undefined) {
        exhausted.push({ cluster, host });
        continue;
      }
      mine.set(host, address);
      here.set(address, host);
      used.set(address, host);
      if (!ofHost.has(host)) ofHost.set(host, address);
    }
  }
  return { vips, exhausted, shared };
}

/** Indexes of a pool's addresses, both ends included. */
interface Indexes {
  readonly first: number;
  readonly last: number;
}

/** The part of the pool that a range covers. */
function indexesOf(pool: AddressPool, cidr: string): Indexes | undefined {
  const [address, prefix] = ipaddr.parseCIDR(cidr);
  if (address.kind() !== pool.family) return undefined;
  const hostBits = BigInt((pool.family === "ipv4" ? 32 : 128) - prefix);
  const base = (addressNumber(address.toByteArray()) >> hostBits) << hostBits;
  const [first, last] = [base - pool.first, base + (1n << hostBits) - 1n - pool.first];
  if (last < 0n || first >= pool.size) return undefined;
  return { first: Number(first < 0n ? 0n : first), last: Number(last >= pool.size ? pool.size - 1n : last) };
}

function freeAddress(
  pool: AddressPool,
  host: string,
  used: ReadonlyMap<string, string>,
  avoided: readonly Indexes[],
): string | undefined {
  const size = Number(pool.size);
  if (used.size >= size && isFull(pool, size, used)) return undefined;
  const start = hash53(host) % size;
  for (let step = 0; step < size; step++) {
    const index = (start + step) % size;
    const range = avoided.find(({ first, last }) => index >= first && index <= last);
    if (range !== undefined) {
      step += range.last - index;
      continue;
    }
    const address = showAddress(pool, index);
    if (!used.has(address)) return address;
  }
  return undefined;
}

function isFull(pool: AddressPool, size: number, used: ReadonlyMap<string, string>): boolean {
  let inside = 0;
  for (const address of used.keys()) if (contains(pool, address)) inside += 1;
  return inside >= size;
}

function showAddress(pool: AddressPool, index: number): string {
  const value = pool.first + BigInt(index);
  if (pool.family === "ipv4") {
    const number = Number(value);
    return [number >>> 24, (number >>> 16) & 255, (number >>> 8) & 255, number & 255].join(".");
  }
  const bytes = Array.from({ length: 16 }, (_, position) => Number((value >> BigInt(8 * (15 - position))) & 255n));
  return ipaddr.fromByteArray(bytes).toString();
}
