import { X509Certificate } from "node:crypto";
import { MeshError, type Sentence, say, thingPlace } from "@isthmus/core";
import { inspectCertificate } from "./inspect.ts";
import { type CryptoKey, readPrivateKey } from "./keys.ts";
import { splitPem } from "./pem.ts";

/** A certificate that may sign others, with its key. */
export interface Authority {
  /** PEM, one certificate. */
  readonly certificate: string;
  /** The certificates above it up to the root, as PEM; empty for a root. */
  readonly issuers: string;
  readonly privateKey: CryptoKey;
}

/**
 * An authority from PEM texts: `certificates` has its certificate first, then any issuers. Throws CERTIFICATE_INVALID where it
 * is not an authority, or the key belongs to another certificate.
 */
export async function loadAuthority(certificates: string, key: string, at = ""): Promise<Authority> {
  const invalid = (message: Sentence, hint: string) =>
    new MeshError({ code: "CERTIFICATE_INVALID", at: thingPlace(at), message, hint });
  const [certificate, ...issuers] = splitPem(certificates);
  if (certificate === undefined) throw invalid(say`this holds no certificate in PEM form`, "");
  const facts = inspectCertificate(certificate, at);
  if (!facts.isCa) {
    throw invalid(
      say`the certificate of ${{ subject: facts.subject }} is not one of an authority`,
      "Its basicConstraints must say CA:TRUE, and its keyUsage, where there is one, keyCertSign.",
    );
  }
  const { privateKey, publicKey } = await readPrivateKey(key, at);
  const spki = Buffer.from(await crypto.subtle.exportKey("spki", publicKey));
  if (!new X509Certificate(certificate).publicKey.export({ format: "der", type: "spki" }).equals(spki)) {
    throw invalid(
      say`the private key is not that of ${{ subject: facts.subject }}`,
      "Give the key that belongs to the certificate.",
    );
  }
  return { certificate, issuers: issuers.join(""), privateKey };
}
