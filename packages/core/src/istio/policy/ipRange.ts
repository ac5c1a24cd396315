/** Whether an IPv4 address lies in a range, `10.0.0.0/8` or a single address; undefined where either is no IPv4. */
export function isInRange(address: string, range: string): boolean | undefined {
  const [network = "", length = "32"] = range.split("/");
  const [value, base] = [parseAddress(address), parseAddress(network)];
  const bits = Number(length);
  if (value === undefined || base === undefined || !Number.isInteger(bits) || bits < 0 || bits > 32) return undefined;
  const size = 2 ** (32 - bits);
  return Math.floor(value / size) === Math.floor(base / size);
}

function parseAddress(text: string): number | undefined {
  const parts = text.split(".").map(Number);
  if (parts.length !== 4 || parts.some((part) => !Number.isInteger(part) || part < 0 || part > 255)) return undefined;
  return parts.reduce((value, part) => value * 256 + part, 0);
}
