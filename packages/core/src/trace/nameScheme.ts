import { canonicalHost, type NameScheme, parseHostPort } from "../istio/index.ts";
import type { Service } from "../kinds/index.ts";
import type { Intents, Observed } from "../model/index.ts";

/** How the declarations name what the clusters share, with all that there is to be named. */
export function nameScheme(
  observed: Observed,
  { mesh, clusters }: { readonly mesh: Intents["mesh"] | undefined; readonly clusters: Intents["clusters"] },
): NameScheme {
  const namespaces = new Set<string>();
  const services = new Set<string>();
  const resolving = new Set<string>();
  for (const { objects } of observed.clusters.values()) {
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
