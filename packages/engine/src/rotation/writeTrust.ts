import { caCertsOf, fingerprintOf, type Intermediate } from "@isthmus/pki";
import { type SecretFacts, writeSecret, writeSecretPart } from "../ca/caSecret.ts";
import { noteAnnotations, noteOf } from "../ca/certificateNote.ts";
import type { CallOptions } from "../target/target.ts";
import { placeOf, type RotationCluster, type TrustObservation } from "./observeTrust.ts";
import { rootsNotes, type TrustNotes, useNotes } from "./trustNotes.ts";

/**
 * The bundle belongs to the rotation, apart from the authority, so that it can be changed without the authority's key at hand;
 * the notes are apart from both, so that noting something writes nothing else again.
 */
const managers = { roots: "isthmus-trust", notes: "isthmus-rotation" } as const;

export interface WriteTrustOptions extends CallOptions {
  /** Take over a Secret that is not ours. */
  readonly adopt?: boolean;
}

export interface Bundle {
  /** Fingerprints and PEM texts, in the same order. */
  readonly roots: readonly string[];
  readonly pems: readonly string[];
}

/** Replaces the bundle and nothing else. Throws PLAN_STALE where the Secret changed since `seen`, OBJECT_NOT_OURS … */
export async function writeRoots(
  at: RotationCluster,
  seen: TrustObservation,
  { roots, pems }: Bundle,
  { now, ...options }: WriteTrustOptions & { readonly now: number },
): Promise<void> {
  const annotations = rootsNotes({ root: seen.trust.signer, trusts: roots }, now);
  const part = { fieldManager: managers.roots, annotations, data: { "root-cert.pem": pems.join("") } };
  await writeSecretPart(placeOf(at), part, { ...options, seen: seen.secret });
}

/** Replaces the authority, under the bundle as it is. Throws as `writeRoots`. */
export async function writeSigner(
  at: RotationCluster,
  seen: TrustObservation,
  intermediate: Intermediate,
  options: WriteTrustOptions,
): Promise<void> {
  const root = fingerprintOf(intermediate.root);
  const { roots } = seen.trust;
  const content = {
    labels: {},
    annotations: noteAnnotations(noteOf(intermediate.facts, root, roots)),
    data: { ...caCertsOf(intermediate), "root-cert.pem": roots.map((each) => seen.pems.get(each) ?? "").join("") },
  };
  // Announced first: should the old root come back before anyone saw the new one in use, the note about the old one is void.
  const { signerSince: _void, ...notes } = seen.notes;
  const announced =
    root === seen.trust.signer ? seen.secret : await writeNotes(at, seen, { ...notes, signerWritten: root }, options);
  await writeSecret(placeOf(at), content, { ...options, seen: announced });
}

/** Notes since when the cluster's istiods have what was written. */
export async function writeInUse(
  at: RotationCluster,
  seen: TrustObservation,
  since: { readonly rootsSince?: number; readonly signerSince?: number },
  options: WriteTrustOptions,
): Promise<void> {
  await writeNotes(at, seen, { ...seen.notes, ...since }, options);
}

async function writeNotes(
  at: RotationCluster,
  seen: TrustObservation,
  notes: TrustNotes,
  options: WriteTrustOptions,
): Promise<SecretFacts> {
  const part = { fieldManager: managers.notes, annotations: useNotes(notes) };
  return writeSecretPart(placeOf(at), part, { ...options, seen: seen.secret });
}
