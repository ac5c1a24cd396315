import { X509Certificate } from "node:crypto";
import type { TrustRoot } from "@isthmus/core";

const certificate = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

/**
 * The root certificates in the ConfigMap's `data`, several while roots are rotated; sorted, each once. What is no
 * certificate is left out: a cluster without a known root is what the compiler reports.
 */
export function trustRoots(data: unknown): readonly TrustRoot[] {
  const bundle = typeof data === "object" && data !== null && "root-cert.pem" in data ? data["root-cert.pem"] : "";
  const roots = (typeof bundle === "string" ? (bundle.match(certificate) ?? []) : []).flatMap((pem) => readRoot(pem));
  const unique = new Map(roots.map((root) => [root.fingerprint, root]));
  return [...unique.values()].sort((left, right) => (left.fingerprint < right.fingerprint ? -1 : 1));
}

function readRoot(pem: string): readonly TrustRoot[] {
  try {
    const { fingerprint256, subject, validTo } = new X509Certificate(pem);
    return [
      {
        fingerprint: fingerprint256.replaceAll(":", "").toLowerCase(),
        // Node writes one attribute a line.
        subject: subject.split("\n").join(", "),
        notAfter: new Date(validTo).toISOString(),
        pem: `${pem}\n`,
      },
    ];
  } catch {
    return [];
  }
}
