import type { WrittenIntent } from "../schema/minimalIntent.ts";
import { formatIntents } from "../yaml/toYaml.ts";

/** A cluster as `isthmus init` found it. */
export interface FoundCluster {
  readonly context: string;
  /** Set where the east-west gateway is not the default one. */
  readonly gateway?: { readonly namespace: string; readonly selector: Record<string, string> };
}

const apiVersion = "isthmus.io/v1alpha1";
const heading = "# The mesh: clusters that each run their own Istio, with a common root certificate.\n";

/** The text of a first mesh.yaml. */
export function starterMesh(found: readonly FoundCluster[]): string {
  const names = clusterNames(found.map(({ context }) => context));
  const clusters = found.map(({ context, gateway }, index): WrittenIntent => {
    const metadata = { name: names[index] ?? context };
    const spec = { access: { context }, ...(gateway === undefined ? {} : { eastWestGateway: gateway }) };
    return { apiVersion, kind: "MeshCluster", metadata, spec };
  });
  return heading + formatIntents([{ apiVersion, kind: "Mesh", metadata: { name: "mesh" } }, ...clusters]);
}

/** A cluster's name is part of host names: what of a context's name fits a DNS label, made unique. */
export function clusterNames(contexts: readonly string[]): readonly string[] {
  const names: string[] = [];
  for (const context of contexts) {
    const base = labelOf(context);
    let name = base;
    for (let count = 2; names.includes(name); count++) name = `${base}-${count}`;
    names.push(name);
  }
  return names;
}

const longestLabel = 60;

function labelOf(context: string): string {
  // arn:aws:eks:eu-west-1:123456789012:cluster/shop, gke_project_europe-west1_shop: the last part names the cluster.
  const last = /^(?:arn:.*\/|gke_[^_]*_[^_]*_)(.+)$/.exec(context)?.[1] ?? context;
  const label = last
    .toLowerCase()
    .replace(/[^a-z0-9-]+/g, "-")
    .slice(0, longestLabel)
    .replace(/^-+|-+$/g, "");
  return label === "" ? "cluster" : label;
}
