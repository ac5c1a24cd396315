import ipaddr from "ipaddr.js";
import { hash53 } from "../kinds/names.ts";

/** A range of virtual addresses: usable from `first` on, `size` of them. */
export interface AddressPool {
  readonly first: bigint;
  readonly size: bigint;
  readonly family: "ipv4" | "ipv6";
}

/** istiod hands these out itself (auto-allocation), so a pool must not overlap it. istio/pilot: 240.240.0.0/16 */
const istiodRange = ipaddr.parseCIDR("240.240.0.0/16");

/**
 * The usable part of a CIDR, without its first and last address. A string says what is wrong with it.
 * More than 2^32 addresses of an IPv6 range are left unused.
 */
export function parseAddressPool(cidr: string): AddressPool | string {
  const isCidr = cidr.includes(":") ? ipaddr.isValidCIDR(cidr) : ipaddr.IPv4.isValidCIDRFourPartDecimal(cidr);
  if (!isCidr) return `${cidr} is not an address range in CIDR form`;
  const [address, prefix] = ipaddr.parseCIDR(cidr);
  const family = address.kind();
  const hostBits = BigInt((family === "ipv4" ? 32 : 128) - prefix);
  if (hostBits < 2n) return `${cidr} has no room`;
  const size = (1n << (hostBits > 32n ? 32n : hostBits)) - 2n;
  const base = (toNumber(address.toByteArray()) >> hostBits) << hostBits;
  if (family === "ipv4") {
    const range = address.range();
    if (range === "loopback" || range === "multicast" || range === "unspecified") return `${cidr} is a ${range} range`;
    const [istiodBase, istiodPrefix] = istiodRange;
    const shorter = Math.min(prefix, istiodPrefix);
    if ((address as ipaddr.IPv4).match(istiodBase as ipaddr.IPv4, shorter)) {
      return `${cidr} overlaps 240.240.0.0/16, from which istiod allocates by itself`;
    }
  }
  return { first: base + 1n, size, family };
}

/** What one consuming cluster has and needs. */
export interface VipDemand {
  readonly cluster: string;
  readonly hosts: readonly string[];
  /** Addresses that our own live ServiceEntries of this cluster give to hosts, wanted or not: all are in use, each by one. */
  readonly held: ReadonlyMap<string, string>;
  /** Address -> the object of somebody else that has it in this cluster. It is given to no host that does not hold it already. */
  readonly taken: ReadonlyMap<string, string>;
  /** CIDRs of somebody else: hosts get addresses out of them only where no other is left. */
  readonly ranges?: readonly string[];
}

export interface SharedVip {
  readonly cluster: string;
  readonly host: string;
  readonly address: string;
  /** The other object. */
  readonly with: string;
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
      // Held by two of ours it is the first one's; who else came to use it does not matter.
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
  const base = (toNumber(address.toByteArray()) >> hostBits) << hostBits;
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

/** One address in the one way that we write it, `/32` or `/128` of it included; undefined for a range and what is not an address. */
export function plainAddress(text: string): string | undefined {
  const [address = "", prefix] = text.split("/");
  const isWritten = address.includes(":") ? ipaddr.IPv6.isValid(address) : ipaddr.IPv4.isValidFourPartDecimal(address);
  if (!isWritten) return undefined;
  const parsed = ipaddr.parse(address);
  return prefix === undefined || prefix === (parsed.kind() === "ipv4" ? "32" : "128") ? parsed.toString() : undefined;
}

/** Whether an address, as text, lies in the usable part of the pool. */
export function contains(pool: AddressPool, address: string): boolean {
  if (!ipaddr.isValid(address)) return false;
  const parsed = ipaddr.parse(address);
  if (parsed.kind() !== pool.family) return false;
  const value = toNumber(parsed.toByteArray());
  return value >= pool.first && value < pool.first + pool.size;
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

function toNumber(bytes: readonly number[]): bigint {
  return bytes.reduce((value, byte) => (value << 8n) | BigInt(byte), 0n);
}
