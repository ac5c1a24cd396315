import { readNote, readTrustNote, type TrustNote, trustAnnotations } from "../ca/certificateNote.ts";

/**
 * What Secret `cacerts` says of a rotation, in annotations beside `CertificateNote`: nobody reads its content, since the key
 * would travel along. Times are ISO 8601. Without these annotations everything has been as it is since ever.
 */
const keys = {
  /** When a rotation wrote the bundle last: the same roots may come and go and come again. */
  rootsWritten: "isthmus.io/ca-roots-written",
  /** The root that a rotation made the cluster sign with last. */
  signerWritten: "isthmus.io/ca-signer-written",
  /** Of what, and since when every istiod has it, with a slash. Void where it is about another bundle or root. */
  rootsInUse: "isthmus.io/ca-roots-in-use",
  signerInUse: "isthmus.io/ca-signer-in-use",
} as const;

type Annotations = Readonly<Record<string, string>>;

export interface TrustNotes {
  readonly trust?: TrustNote;
  /** ISO 8601: the validity of the intermediate. */
  readonly notBefore?: string;
  readonly notAfter?: string;
  readonly rootsWritten?: string;
  readonly signerWritten?: string;
  /** Milliseconds; undefined where it is still to be seen. */
  readonly rootsSince?: number;
  readonly signerSince?: number;
}

export function readTrustNotes(annotations: Annotations): TrustNotes {
  const { [keys.rootsWritten]: rootsWritten, [keys.signerWritten]: signerWritten } = annotations;
  const trust = readTrustNote(annotations);
  const certificate = readNote(annotations);
  const rootsSince =
    rootsWritten === undefined ? 0 : sinceOf(annotations[keys.rootsInUse], rootsId({ trust, rootsWritten }));
  const signerSince = signerWritten === undefined ? 0 : sinceOf(annotations[keys.signerInUse], trust?.root ?? "");
  return {
    ...(trust !== undefined && { trust }),
    ...(certificate !== undefined && { notBefore: certificate.notBefore, notAfter: certificate.notAfter }),
    ...(rootsWritten !== undefined && { rootsWritten }),
    ...(signerWritten !== undefined && { signerWritten }),
    ...(rootsSince !== undefined && { rootsSince }),
    ...(signerSince !== undefined && { signerSince }),
  };
}

/** Of a new bundle under the authority as it is. */
export function rootsNotes(trust: TrustNote, now: number): Annotations {
  return { ...trustAnnotations(trust), [keys.rootsWritten]: new Date(now).toISOString() };
}

/** What the last writes were, and since when they are in use as far as that was seen. */
export function useNotes({
  trust,
  rootsWritten,
  signerWritten,
  rootsSince = 0,
  signerSince = 0,
}: TrustNotes): Annotations {
  return {
    ...(signerWritten !== undefined && { [keys.signerWritten]: signerWritten }),
    ...(rootsSince > 0 && { [keys.rootsInUse]: `${rootsId({ trust, rootsWritten })}/${isoOf(rootsSince)}` }),
    ...(signerSince > 0 && { [keys.signerInUse]: `${trust?.root ?? ""}/${isoOf(signerSince)}` }),
  };
}

function rootsId({
  trust,
  rootsWritten,
}: {
  readonly trust: TrustNote | undefined;
  readonly rootsWritten: string | undefined;
}): string {
  return `${trust?.trusts.join(",") ?? ""}@${rootsWritten ?? ""}`;
}

function sinceOf(note: string | undefined, id: string): number | undefined {
  const [noted, since = ""] = note?.split("/") ?? [];
  const time = Date.parse(since);
  return noted !== id || Number.isNaN(time) ? undefined : time;
}

function isoOf(time: number): string {
  return new Date(time).toISOString();
}
