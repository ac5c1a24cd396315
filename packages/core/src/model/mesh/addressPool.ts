import ipaddr from "ipaddr.js";

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
  const base = (addressNumber(address.toByteArray()) >> hostBits) << hostBits;
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

/** One address in the one way that we write it, `/32` or `/128` of it included; undefined for a range and what is not an address. */
export function plainAddress(text: string): string | undefined {
  const [address = "", prefix] = text.split("/");
  // The library throws and catches for what is none, which is slow for thousands of names.
  const isLike = /^[\d.]+$|:/.test(address);
  const isWritten =
    isLike && (address.includes(":") ? ipaddr.IPv6.isValid(address) : ipaddr.IPv4.isValidFourPartDecimal(address));
  if (!isWritten) return undefined;
  const parsed = ipaddr.parse(address);
  return prefix === undefined || prefix === (parsed.kind() === "ipv4" ? "32" : "128") ? parsed.toString() : undefined;
}

/** Whether an address, as text, lies in the usable part of the pool. */
export function contains(pool: AddressPool, address: string): boolean {
  if (!ipaddr.isValid(address)) return false;
  const parsed = ipaddr.parse(address);
  if (parsed.kind() !== pool.family) return false;
  const value = addressNumber(parsed.toByteArray());
  return value >= pool.first && value < pool.first + pool.size;
}

/** The bytes of an address as one number. */
export function addressNumber(bytes: readonly number[]): bigint {
  return bytes.reduce((value, byte) => (value << 8n) | BigInt(byte), 0n);
}
