import { readFile } from "node:fs/promises";
import type { PemSource } from "../clusterAccess.ts";
import { kubeconfigError } from "../config/kubeconfigError.ts";

/** Throws KUBECONFIG_INVALID where the file that the kubeconfig names cannot be read. */
export async function readPem(source: PemSource): Promise<string> {
  return "data" in source ? source.data : readCredentialFile(source.path);
}

export async function readCredentialFile(path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    throw kubeconfigError(
      path,
      `${path}, which the kubeconfig names, cannot be read (${code})`,
      "Correct the path in the kubeconfig, or log in again.",
      { cause },
    );
  }
}
