import { lstat, mkdir } from "node:fs/promises";
import { MeshError, say } from "@isthmus/core";
import { readRegularFile } from "@isthmus/kube";
import type { CaCerts } from "@isthmus/pki";
import { writeFileAtomically } from "../target/directory/writeFileAtomically.ts";
import { exposed, type NamedFile, whyExposed } from "./keyFiles.ts";
import { inFolder } from "./openCa.ts";

const caCertsFiles = ["ca-cert.pem", "ca-key.pem", "root-cert.pem", "cert-chain.pem"] as const;

/** Bytes; bundles of authorities have some hundred kilobytes. */
const largest = 8 * 1024 * 1024;

/** Throws FILE_UNREADABLE. */
export async function readTextFile({ path, name }: NamedFile): Promise<string> {
  try {
    return await readRegularFile(path, { limit: largest });
  } catch (error) {
    const { message } = error as Error;
    throw new MeshError({
      code: "FILE_UNREADABLE",
      at: { file: name },
      message: say`${{ name }} cannot be read: ${{ reason: message }}`,
      hint: "",
    });
  }
}

/** The files of a folder as istiod names them. Throws FILE_UNREADABLE. */
export async function readCaCertsFolder(folder: NamedFile): Promise<CaCerts> {
  const [cert, key, root, chain] = await Promise.all(caCertsFiles.map((name) => readTextFile(inFolder(folder, name))));
  return {
    "ca-cert.pem": cert ?? "",
    "ca-key.pem": key ?? "",
    "root-cert.pem": root ?? "",
    "cert-chain.pem": chain ?? "",
  };
}

/**
 * Writes files of mode 0600 into a folder of mode 0700, made where there is none; each whole or not at all, in place of a link and
 * not where it leads. Throws WRITE_FAILED, and CA_KEY_FILE_EXPOSED where others may write into the folder that is there.
 */
export async function writeSecretFiles(folder: NamedFile, files: Readonly<Record<string, string>>): Promise<void> {
  try {
    await mkdir(folder.path, { recursive: true, mode: 0o700 });
    const stats = await lstat(folder.path);
    if (!stats.isDirectory()) throw new Error("it is a link, or not a folder");
    // Who can write there can put a link in a file's place.
    const why = whyExposed(stats, 0o022);
    if (why !== undefined) throw exposed(folder.name, why);
    for (const [name, text] of Object.entries(files)) {
      await writeFileAtomically(inFolder(folder, name).path, text, { mode: 0o600 });
    }
  } catch (error) {
    if (error instanceof MeshError) throw error;
    const { message } = error as Error;
    const file = folder.name;
    throw new MeshError({
      code: "WRITE_FAILED",
      at: { file },
      message: say`${{ file }} cannot be written: ${{ reason: message }}`,
      hint: "",
    });
  }
}
