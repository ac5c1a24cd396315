import { say } from "@isthmus/core";
import type { PemSource } from "../clusterAccess.ts";
import { kubeconfigError } from "../config/kubeconfigError.ts";
import { FileRefused, readRegularFile } from "../readRegularFile.ts";

/** Bytes; bundles of authorities have some hundred kilobytes. */
const largest = 8 * 1024 * 1024;

/** Throws KUBECONFIG_INVALID where the file that the kubeconfig names cannot be read. */
export async function readPem(source: PemSource): Promise<string> {
  return "data" in source ? source.data : readCredentialFile(source.path);
}

export async function readCredentialFile(path: string): Promise<string> {
  try {
    return await readRegularFile(path, { limit: largest });
  } catch (cause) {
    const reason = cause instanceof FileRefused ? cause.message : (cause as NodeJS.ErrnoException).code;
    throw kubeconfigError(
      path,
      say`${{ path }}, which the kubeconfig names, cannot be read (${{ reason }})`,
      "Correct the path in the kubeconfig, or log in again.",
      { cause },
    );
  }
}
