import ipaddr from "ipaddr.js";

/**
 * Whether an address lies in a range, `10.0.0.0/8`, `2001:db8::/32` or a single address; undefined where the range is none
 * (pilot/pkg/networking/util/util.go, AddrStrToCidrRange). Ranges of the other family hold nothing.
 */
export function isInRange(address: string, range: string): boolean | undefined {
  const parsed = parseRange(range);
  if (parsed === undefined) return undefined;
  if (!ipaddr.isValid(address)) return false;
  const known = ipaddr.parse(address);
  const [base, bits] = parsed;
  return known.kind() === base.kind() && known.match(base, bits);
}

export function isRange(range: string): boolean {
  return parseRange(range) !== undefined;
}

function parseRange(range: string): [ipaddr.IPv4 | ipaddr.IPv6, number] | undefined {
  const [text = "", length] = range.split("/");
  // ipaddr.js takes "10" for an address as well, Go does not.
  if (!ipaddr.IPv4.isValidFourPartDecimal(text) && !ipaddr.IPv6.isValid(text)) return undefined;
  if (length !== undefined) return ipaddr.isValidCIDR(range) ? ipaddr.parseCIDR(range) : undefined;
  const address = ipaddr.parse(text);
  return [address, address.kind() === "ipv4" ? 32 : 128];
}
