import { canonicalHost, memoised, type NameScheme, parseHostPort } from "../istio/index.ts";
import type { KubeObject, Service } from "../kinds/index.ts";
import type { Intents, Observed } from "../model/index.ts";
import { isSame, isSameSet } from "../world/index.ts";

/** How the declarations name what the clusters share, with all that there is to be named. */
export function nameScheme(
  observed: Observed,
  { mesh, clusters }: { readonly mesh: Intents["mesh"] | undefined; readonly clusters: Intents["clusters"] },
): NameScheme {
  const namespaces = new Set<string>();
  const services = new Set<string>();
  const resolving = new Set<string>();
  for (const { objects } of observed.clusters.values()) {
    const names = namesOf(objects);
    for (const each of names.namespaces) namespaces.add(each);
    for (const each of names.services) services.add(each);
    for (const each of names.resolving) resolving.add(each);
  }
  const gateways = clusters.flatMap(({ spec }) => [spec.eastWestGateway, spec.ingressGateway]);
  for (const address of gateways.flatMap(({ addresses = [] }) => addresses)) {
    resolving.add(canonicalHost(parseHostPort(address).host));
  }
  const { perCluster, mesh: ofMesh } = mesh?.spec.names ?? {};
  return {
    templates: [perCluster, ofMesh].flatMap((template) => template ?? []),
    clusters: new Set([
      ...observed.clusters.keys(),
      ...observed.unreachable.keys(),
      ...clusters.map(({ metadata }) => metadata.name),
    ]),
    namespaces,
    services,
    resolving,
  };
}

/** What is to be named in one cluster. */
const namesOf = memoised((objects: readonly KubeObject[]) => {
  const namespaces = new Set<string>();
  const services = new Set<string>();
  const resolving = new Set<string>();
  for (const object of objects) {
    const { kind, metadata } = object;
    if (kind === "Namespace") namespaces.add(metadata.name);
    else if (metadata.namespace !== undefined) namespaces.add(metadata.namespace);
    if (kind !== "Service") continue;
    services.add(metadata.name);
    for (const { hostname } of (object as Service).status?.loadBalancer?.ingress ?? []) {
      if (hostname !== undefined) resolving.add(hostname.toLowerCase());
    }
  }
  return { namespaces, services, resolving };
});

/** Whether two schemes say the same of every name. */
export function isSameScheme(left: NameScheme, right: NameScheme): boolean {
  return (
    isSame(left.templates, right.templates) &&
    isSameSet(left.clusters, right.clusters) &&
    isSameSet(left.namespaces, right.namespaces) &&
    isSameSet(left.services, right.services) &&
    isSameSet(left.resolving, right.resolving)
  );
}
