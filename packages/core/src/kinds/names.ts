/** cyrb53 by bryc (public domain): 53 bits over UTF-16 code units, spreads names, gives no security. */
export function hash53(text: string): number {
  let high = 0xdeadbeef;
  let low = 0x41c6ce57;
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index);
    high = Math.imul(high ^ unit, 2654435761);
    low = Math.imul(low ^ unit, 1597334677);
  }
  high = Math.imul(high ^ (high >>> 16), 2246822507) ^ Math.imul(low ^ (low >>> 13), 3266489909);
  low = Math.imul(low ^ (low >>> 16), 2246822507) ^ Math.imul(high ^ (high >>> 13), 3266489909);
  return 4294967296 * (2097151 & low) + (high >>> 0);
}

const hashDigits = 10;

function digest(text: string): string {
  return hash53(text).toString(36).padStart(hashDigits, "0").slice(-hashDigits);
}

/** `text` where it fits `limit` characters (a label's 63 unless told), else its beginning and a hash of the whole. */
export function shortName(text: string, limit = 63): string {
  if (text.length <= limit) return text;
  const head = text.slice(0, limit - hashDigits - 1).replace(/[^A-Za-z0-9]+$/, "");
  return `${head}-${digest(text)}`;
}

/**
 * A DNS label (RFC 1123, at most 63 characters) that shows `shown` and is unique for `shown` and `hidden` together. The hash
 * covers the parts one by one, so `["a-b", "c"]` and `["a", "b-c"]` never collide.
 */
export function dnsLabel(shown: readonly string[], hidden: readonly string[] = []): string {
  const readable = shown
    .join("-")
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-+/, "");
  const head = readable.slice(0, 63 - hashDigits - 1).replace(/-+$/, "");
  return `${head === "" ? "x" : head}-${digest(JSON.stringify([shown, hidden]))}`;
}

/** Whether a name has the form of `dnsLabel`: something readable, then a hash. */
export function isHashedName(name: string): boolean {
  return name.length <= 63 && /^[a-z0-9]([-a-z0-9]*[a-z0-9])?-[a-z0-9]{10}$/.test(name);
}
