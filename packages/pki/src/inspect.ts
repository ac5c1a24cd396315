import { X509Certificate as NodeCertificate } from "node:crypto";
import { MeshError, say, thingPlace } from "@isthmus/core";
import type { Validity } from "./lifetime.ts";
import { readNameConstraints } from "./nameLimits.ts";
import { fingerprintOf, splitPem } from "./pem.ts";
import type { NameLimits, SubjectAltNames } from "./signer.ts";
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  X509Certificate,
} from "./x509.ts";

/** A certificate as plain data. */
export interface CertificateFacts extends Validity {
  /** `CN=cluster1, O=cluster.local`, as Node and the observed trust roots write it. */
  readonly subject: string;
  readonly issuer: string;
  /** Issuer and subject are the same name. */
  readonly isSelfIssued: boolean;
  /** Lower-case hex. */
  readonly serialNumber: string;
  /** SHA-256, lower-case hex without colons. */
  readonly fingerprint: string;
  /** `ECDSA P-256`, `RSA 4096`, or what the algorithm is called. */
  readonly key: string;
  /** May sign certificates: basicConstraints, and keyUsage where there is one. */
  readonly isCa: boolean;
  /** How many authorities may stand below it; undefined: any number. */
  readonly pathLength?: number;
  /** `keyCertSign`, `cRLSign`, `digitalSignature` …; undefined where the certificate does not say: all. */
  readonly keyUsages?: readonly string[];
  /** `serverAuth`, `clientAuth`, or the object identifier; undefined where it does not say: all. */
  readonly extendedKeyUsages?: readonly string[];
  readonly names: SubjectAltNames;
  readonly subjectKeyId?: string;
  readonly authorityKeyId?: string;
  readonly nameLimits?: NameLimits;
  /** Object identifiers of critical extensions that we do not understand. RFC 5280: such a certificate must be refused. */
  readonly unknownCritical: readonly string[];
  readonly pem: string;
}

const keyUsageNames = [
  "digitalSignature",
  "nonRepudiation",
  "keyEncipherment",
  "dataEncipherment",
  "keyAgreement",
  "keyCertSign",
  "cRLSign",
  "encipherOnly",
  "decipherOnly",
] as const;

const oid = {
  basicConstraints: "2.5.29.19",
  keyUsage: "2.5.29.15",
  extendedKeyUsage: "2.5.29.37",
  subjectAltName: "2.5.29.17",
  nameConstraints: "2.5.29.30",
};

/** Facts of one certificate. Throws CERTIFICATE_INVALID, with `at`, where the text is none. */
export function inspectCertificate(pem: string, at = ""): CertificateFacts {
  try {
    return readFacts(pem);
  } catch (cause) {
    throw new MeshError(
      {
        code: "CERTIFICATE_INVALID",
        at: thingPlace(at),
        message: say`this is not a certificate in PEM form, or a damaged one`,
        hint: "",
      },
      { cause },
    );
  }
}

/** Facts of all certificates of a PEM text, in its order. Throws CERTIFICATE_INVALID where there is none, or one is damaged. */
export function inspectBundle(pem: string, at = ""): readonly CertificateFacts[] {
  const blocks = splitPem(pem);
  if (blocks.length === 0) {
    throw new MeshError({
      code: "CERTIFICATE_INVALID",
      at: thingPlace(at),
      message: say`this holds no certificate in PEM form`,
      hint: "",
    });
  }
  return blocks.map((block) => inspectCertificate(block, at));
}

function readFacts(pem: string): CertificateFacts {
  const node = new NodeCertificate(pem);
  const parsed = new X509Certificate(pem);
  const basic = parsed.getExtension(BasicConstraintsExtension);
  const usages = parsed.getExtension(KeyUsagesExtension)?.usages;
  const extended = parsed.getExtension(ExtendedKeyUsageExtension)?.usages;
  const subjectKeyId = parsed.getExtension(SubjectKeyIdentifierExtension)?.keyId;
  const authorityKeyId = parsed.getExtension(AuthorityKeyIdentifierExtension)?.keyId;
  const constraints = parsed.getExtension(oid.nameConstraints);
  const nameLimits = constraints === null ? undefined : readNameConstraints(constraints.value);
  const unread = constraints !== null && nameLimits === undefined ? [oid.nameConstraints] : [];
  const known = Object.values(oid);
  const unknownCritical = parsed.extensions.filter((each) => each.critical && !known.includes(each.type));
  return {
    subject: oneLine(node.subject),
    issuer: oneLine(node.issuer),
    isSelfIssued: node.subject === node.issuer,
    serialNumber: node.serialNumber.toLowerCase(),
    fingerprint: fingerprintOf(pem),
    notBefore: parsed.notBefore.toISOString(),
    notAfter: parsed.notAfter.toISOString(),
    key: keyName(node),
    isCa: basic?.ca === true && (usages === undefined || (usages & KeyUsageFlags.keyCertSign) !== 0),
    ...(basic?.pathLength !== undefined && { pathLength: basic.pathLength }),
    ...(usages !== undefined && { keyUsages: keyUsageNames.filter((_, index) => (usages & (1 << index)) !== 0) }),
    ...(extended !== undefined && { extendedKeyUsages: extended.map((usage) => usageName(String(usage))) }),
    names: alternativeNames(parsed),
    ...(subjectKeyId !== undefined && { subjectKeyId: subjectKeyId.toLowerCase() }),
    ...(authorityKeyId !== undefined && { authorityKeyId: authorityKeyId.toLowerCase() }),
    ...(nameLimits !== undefined && { nameLimits }),
    unknownCritical: [...unknownCritical.map(({ type }) => type), ...unread],
    pem,
  };
}

// Node writes one attribute a line.
function oneLine(name: string | undefined): string {
  return (name ?? "").split("\n").join(", ");
}

function keyName({ publicKey }: NodeCertificate): string {
  const { asymmetricKeyType = "unknown", asymmetricKeyDetails = {} } = publicKey;
  const { namedCurve = "", modulusLength } = asymmetricKeyDetails;
  if (asymmetricKeyType === "rsa") return `RSA ${modulusLength}`;
  const curve = { prime256v1: "P-256", secp384r1: "P-384", secp521r1: "P-521" }[namedCurve] ?? namedCurve;
  return asymmetricKeyType === "ec" ? `ECDSA ${curve}` : asymmetricKeyType;
}

function usageName(usage: string): string {
  return Object.entries(ExtendedKeyUsage).find(([, id]) => id === usage)?.[0] ?? usage;
}

function alternativeNames(certificate: X509Certificate): SubjectAltNames {
  const items = certificate.getExtension(SubjectAlternativeNameExtension)?.names.items ?? [];
  const of = (type: string) => items.filter((item) => item.type === type).map((item) => item.value);
  const found = { dns: of("dns"), ip: of("ip"), uri: of("url") };
  return Object.fromEntries(Object.entries(found).filter(([, list]) => list.length > 0));
}
