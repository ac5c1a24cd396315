import { dirname, resolve } from "node:path";
import { say } from "@isthmus/core";
import { inClusterAccess } from "./config/inClusterAccess.ts";
import { kubeconfigError } from "./config/kubeconfigError.ts";
import { loadKubeconfig } from "./config/loadKubeconfig.ts";
import { parseKubeconfig } from "./config/parseKubeconfig.ts";
import { refuseCleartext, refuseUntrusted } from "./config/refuseDangers.ts";
import { selectContext } from "./config/selectContext.ts";
import { type ClientOptions, createKubeClient } from "./createKubeClient.ts";
import type { KubeClient } from "./kubeClient.ts";

export interface ConnectOptions extends ClientOptions {
  /** $KUBECONFIG or ~/.kube/config unless told; in a pod without either, and without `context`, its service account. */
  readonly kubeconfigPath?: string;
  /** A kubeconfig's text in place of a file, and what messages call it. Never trusted: `isTrusted` does not count. */
  readonly given?: { readonly name: string; readonly text: string };
  /** The kubeconfig's current context unless told. */
  readonly context?: string;
  /** What messages call the cluster; the context's name unless told. */
  readonly cluster?: string;
  /** False where it is not the person at the keyboard who named the kubeconfig: it runs no program then, and reads no file elsewhere. */
  readonly isTrusted?: boolean;
}

/**
 * A client as a kubeconfig's context says. Reads files only: the API server is not asked before the first call.
 * Throws `MeshError` KUBECONFIG_INVALID.
 */
export async function connect(options: ConnectOptions = {}): Promise<KubeClient> {
  const { kubeconfigPath, given, context, cluster, isTrusted = true } = options;
  const config =
    given === undefined ? await loadKubeconfig(kubeconfigPath) : await parseKubeconfig(given.name, given.text);
  // A context that is named is some cluster, not necessarily the one that we run in.
  const fallback = context === undefined ? inClusterAccess : () => undefined;
  const access = config === undefined ? await fallback() : selectContext(config, context);
  if (access === undefined) {
    throw kubeconfigError(
      "~/.kube/config",
      say`there is no kubeconfig: $KUBECONFIG is not set and ~/.kube/config does not exist`,
      "Name one, set $KUBECONFIG, or log in to the cluster.",
    );
  }
  const file = config?.files.join(", ") ?? "";
  refuseCleartext(access, file);
  if (given !== undefined) refuseUntrusted(access, given.name, undefined);
  else if (!isTrusted) {
    const path = kubeconfigPath === undefined ? file : resolve(kubeconfigPath);
    refuseUntrusted(access, path, dirname(path));
  }
  return createKubeClient(cluster === undefined ? access : { ...access, name: cluster }, options);
}
