import { X509Certificate } from "node:crypto";
import type { CertificateFacts } from "./inspect.ts";
import { namesOutside } from "./nameLimits.ts";

export type ChainFaultKind =
  | "NoPathToRoot"
  | "Expired"
  | "NotYetValid"
  | "NotAnAuthority"
  | "PathTooLong"
  | "NameNotPermitted"
  | "UsageNotPermitted"
  | "UnknownCriticalExtension";

/** Why a chain does not hold. */
export interface ChainFault {
  readonly kind: ChainFaultKind;
  /** Fingerprint of the certificate at fault. */
  readonly certificate: string;
  readonly message: string;
}

export interface ChainVerdict {
  /** From the certificate up to the root; only the certificate where there is no path. */
  readonly path: readonly CertificateFacts[];
  /** Empty: the chain holds. */
  readonly faults: readonly ChainFault[];
}

export interface ChainToVerify {
  /** The certificate, then what may be its issuers, in any order. */
  readonly chain: readonly CertificateFacts[];
  /** Whom to trust. */
  readonly roots: readonly CertificateFacts[];
  readonly at: Date;
  /** What the certificate is to serve for; anything unless told. */
  readonly usage?: "serverAuth" | "clientAuth";
}

/** Longest path tried: chains of a mesh have three. */
const longest = 8;

/**
 * Whether a certificate is valid under one of the roots, as RFC 5280, section 6 decides: signatures, times (also the
 * root's), authorities, path lengths, name constraints, usages, critical extensions. Not revocation: a mesh has no CRL.
 * Of several paths (cross-signed roots) one that holds is enough; where none does, the faults of the first are told.
 */
export function verifyChain(options: ChainToVerify): ChainVerdict {
  const { chain, roots } = options;
  const [target, ...issuers] = chain;
  if (target === undefined) return { path: [], faults: [] };
  const verdicts = pathsFrom([target], issuers, roots).map((path) => ({ path, faults: faultsOfPath(path, options) }));
  const holding = verdicts.find(({ faults }) => faults.length === 0);
  const first = holding ?? verdicts[0];
  if (first !== undefined) return first;
  const message = `no path leads from ${target.subject} to a trusted root: nobody known signed as ${target.issuer}`;
  return {
    path: [target],
    faults: [...timeFaults(target, options.at), fault("NoPathToRoot", target, message)],
  };
}

type Path = readonly CertificateFacts[];

/** All paths to a root whose names and signatures hold. */
function pathsFrom(
  path: Path,
  issuers: readonly CertificateFacts[],
  roots: readonly CertificateFacts[],
): readonly Path[] {
  const last = path.at(-1);
  if (last === undefined || path.length > longest) return [];
  // Trusted by itself: there is nobody above to ask.
  if (roots.some(({ fingerprint }) => fingerprint === last.fingerprint)) return [path];
  const direct = roots.filter((root) => isIssuedBy(last, root)).map((root) => [...path, root]);
  const onward = issuers
    .filter((issuer) => !path.includes(issuer) && isIssuedBy(last, issuer))
    .flatMap((issuer) => pathsFrom([...path, issuer], issuers, roots));
  return [...direct, ...onward];
}

function isIssuedBy(certificate: CertificateFacts, issuer: CertificateFacts): boolean {
  if (certificate.issuer !== issuer.subject) return false;
  const { authorityKeyId } = certificate;
  if (authorityKeyId !== undefined && issuer.subjectKeyId !== undefined && authorityKeyId !== issuer.subjectKeyId) {
    return false;
  }
  return new X509Certificate(certificate.pem).verify(new X509Certificate(issuer.pem).publicKey);
}

function faultsOfPath(path: Path, { at, usage }: ChainToVerify): readonly ChainFault[] {
  return path.flatMap((certificate, index) => [
    ...timeFaults(certificate, at),
    ...certificate.unknownCritical.map((oid) =>
      fault(
        "UnknownCriticalExtension",
        certificate,
        `${certificate.subject} has a critical extension ${oid} that is unknown`,
      ),
    ),
    ...(index === 0 ? [] : authorityFaults(certificate, path.slice(0, index))),
    ...usageFaults(certificate, usage),
  ]);
}

function timeFaults(certificate: CertificateFacts, at: Date): readonly ChainFault[] {
  const { subject, notBefore, notAfter } = certificate;
  if (Date.parse(notBefore) > at.getTime()) {
    return [fault("NotYetValid", certificate, `${subject} is valid only from ${notBefore}`)];
  }
  return Date.parse(notAfter) < at.getTime() ? [fault("Expired", certificate, `${subject} ended ${notAfter}`)] : [];
}

/** `below` is what the authority signed, and what that signed, down to the certificate: its first element. */
function authorityFaults(authority: CertificateFacts, below: Path): readonly ChainFault[] {
  const { subject, isCa, pathLength, nameLimits } = authority;
  const faults: ChainFault[] = [];
  if (!isCa) faults.push(fault("NotAnAuthority", authority, `${subject} may not sign certificates`));
  // A self-issued authority (a root's new key signed with its old one) does not count: RFC 5280, section 6.1.4 (l).
  const between = below.slice(1).filter(({ isSelfIssued }) => !isSelfIssued).length;
  if (pathLength !== undefined && between > pathLength) {
    const message = `${subject} allows ${pathLength} authorities below it, and here are ${between}`;
    faults.push(fault("PathTooLong", authority, message));
  }
  if (nameLimits === undefined) return faults;
  for (const [index, certificate] of below.entries()) {
    if (index > 0 && certificate.isSelfIssued) continue;
    const outside = namesOutside(nameLimits, certificate.names);
    if (outside.length === 0) continue;
    const message = `${subject} may not sign for the names of ${certificate.subject}: ${outside.join(", ")}`;
    faults.push(fault("NameNotPermitted", certificate, message));
  }
  return faults;
}

/** Of authorities as well: what an authority's extended key usages leave out, nobody below it may do (as openssl and Go). */
function usageFaults(certificate: CertificateFacts, usage: ChainToVerify["usage"]): readonly ChainFault[] {
  const { extendedKeyUsages, subject } = certificate;
  if (usage === undefined || extendedKeyUsages === undefined) return [];
  // 2.5.29.37.0 is any.
  if (extendedKeyUsages.includes(usage) || extendedKeyUsages.includes("2.5.29.37.0")) return [];
  return [fault("UsageNotPermitted", certificate, `${subject} is not for ${usage}`)];
}

function fault(kind: ChainFaultKind, { fingerprint }: CertificateFacts, message: string): ChainFault {
  return { kind, certificate: fingerprint, message };
}
