import { basename, resolve } from "node:path";
import { say, usage } from "@isthmus/core";
import type { CaKind } from "@isthmus/engine";
import { exitCodes } from "../exit.ts";
import type { PassphraseOptions } from "../passphrase.ts";
import { keyFileData, renderKeyFile } from "../render/certificates.ts";
import type { Session } from "../session.ts";
import { type CaFunctions, withCa } from "../withCa.ts";

export interface CaImportOptions extends PassphraseOptions {
  readonly cert?: string;
  readonly key?: string;
  readonly chain?: string;
  readonly external?: boolean;
}

/** Takes an authority over from PEM files. Throws CERTIFICATE_INVALID, CA_EXISTS, USAGE. */
export async function caImport(
  session: Session,
  folder: string | undefined,
  options: CaImportOptions,
): Promise<number> {
  return withCa(session, options, async ({ ca, functions, passphrases }) => {
    const kind: CaKind = options.external === true ? "external" : "mesh";
    const { name } = ca.keyFile(kind);
    const pem = await readPem(session, folder, options, functions);
    const made = await functions.importCa(ca, kind, { ...pem, newPassphrase: () => passphrases.fresh(name) });
    session.note(renderKeyFile(made));
    session.note("Next: isthmus ca status; and once the copy is safe, delete the unencrypted key.\n");
    if (session.format !== undefined) session.printData("KeyFile", keyFileData(made));
    return exitCodes.ok;
  });
}

async function readPem(
  { io }: Session,
  folder: string | undefined,
  { cert, key, chain }: CaImportOptions,
  { readCaCertsFolder, readTextFile }: CaFunctions,
): Promise<{ readonly certificates: string; readonly key: string; readonly at: string }> {
  const named = (name: string) => ({ name, path: resolve(io.cwd, name) });
  if (folder !== undefined && cert === undefined && key === undefined && chain === undefined) {
    const files = await readCaCertsFolder(named(folder));
    const certificates = files["ca-cert.pem"] + files["cert-chain.pem"] + files["root-cert.pem"];
    return { certificates, key: files["ca-key.pem"], at: folder };
  }
  if (folder !== undefined || cert === undefined || key === undefined) {
    const hint = "isthmus ca import FOLDER, or isthmus ca import --cert FILE --key FILE [--chain FILE]";
    throw usage(say`give a folder, or both --cert and --key`, hint);
  }
  const [certificate, privateKey, above] = await Promise.all([
    readTextFile(named(cert)),
    readTextFile(named(key)),
    chain === undefined ? "" : readTextFile(named(chain)),
  ]);
  return { certificates: `${certificate}\n${above}`, key: privateKey, at: basename(cert) };
}
