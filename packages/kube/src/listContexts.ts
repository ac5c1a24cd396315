import { loadKubeconfig } from "./config/loadKubeconfig.ts";

export interface Contexts {
  /** Sorted. */
  readonly names: readonly string[];
  readonly current?: string;
}

/** The contexts of the kubeconfig that `connect` would read; none where there is no file. Throws KUBECONFIG_INVALID. */
export async function listContexts(kubeconfigPath?: string): Promise<Contexts> {
  const config = await loadKubeconfig(kubeconfigPath);
  if (config === undefined) return { names: [] };
  const { contexts, currentContext } = config;
  return { names: [...contexts.keys()].sort(), ...(currentContext === undefined ? {} : { current: currentContext }) };
}
