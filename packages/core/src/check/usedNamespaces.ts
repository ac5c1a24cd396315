import { asksForProxy } from "../istio/index.ts";
import { type SharedService, selectClusters } from "../model/index.ts";
import type { ClusterView, MeshView } from "./check.ts";

/** Namespaces of a cluster, existing ones, sorted, that ask for a sidecar or for ambient mode. */
function askingNamespaces({ facts }: ClusterView): readonly string[] {
  const all = [...(facts?.namespaces ?? [])];
  return all.flatMap(([name, namespace]) => (asksForProxy(namespace) ? [name] : [])).sort();
}

/** The namespaces of a cluster from which some of the services may be called, existing ones, sorted. */
export function consumingNamespaces(
  view: ClusterView,
  { intents }: MeshView,
  services: readonly SharedService[],
): readonly string[] {
  const named = services.flatMap(({ spec }) =>
    spec.consumers
      .filter(({ clusters }) =>
        selectClusters(clusters, intents.clusters).some(({ metadata }) => metadata.name === view.name),
      )
      .flatMap(({ namespaces }) => namespaces ?? askingNamespaces(view)),
  );
  return existing(view, named);
}

/** Those that declarations use, as consumer or server; all that ask for a proxy where nothing is declared yet. */
export function usedNamespaces(view: ClusterView, mesh: MeshView): readonly string[] {
  const { sharedServices, clusters } = mesh.intents;
  if (sharedServices.length === 0) return askingNamespaces(view);
  const serving = sharedServices.flatMap(({ metadata, spec }) =>
    selectClusters(spec.servedBy, clusters).some((each) => each.metadata.name === view.name)
      ? [metadata.namespace]
      : [],
  );
  return existing(view, [...serving, ...consumingNamespaces(view, mesh, sharedServices)]);
}

function existing({ facts }: ClusterView, names: readonly string[]): readonly string[] {
  return [...new Set(names)].filter((name) => facts?.namespaces.has(name)).sort();
}
