import { meshConfigMap, type ObservedCluster, trustRootConfigMap } from "@isthmus/core";
import { istiodVersions } from "../istiodVersions.ts";
import { meshConfig } from "../meshConfig.ts";
import { trustRoots } from "../trustRoots.ts";
import type { Manifests } from "./readManifests.ts";

/** Manifests as the cluster that they stand for. */
export function observedManifests(
  { manifests, namespaces, unreadable }: Manifests,
  { cluster, istioNamespace }: { readonly cluster: string; readonly istioNamespace: string },
): ObservedCluster {
  const all = manifests.map(({ object }) => object);
  const declared = new Set(all.filter(({ kind }) => kind === "Namespace").map(({ metadata }) => metadata.name));
  const implied = [...namespaces].filter((name) => !declared.has(name)).sort();
  const configMap = (name: string) =>
    all.find(
      ({ kind, metadata }) => kind === "ConfigMap" && metadata.namespace === istioNamespace && metadata.name === name,
    );
  const config = meshConfig(configMap(meshConfigMap)?.data);
  return {
    name: cluster,
    source: "directory",
    objects: [
      ...implied.map((name) => ({ apiVersion: "v1", kind: "Namespace", metadata: { name } })),
      ...all.filter(({ kind }) => kind !== "ConfigMap"),
    ],
    impliedNamespaces: new Set(implied),
    ...(unreadable.length > 0 && { unreadable }),
    istiodVersions: istiodVersions(all, istioNamespace),
    trustRoots: trustRoots(configMap(trustRootConfigMap)?.data),
    ...(config && { meshConfig: config }),
  };
}
