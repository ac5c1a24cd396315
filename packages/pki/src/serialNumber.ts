/** 16 random bytes as hex: positive, and with no zero byte in front that DER would drop. RFC 5280 allows 20 bytes. */
export function randomSerialNumber(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[0] = ((bytes[0] ?? 0) & 0x3f) | 0x40;
  return Buffer.from(bytes).toString("hex");
}
