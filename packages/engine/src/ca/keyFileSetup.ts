import { MeshError, type Sentence, say } from "@isthmus/core";
import type { Authority, CertificateFacts } from "@isthmus/pki";
import {
  createKeyPair,
  createRoot,
  encryptKeyFile,
  inspectBundle,
  inspectCertificate,
  type KeyKind,
  loadAuthority,
  verifyChain,
} from "@isthmus/pki";
import { type NamedFile, refuseExisting, writeNewKeyFile } from "./keyFiles.ts";
import type { Ca, CaKind } from "./openCa.ts";

/** What is told of a key file that was made. */
export interface KeyFileMade {
  readonly file: NamedFile;
  readonly facts: CertificateFacts;
}

/** Makes the root of an authority, in its key file. Throws CA_EXISTS before it asks for the passphrase, WRITE_FAILED. */
export async function initCa(
  ca: Ca,
  kind: CaKind,
  options: { readonly key: KeyKind; readonly days?: number; readonly newPassphrase: () => Promise<string> },
): Promise<KeyFileMade> {
  const file = ca.keyFile(kind);
  await refuseExisting(file);
  const passphrase = await options.newPassphrase();
  const { mesh } = ca.intents;
  const root = await createRoot({
    name: `${mesh.metadata.name} ${kind === "mesh" ? "root" : "external root"} CA`,
    organization: mesh.spec.trustDomain,
    keys: await createKeyPair(options.key),
    now: ca.now(),
    ...(options.days !== undefined && { days: options.days }),
  });
  return save(root, file, passphrase);
}

/**
 * Takes an authority over from PEM files into a key file. It must be able to sign intermediates: one of path length 0, as an
 * istiod has, is refused with the reason. Throws CERTIFICATE_INVALID, CA_EXISTS.
 */
export async function importCa(
  ca: Ca,
  kind: CaKind,
  pem: {
    readonly certificates: string;
    readonly key: string;
    readonly at: string;
    readonly newPassphrase: () => Promise<string>;
  },
): Promise<KeyFileMade> {
  const file = ca.keyFile(kind);
  await refuseExisting(file);
  const authority = await loadAuthority(pem.certificates, pem.key, pem.at);
  const facts = inspectCertificate(authority.certificate, pem.at);
  if (kind === "mesh" && facts.pathLength === 0) {
    throw invalid(
      pem.at,
      say`${{ subject: facts.subject }} may sign workloads but no intermediates (path length 0)`,
      "Import the root that signed it; where its key is kept elsewhere, let that sign: spec.ca.signer.exec of the Mesh.",
    );
  }
  const [own, ...above] = inspectBundle(pem.certificates, pem.at);
  const roots = [own, ...above].filter((each) => each !== undefined).filter(({ isSelfIssued }) => isSelfIssued);
  const { path, faults } = verifyChain({ chain: [facts, ...above], roots, at: ca.now() });
  if (faults[0] !== undefined)
    throw invalid(pem.at, say`${{ reason: faults[0].message }}`, "Give all certificates up to the root, with --chain.");
  const issuers = path
    .slice(1)
    .map((each) => each.pem)
    .join("");
  return save({ ...authority, issuers }, file, await pem.newPassphrase());
}

async function save(authority: Authority, file: NamedFile, passphrase: string): Promise<KeyFileMade> {
  await writeNewKeyFile(file, await encryptKeyFile(authority, passphrase));
  return { file, facts: inspectCertificate(authority.certificate) };
}

function invalid(at: string, message: Sentence, hint: string): MeshError {
  return new MeshError({ code: "CERTIFICATE_INVALID", at: { file: at }, message, hint });
}
