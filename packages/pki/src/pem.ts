import { X509Certificate } from "node:crypto";

const block = /-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]+-----END CERTIFICATE-----/g;

/** The certificates of a PEM text, each with one line end at its end; what stands between them is left out. */
export function splitPem(text: string): readonly string[] {
  return (text.match(block) ?? []).map((each) => `${each.replaceAll("\r", "").trim()}\n`);
}

/** SHA-256 of the DER form, in lower-case hex without colons: how Isthmus names a certificate everywhere. */
export function fingerprintOf(pem: string): string {
  return new X509Certificate(pem).fingerprint256.replaceAll(":", "").toLowerCase();
}
