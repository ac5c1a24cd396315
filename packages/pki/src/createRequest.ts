import { type KeyPair, signingAlgorithm } from "./keys.ts";
import { nameConstraintsExtension } from "./nameLimits.ts";
import { distinguishedName, generalNames } from "./names.ts";
import type { NameLimits, Profile, SubjectAltNames } from "./signer.ts";
import {
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  Pkcs10CertificateRequestGenerator,
  SubjectAlternativeNameExtension,
} from "./x509.ts";

export interface RequestOptions {
  readonly profile: Profile;
  readonly commonName: string;
  readonly organization: string;
  readonly names: SubjectAltNames;
  readonly keys: KeyPair;
  readonly nameLimits?: NameLimits;
}

/** A certificate request (PKCS #10, PEM), signed with its own key. */
export async function createRequest(options: RequestOptions): Promise<string> {
  const { profile, commonName, organization, names, keys, nameLimits } = options;
  const alternatives = generalNames(names);
  const request = await Pkcs10CertificateRequestGenerator.create({
    name: distinguishedName(commonName, organization),
    keys,
    signingAlgorithm: signingAlgorithm(keys.privateKey),
    extensions: [
      ...usageExtensions(profile),
      ...(alternatives.length > 0 ? [new SubjectAlternativeNameExtension(alternatives)] : []),
      ...(nameLimits === undefined ? [] : [nameConstraintsExtension(nameLimits)]),
    ],
  });
  return `${request.toString("pem").trim()}\n`;
}

/** What a certificate of this profile is good for. Critical as RFC 5280 has it. */
export function usageExtensions(profile: Profile) {
  switch (profile) {
    case "intermediate":
      return [
        // Path length 0: it signs workloads, and no authority besides.
        new BasicConstraintsExtension(true, 0, true),
        new KeyUsagesExtension(
          KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign | KeyUsageFlags.digitalSignature,
          true,
        ),
      ];
    case "server":
    case "client":
      return [
        new BasicConstraintsExtension(false, undefined, true),
        new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
        new ExtendedKeyUsageExtension([
          profile === "server" ? ExtendedKeyUsage.serverAuth : ExtendedKeyUsage.clientAuth,
        ]),
      ];
  }
}
