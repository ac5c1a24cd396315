import { X509Certificate } from "node:crypto";

/** When a client certificate ran out, as an ISO time; undefined where it is valid at `now` (milliseconds) or unreadable. */
export function expiredCertificate(pem: string | undefined, now: number): string | undefined {
  if (pem === undefined) return undefined;
  try {
    const until = new Date(new X509Certificate(pem).validTo);
    return until.getTime() < now ? until.toISOString() : undefined;
  } catch {
    return undefined;
  }
}
