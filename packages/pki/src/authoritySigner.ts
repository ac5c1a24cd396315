import { MeshError, say } from "@isthmus/core";
import type { Authority } from "./authority.ts";
import { usageExtensions } from "./createRequest.ts";
import { inspectCertificate } from "./inspect.ts";
import { signingAlgorithm } from "./keys.ts";
import { validFor } from "./lifetime.ts";
import { nameConstraintsExtension } from "./nameLimits.ts";
import { randomSerialNumber } from "./serialNumber.ts";
import type { Signer, SigningRequest } from "./signer.ts";
import {
  AuthorityKeyIdentifierExtension,
  Pkcs10CertificateRequest,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  X509Certificate,
  X509CertificateGenerator,
} from "./x509.ts";

export interface AuthoritySignerOptions {
  readonly description: string;
  /** The time at which it signs. */
  readonly now: () => Date;
}

/**
 * A signer whose key is in this process: read from an encrypted file. Of a request it takes subject, key and alternative names;
 * everything else is as the profile says. Throws SIGNER_FAILED where the request is not signed with its own key, or the
 * authority's certificate has ended.
 */
export function authoritySigner(authority: Authority, options: AuthoritySignerOptions): Signer {
  const { description } = options;
  const issuers = `${authority.certificate}${authority.issuers}`;
  return {
    description,
    sign: async (request) => `${await certify(authority, request, options)}${issuers}`,
  };
}

async function certify(
  authority: Authority,
  request: SigningRequest,
  { description, now }: AuthoritySignerOptions,
): Promise<string> {
  const failed = (message: string, hint: string) =>
    new MeshError({
      code: "SIGNER_FAILED",
      at: { thing: request.subject },
      message: say`${description}: ${{ reason: message }}`,
      hint,
    });
  const csr = new Pkcs10CertificateRequest(request.csr);
  if (!(await csr.verify())) throw failed("the request is not signed with its own key", "");
  const issuer = new X509Certificate(authority.certificate);
  const time = now();
  if (issuer.notAfter <= time) {
    const { subject, notAfter } = inspectCertificate(authority.certificate);
    throw failed(
      `the certificate of ${subject} ended ${notAfter}`,
      "Make a new root, and lead the clusters to it: isthmus ca rotate root",
    );
  }
  const names = csr.extensions.find((extension) => extension instanceof SubjectAlternativeNameExtension);
  const keyId = issuer.getExtension(SubjectKeyIdentifierExtension)?.keyId;
  const certificate = await X509CertificateGenerator.create({
    serialNumber: randomSerialNumber(),
    ...validFor(request, time, issuer.notAfter),
    subject: csr.subjectName,
    // As it is encoded there: names are compared byte for byte.
    issuer: issuer.subjectName,
    publicKey: csr.publicKey,
    signingKey: authority.privateKey,
    signingAlgorithm: signingAlgorithm(authority.privateKey),
    extensions: [
      ...usageExtensions(request.profile),
      await SubjectKeyIdentifierExtension.create(csr.publicKey),
      keyId === undefined
        ? await AuthorityKeyIdentifierExtension.create(issuer.publicKey)
        : new AuthorityKeyIdentifierExtension(keyId),
      ...(names === undefined ? [] : [names]),
      ...(request.nameLimits === undefined ? [] : [nameConstraintsExtension(request.nameLimits)]),
    ],
  });
  return `${certificate.toString("pem").trim()}\n`;
}
