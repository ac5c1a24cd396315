import type { Authority } from "./authority.ts";
import type { KeyPair } from "./keys.ts";
import { signingAlgorithm } from "./keys.ts";
import { validFor } from "./lifetime.ts";
import { distinguishedName } from "./names.ts";
import { randomSerialNumber } from "./serialNumber.ts";
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  SubjectKeyIdentifierExtension,
  X509CertificateGenerator,
} from "./x509.ts";

export interface RootOptions {
  /** What the root is called, without the part that tells two roots apart: `mesh root CA`. */
  readonly name: string;
  readonly organization: string;
  readonly keys: KeyPair;
  readonly now: Date;
  /** 3650 unless told. */
  readonly days?: number;
  /** How many authorities may stand below it; any number unless told. */
  readonly pathLength?: number;
}

/**
 * A self-signed root. Its common name ends with the first bytes of its key's identifier, so that two roots of a mesh never
 * have one name: a verifier of a chain finds an issuer by its name.
 */
export async function createRoot(options: RootOptions): Promise<Authority> {
  const { name, organization, keys, now, days = 3650, pathLength } = options;
  const keyId = await SubjectKeyIdentifierExtension.create(keys.publicKey);
  const subject = distinguishedName(`${name} ${keyId.keyId.slice(0, 8).toLowerCase()}`, organization);
  const certificate = await X509CertificateGenerator.create({
    serialNumber: randomSerialNumber(),
    ...validFor({ days }, now),
    subject,
    issuer: subject,
    publicKey: keys.publicKey,
    signingKey: keys.privateKey,
    signingAlgorithm: signingAlgorithm(keys.privateKey),
    extensions: [
      new BasicConstraintsExtension(true, pathLength, true),
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
      keyId,
      await AuthorityKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return { certificate: `${certificate.toString("pem").trim()}\n`, issuers: "", privateKey: keys.privateKey };
}
