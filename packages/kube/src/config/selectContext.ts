import { nearestName, say } from "@isthmus/core";
import type { ClusterAccess } from "../clusterAccess.ts";
import { kubeconfigError } from "./kubeconfigError.ts";
import { type Kubeconfig, readCluster, readContext, readUser } from "./parseKubeconfig.ts";

/** What `context` (the current one unless told) says about its cluster. Throws KUBECONFIG_INVALID. */
export function selectContext(config: Kubeconfig, context: string | undefined): ClusterAccess {
  const files = config.files.join(", ");
  const name = context ?? config.currentContext;
  if (name === undefined) {
    throw kubeconfigError(files, say`kubeconfig ${{ files }} has no current context`, known(config.contexts.keys()));
  }
  const entry = config.contexts.get(name);
  if (entry === undefined) {
    throw kubeconfigError(
      files,
      say`kubeconfig ${{ files }} has no context ${{ name }}`,
      suggest(name, config.contexts.keys()),
    );
  }
  const { cluster: clusterName, user: userName } = readContext(entry);
  const clusterEntry = config.clusters.get(clusterName);
  if (clusterEntry === undefined) {
    throw kubeconfigError(
      entry.file,
      say`kubeconfig ${{ files }}: context ${{ name }} names the cluster ${{ clusterName }}, which is not there`,
      suggest(clusterName, config.clusters.keys()),
    );
  }
  const userEntry = userName === undefined ? undefined : config.users.get(userName);
  if (userName !== undefined && userEntry === undefined) {
    throw kubeconfigError(
      entry.file,
      say`kubeconfig ${{ files }}: context ${{ name }} names the user ${{ userName }}, which is not there`,
      suggest(userName, config.users.keys()),
    );
  }
  const { execConfig, ...cluster } = readCluster(clusterEntry);
  const user = userEntry === undefined ? {} : readUser(userEntry);
  const withConfig =
    user.exec === undefined || execConfig === undefined
      ? user
      : { ...user, exec: { ...user.exec, clusterConfig: execConfig } };
  return { name, ...cluster, user: withConfig };
}

function suggest(name: string, names: Iterable<string>): string {
  const all = [...names];
  const near = nearestName(name, all);
  return near === undefined ? known(all) : `Did you mean ${near}? ${known(all)}`;
}

function known(names: Iterable<string>): string {
  const sorted = [...names].sort();
  if (sorted.length === 0) return "The file names none.";
  const shown = sorted.slice(0, 20).join(", ");
  return sorted.length > 20 ? `There are ${sorted.length}: ${shown}, …` : `There are: ${shown}.`;
}
