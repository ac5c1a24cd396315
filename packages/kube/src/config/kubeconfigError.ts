import { MeshError, type Sentence } from "@isthmus/core";

/** A mistake in a kubeconfig. `message` must never quote a value of the file: it may be a credential. */
export function kubeconfigError(at: string, message: Sentence, hint: string, options?: ErrorOptions): MeshError {
  return new MeshError({ code: "KUBECONFIG_INVALID", at: { file: at }, message, hint }, options);
}
