import { readFile } from "node:fs/promises";
import type { Cluster } from "./cluster.ts";
import type { KubeObject } from "./kubeObject.ts";
import { parseManifests } from "./manifests.ts";
import { type CachedFile, cachedFile } from "./programs.ts";
import { waitFor } from "./waitFor.ts";
import { writeFileAtomically } from "./writeFileAtomically.ts";

/** Parsing two megabytes of YAML takes seconds, reading them as JSON does not: the cache keeps them parsed. */
async function readCustomResources(file: CachedFile): Promise<readonly KubeObject[]> {
  const parsed = `${cachedFile(file)}.json`;
  const cached = await readFile(parsed, "utf8").catch(() => undefined);
  if (cached !== undefined) return JSON.parse(cached) as readonly KubeObject[];
  const objects = parseManifests(await readFile(cachedFile(file), "utf8"));
  await writeFileAtomically(parsed, JSON.stringify(objects));
  return objects;
}

const path = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";

/** The kinds of a file, by default those of Istio, the Gateway API and multi-cluster services; served when it returns. */
export async function installCustomResources(cluster: Cluster, file: CachedFile = "crds.yaml"): Promise<void> {
  const objects = await readCustomResources(file);
  await Promise.all(
    objects.map((object) =>
      // creating is several times faster than applying, and nothing is there yet
      object.kind === "CustomResourceDefinition" ? cluster.api.post(path, object) : cluster.api.apply(object),
    ),
  );
  const served = objects.flatMap(({ kind, spec }) => (kind === "CustomResourceDefinition" ? pathsOf(spec) : []));
  await Promise.all(served.map((kind) => waitFor(`${kind} to be served`, () => cluster.api.get(`${kind}?limit=1`))));
}

interface DefinitionSpec {
  readonly group: string;
  readonly names: { readonly plural: string };
  readonly versions: readonly { readonly name: string; readonly served: boolean }[];
}

function pathsOf(spec: unknown): readonly string[] {
  const { group, names, versions } = spec as DefinitionSpec;
  return versions.flatMap(({ name, served }) => (served ? [`/apis/${group}/${name}/${names.plural}`] : []));
}
