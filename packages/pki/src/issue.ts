import { X509Certificate } from "node:crypto";
import { MeshError, say } from "@isthmus/core";
import { createRequest } from "./createRequest.ts";
import { type CertificateFacts, inspectBundle } from "./inspect.ts";
import { createKeyPair, type KeyKind, privateKeyPem } from "./keys.ts";
import type { NameLimits, Profile, Signer, SignOptions, SubjectAltNames } from "./signer.ts";
import { verifyChain } from "./verifyChain.ts";

export interface IssueOptions extends SignOptions {
  readonly profile: Profile;
  readonly commonName: string;
  readonly organization: string;
  readonly names: SubjectAltNames;
  readonly keyKind: KeyKind;
  readonly days: number;
  /** A life shorter than a day; `days` is 1 then. */
  readonly seconds?: number;
  readonly nameLimits?: NameLimits;
  /** Whom it is for, in words. */
  readonly subject: string;
  /** Roots that the signer leaves out of its answer, as PEM. */
  readonly roots?: string;
  readonly now: Date;
}

/** A certificate with its key and the way up to its root. PEM texts; `key` is a secret. */
export interface Issued {
  readonly certificate: string;
  readonly key: string;
  /** Between the certificate and the root; mostly empty. */
  readonly issuers: string;
  readonly root: string;
  readonly facts: CertificateFacts;
}

/**
 * Makes a key, has it certified, and checks what comes back as its users will: that it is for our key, for the names asked,
 * of the right kind, and leads to a root. Throws SIGNER_FAILED where not, or what the signer throws.
 */
export async function issue(signer: Signer, options: IssueOptions): Promise<Issued> {
  const { profile, keyKind, days, seconds, nameLimits, subject, roots = "", now, signal } = options;
  const keys = await createKeyPair(keyKind);
  const csr = await createRequest({ ...options, keys });
  const answer = await signer.sign(
    {
      ...{ profile, csr, days, subject },
      ...(seconds !== undefined && { seconds }),
      ...(nameLimits !== undefined && { nameLimits }),
    },
    signal === undefined ? {} : { signal },
  );
  const failed = (message: string) =>
    new MeshError({
      code: "SIGNER_FAILED",
      at: { thing: subject },
      message: say`${signer.description}: ${{ reason: message }}`,
      hint: "It has to answer with the certificate that was asked for, then its issuers up to the root, in PEM form.",
    });
  const [facts, ...above] = readAnswer(answer, roots, failed);
  if (facts === undefined) throw failed("the answer holds no certificate");
  const spki = Buffer.from(await crypto.subtle.exportKey("spki", keys.publicKey));
  if (!new X509Certificate(facts.pem).publicKey.export({ format: "der", type: "spki" }).equals(spki)) {
    throw failed("the first certificate of the answer is not for the key that was to be certified");
  }
  for (const fault of faultsOf(facts, options)) throw failed(fault);
  // An answer with a chain is trusted as far as it goes: its self-signed certificates are the roots.
  const anchors = above.filter(({ isSelfIssued }) => isSelfIssued);
  const verdict = verifyChain({
    chain: [facts, ...above.filter(({ isSelfIssued }) => !isSelfIssued)],
    roots: anchors,
    at: timeOfAnswer(facts, now),
  });
  if (verdict.faults[0] !== undefined) throw failed(verdict.faults[0].message);
  const path = verdict.path.slice(1).map(({ pem }) => pem);
  return {
    certificate: facts.pem,
    key: await privateKeyPem(keys.privateKey),
    issuers: path.slice(0, -1).join(""),
    root: path.at(-1) ?? "",
    facts,
  };
}

/** Milliseconds: the longest that a signer is waited for, and clocks that differ by a few minutes. */
const longestSigning = 10 * 60_000;

/** A signer that takes its time, as openssl does by the second, answers with a certificate that begins after it was asked for. */
function timeOfAnswer({ notBefore }: CertificateFacts, asked: Date): Date {
  const begin = Date.parse(notBefore);
  return begin - asked.getTime() <= longestSigning ? new Date(Math.max(begin, asked.getTime())) : asked;
}

function readAnswer(
  answer: string,
  roots: string,
  failed: (message: string) => MeshError,
): readonly CertificateFacts[] {
  try {
    return inspectBundle(`${answer}\n${roots}`);
  } catch {
    throw failed("the answer is not a PEM text of certificates");
  }
}

function faultsOf(facts: CertificateFacts, { profile, names, nameLimits }: IssueOptions): readonly string[] {
  const faults: string[] = [];
  if (facts.isCa !== (profile === "intermediate")) {
    faults.push(facts.isCa ? "the certificate is one of an authority" : "the certificate may not sign others");
  }
  for (const kind of ["dns", "ip", "uri"] as const) {
    const missing = (names[kind] ?? []).filter((name) => !facts.names[kind]?.includes(name));
    if (missing.length > 0) faults.push(`the certificate lacks the name ${missing.join(", ")}`);
  }
  if (nameLimits !== undefined && facts.nameLimits === undefined)
    faults.push("the certificate has no name constraints");
  return faults;
}
