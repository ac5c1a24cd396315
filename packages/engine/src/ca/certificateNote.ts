import type { CertificateFacts, Validity } from "@isthmus/pki";

/** What a Secret's annotations tell of the certificate in it, so that nobody has to read the Secret. */
export interface CertificateNote extends Validity {
  readonly fingerprint: string;
  /** The root that it leads to. */
  readonly root: string;
  /** All roots that the Secret makes its readers trust. */
  readonly trusts: readonly string[];
  /** Alternative names. */
  readonly names: readonly string[];
}

const prefix = "isthmus.io/certificate";

export function noteAnnotations(note: CertificateNote): Readonly<Record<string, string>> {
  return {
    [`${prefix}-fingerprint`]: note.fingerprint,
    [`${prefix}-not-before`]: note.notBefore,
    [`${prefix}-not-after`]: note.notAfter,
    ...trustAnnotations(note),
    [`${prefix}-names`]: note.names.join(","),
  };
}

/** The root above the Secret's authority, and all roots of its bundle. */
export type TrustNote = Pick<CertificateNote, "root" | "trusts">;

export function trustAnnotations({ root, trusts }: TrustNote): Readonly<Record<string, string>> {
  return { [`${prefix}-root`]: root, [`${prefix}-trusts`]: trusts.join(",") };
}

/** Stands alone where a Secret of others was only given other roots. */
export function readTrustNote(annotations: Readonly<Record<string, string>>): TrustNote | undefined {
  const { [`${prefix}-root`]: root = "", [`${prefix}-trusts`]: trusts = "" } = annotations;
  return root === "" || trusts === "" ? undefined : { root, trusts: trusts.split(",") };
}

/** Undefined where the annotations are not ours, or were made unreadable. */
export function readNote(annotations: Readonly<Record<string, string>>): CertificateNote | undefined {
  const of = (name: string) => annotations[`${prefix}-${name}`] ?? "";
  const list = (name: string) =>
    of(name)
      .split(",")
      .filter((part) => part !== "");
  const times = [of("not-before"), of("not-after")];
  if (of("fingerprint") === "" || of("root") === "" || times.some((time) => Number.isNaN(Date.parse(time)))) {
    return undefined;
  }
  return {
    fingerprint: of("fingerprint"),
    notBefore: of("not-before"),
    notAfter: of("not-after"),
    root: of("root"),
    trusts: list("trusts"),
    names: list("names"),
  };
}

/** The note for a certificate that leads to `root`. */
export function noteOf(facts: CertificateFacts, root: string, trusts: readonly string[]): CertificateNote {
  const { dns = [], ip = [], uri = [] } = facts.names;
  const { fingerprint, notBefore, notAfter } = facts;
  return { fingerprint, notBefore, notAfter, root, trusts, names: [...dns, ...ip, ...uri].sort() };
}
