/**
 * Whether an Istio object of `objectNamespace` with this `exportTo` is visible in `namespace`.
 * "*" all, "." its own, "~" none, else names; absent is "*". istio/pilot/pkg/model/push_context.go
 */
export function isVisible(
  exportTo: readonly string[] | undefined,
  objectNamespace: string,
  namespace: string,
): boolean {
  if (exportTo === undefined || exportTo.length === 0) return true;
  return exportTo.some(
    (entry) => entry === "*" || entry === namespace || (entry === "." && objectNamespace === namespace),
  );
}

/** Whether a host or wildcard (`*.bar.local`, `*`) covers `host`. istio/pkg/config/host/name.go, SubsetOf */
export function covers(pattern: string, host: string): boolean {
  if (pattern === "*") return true;
  return pattern.startsWith("*") ? host.endsWith(pattern.slice(1)) : pattern === host;
}
