import { fingerprintOf, splitPem } from "./pem.ts";

/**
 * One PEM bundle of all certificates in `bundles`: each once, in the order in which they first occur. Throws an Error of
 * OpenSSL's where a block is not a certificate: `inspectBundle` says which.
 */
export function joinBundles(...bundles: readonly string[]): string {
  const unique = new Map(bundles.flatMap(splitPem).map((pem) => [fingerprintOf(pem), pem]));
  return [...unique.values()].join("");
}

/** The bundle without the certificates of `fingerprints`. */
export function withoutRoots(bundle: string, fingerprints: readonly string[]): string {
  return splitPem(bundle)
    .filter((pem) => !fingerprints.includes(fingerprintOf(pem)))
    .join("");
}
