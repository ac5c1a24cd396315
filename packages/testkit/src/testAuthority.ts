import "reflect-metadata";
import { webcrypto } from "node:crypto";
import {
  BasicConstraintsExtension,
  cryptoProvider,
  PemConverter,
  SubjectAlternativeNameExtension,
  X509CertificateGenerator,
} from "@peculiar/x509";

/** PEM. */
export interface TestCertificate {
  readonly certificate: string;
  readonly key: string;
}

export interface TestAuthority {
  readonly certificate: string;
  /** For 127.0.0.1 unless told; valid for the two days before `until`, which is tomorrow unless told. */
  issue(subject: string, options?: { readonly until?: Date; readonly host?: string }): Promise<TestCertificate>;
}

const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" } as const;
const day = 24 * 3_600_000;

/** A certificate authority for one test file. */
export async function createTestAuthority(subject = "CN=test"): Promise<TestAuthority> {
  cryptoProvider.set(webcrypto);
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
  const root = await X509CertificateGenerator.createSelfSigned({
    name: subject,
    keys,
    ...period(new Date(Date.now() + day)),
    signingAlgorithm: algorithm,
    extensions: [new BasicConstraintsExtension(true, undefined, true)],
  });
  let issued = 1;
  return {
    certificate: root.toString("pem"),
    async issue(leafSubject, { until = new Date(Date.now() + day), host = "127.0.0.1" } = {}) {
      issued += 1;
      const leaf = await webcrypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
      const certificate = await X509CertificateGenerator.create({
        serialNumber: issued.toString(16).padStart(2, "0"),
        subject: leafSubject,
        issuer: root.subject,
        ...period(until),
        publicKey: leaf.publicKey,
        signingKey: keys.privateKey,
        signingAlgorithm: algorithm,
        extensions: [
          new SubjectAlternativeNameExtension([{ type: /^[\d.]+$/.test(host) ? "ip" : "dns", value: host }]),
        ],
      });
      const key = await webcrypto.subtle.exportKey("pkcs8", leaf.privateKey);
      return { certificate: certificate.toString("pem"), key: PemConverter.encode(key, PemConverter.PrivateKeyTag) };
    },
  };
}

function period(until: Date): { readonly notBefore: Date; readonly notAfter: Date } {
  return { notBefore: new Date(until.getTime() - 2 * day), notAfter: until };
}
