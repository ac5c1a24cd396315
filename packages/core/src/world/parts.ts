/** Names of the parts of the clusters, and of what is declared, that a computation may read. */

export function wholeCluster(cluster: string): string {
  return `${cluster} * *`;
}

export function wholeKind(cluster: string, kind: string): string {
  return `${cluster} ${kind} *`;
}

export function kindIn(cluster: string, kind: string, namespace: string): string {
  return `${cluster} ${kind} ${namespace}`;
}

/** The containers of a cluster's istiod: of all of its Pods and their controllers nothing else is read that counts for everything. */
export function istiodOf(cluster: string): string {
  return `${cluster} istiod`;
}

/** All that is declared of a kind. */
export function declaredPart(kind: "SharedService" | "ExternalAccess"): string {
  return `declared ${kind}`;
}
