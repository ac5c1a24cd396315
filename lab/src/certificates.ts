import "reflect-metadata";
import { generateKeyPairSync, randomBytes, webcrypto } from "node:crypto";
import {
  BasicConstraintsExtension,
  cryptoProvider,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  PemConverter,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  X509Certificate,
  X509CertificateGenerator,
} from "@peculiar/x509";

export interface Certificate {
  readonly certificate: string;
  readonly key: string;
}

export interface Authority extends Certificate {
  readonly subject: string;
  readonly signingKey: CryptoKey;
}

type CryptoKey = webcrypto.CryptoKey;

cryptoProvider.set(webcrypto);

const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" } as const;
const yearMs = 365 * 24 * 3_600_000;

/** A self-signed authority, or with `parent` an intermediate that may only sign leaves (path length 0). */
export async function createAuthority(subject: string, parent?: Authority): Promise<Authority> {
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
  const certificate = await X509CertificateGenerator.create({
    ...validity(),
    subject,
    issuer: parent?.subject ?? subject,
    publicKey: keys.publicKey,
    signingKey: parent?.signingKey ?? keys.privateKey,
    signingAlgorithm: algorithm,
    extensions: [
      new BasicConstraintsExtension(true, parent === undefined ? undefined : 0, true),
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
      await SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return {
    subject,
    certificate: pem(certificate),
    key: await keyPem(keys.privateKey),
    signingKey: keys.privateKey,
  };
}

export interface LeafRequest {
  readonly subject: string;
  readonly addresses?: readonly string[];
  readonly names?: readonly string[];
  readonly uris?: readonly string[];
}

export async function issueCertificate(authority: Authority, request: LeafRequest): Promise<Certificate> {
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
  const alternatives = [
    ...(request.addresses ?? []).map((value) => ({ type: "ip" as const, value })),
    ...(request.names ?? []).map((value) => ({ type: "dns" as const, value })),
    ...(request.uris ?? []).map((value) => ({ type: "url" as const, value })),
  ];
  const certificate = await X509CertificateGenerator.create({
    ...validity(),
    subject: request.subject,
    issuer: authority.subject,
    publicKey: keys.publicKey,
    signingKey: authority.signingKey,
    signingAlgorithm: algorithm,
    extensions: [
      new BasicConstraintsExtension(false, undefined, true),
      new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
      new ExtendedKeyUsageExtension([ExtendedKeyUsage.serverAuth, ExtendedKeyUsage.clientAuth]),
      ...(alternatives.length > 0 ? [new SubjectAlternativeNameExtension(alternatives)] : []),
    ],
  });
  return { certificate: pem(certificate), key: await keyPem(keys.privateKey) };
}

export async function loadAuthority(saved: Certificate): Promise<Authority> {
  const signingKey = await webcrypto.subtle.importKey("pkcs8", PemConverter.decodeFirst(saved.key), algorithm, true, [
    "sign",
  ]);
  return { ...saved, subject: new X509Certificate(saved.certificate).subject, signingKey };
}

/** The API server reads key pairs in the old SEC 1 form only. */
export function createServiceAccountKeys(): { readonly privateKey: string; readonly publicKey: string } {
  return generateKeyPairSync("ec", {
    namedCurve: "P-256",
    privateKeyEncoding: { type: "sec1", format: "pem" },
    publicKeyEncoding: { type: "spki", format: "pem" },
  });
}

function validity(): { readonly notBefore: Date; readonly notAfter: Date; readonly serialNumber: string } {
  const now = Date.now();
  const serial = randomBytes(16);
  serial[0] = ((serial[0] ?? 0) & 0x3f) | 0x40; // positive, and no leading zero
  return {
    notBefore: new Date(now - 3_600_000),
    notAfter: new Date(now + 10 * yearMs),
    serialNumber: serial.toString("hex"),
  };
}

function pem(certificate: X509Certificate): string {
  return `${certificate.toString("pem").trim()}\n`;
}

async function keyPem(key: CryptoKey): Promise<string> {
  const raw = await webcrypto.subtle.exportKey("pkcs8", key);
  return `${PemConverter.encode(raw, PemConverter.PrivateKeyTag).trim()}\n`;
}
