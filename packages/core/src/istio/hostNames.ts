/** How Istio compares host names that may begin with a wildcard: istio/pkg/config/host/name.go. */

export function isWildcard(host: string): boolean {
  return host.startsWith("*");
}

/** Whether `host` is covered by `by`, in this direction only (Name.SubsetOf). */
export function isCoveredBy(host: string, by: string): boolean {
  if (!isWildcard(by)) return host === by;
  if (isWildcard(host) && host.length < by.length) return false;
  return host.replace(/^\*/, "").endsWith(by.slice(1));
}

/** Whether two hosts overlap: either covers the other (Name.Matches). */
export function hostsOverlap(one: string, other: string): boolean {
  return isCoveredBy(one, other) || isCoveredBy(other, one);
}

/** Values by host, of which wildcards are looked through one by one. */
export class HostMap<T> {
  readonly #exact = new Map<string, T>();
  readonly #wildcards = new Map<string, T>();

  get(host: string): T | undefined {
    return (isWildcard(host) ? this.#wildcards : this.#exact).get(host);
  }

  set(host: string, value: T): void {
    (isWildcard(host) ? this.#wildcards : this.#exact).set(host, value);
  }

  /** What covers `host` most closely: it itself, else the longest wildcard (pilot/pkg/model/config.go, MostSpecificHostMatch). */
  mostSpecific(host: string): T | undefined {
    const exact = this.get(host);
    if (exact !== undefined) return exact;
    const needle = host.replace(/^\*/, "");
    let best: string | undefined;
    for (const key of this.#wildcards.keys()) {
      if (!needle.endsWith(key.slice(1))) continue;
      if (best === undefined || key.length > best.length || (key.length === best.length && key < best)) best = key;
    }
    return best === undefined ? undefined : this.#wildcards.get(best);
  }
}

/** A name without a dot is a Service of the object's own namespace (pilot/pkg/model/config.go, ResolveShortnameToFQDN). */
export function fullHost(
  host: string,
  namespace: string,
  { clusterDomain }: { readonly clusterDomain: string },
): string {
  return host === "*" || host === "" || host.includes(".") || host.includes(":")
    ? host
    : serviceHost(host, namespace, { clusterDomain });
}

/** The name of a Service in its own cluster. */
export function serviceHost(
  name: string,
  namespace: string,
  { clusterDomain }: { readonly clusterDomain: string },
): string {
  return `${name}.${namespace}${serviceDomain({ clusterDomain })}`;
}

/** What a name of a Service in its own cluster is made of; undefined for any other name. */
export function parseServiceHost(
  host: string,
  { clusterDomain }: { readonly clusterDomain: string },
): { readonly name: string; readonly namespace: string } | undefined {
  const suffix = serviceDomain({ clusterDomain });
  if (!host.endsWith(suffix)) return undefined;
  const [name = "", namespace = "", ...more] = host.slice(0, -suffix.length).split(".");
  return name === "" || namespace === "" || more.length > 0 ? undefined : { name, namespace };
}

/** What the names of all Services end with. */
function serviceDomain({ clusterDomain }: { readonly clusterDomain: string }): string {
  return `.svc.${clusterDomain}`;
}

/** The other names by which proxies of a namespace know a host (pilot/pkg/networking/core/httproute.go, GenerateAltVirtualHosts). */
export function shortHosts(
  host: string,
  namespace: string,
  { clusterDomain }: { readonly clusterDomain: string },
): readonly string[] {
  const suffix = serviceDomain({ clusterDomain });
  if (!host.endsWith(suffix)) return [`${host}.`];
  const base = host.slice(0, -suffix.length);
  const [name = "", ...rest] = base.split(".");
  return [`${host}.`, base, `${base}.svc`, ...(rest.join(".") === namespace ? [name] : [])];
}

/** What Kubernetes and istiod take unless told otherwise. */
export const defaultClusterDomain = "cluster.local";
