import type { IstioCluster } from "../istio/index.ts";
import type { ObservedCluster } from "../model/index.ts";
import type { Problem } from "../problem.ts";
import type { CheckedCluster, CheckInput, Inspection } from "./checkInput.ts";

/** In the order in which they are shown. */
export const checkCategories = [
  "api",
  "rights",
  "kinds",
  "istiod",
  "injection",
  "gateway",
  "trust",
  "proxies",
  "addresses",
  "declarations",
] as const;

export type CheckCategory = (typeof checkCategories)[number];

/** `skipped` says why nothing can be said, or need be. */
export type Verdict =
  | { readonly ok: string }
  | { readonly problems: readonly Problem[] }
  | { readonly skipped: string };

/** One cluster, with what could be read of it taken apart. */
export interface ClusterView extends CheckedCluster {
  readonly name: string;
  readonly cluster: ObservedCluster | undefined;
  readonly facts: IstioCluster | undefined;
  readonly inspected: Inspection | undefined;
}

export interface MeshView extends Omit<CheckInput, "clusters"> {
  readonly clusters: readonly ClusterView[];
}

interface CheckBase {
  /** Stable, for programs: `gateway-reachable`. */
  readonly name: string;
  readonly category: CheckCategory;
  /** What is so where all is well: "the gateway is reachable from here". */
  readonly title: string;
  /** Names of checks without which this one says nothing: it is skipped where one of them failed. */
  readonly needs: readonly string[];
}

export interface ClusterCheck extends CheckBase {
  readonly scope: "cluster";
  readonly run: (view: ClusterView, mesh: MeshView) => Verdict;
}

export interface MeshCheck extends CheckBase {
  readonly scope: "mesh";
  readonly run: (mesh: MeshView) => Verdict;
}

export type Check = ClusterCheck | MeshCheck;

/** Problems, or what is well where there are none. */
export function judged(problems: readonly Problem[], ok: string): Verdict {
  return problems.length > 0 ? { problems } : { ok };
}

/** A check of what only an API server tells. */
export function ofApiServer(
  run: (inspected: Inspection, view: ClusterView, mesh: MeshView) => Verdict,
): ClusterCheck["run"] {
  return (view, mesh) =>
    view.inspected === undefined
      ? { skipped: "a directory of manifests has no API server" }
      : run(view.inspected, view, mesh);
}

/** A check of the cluster's objects. */
export function ofObjects(
  run: (facts: IstioCluster, view: ClusterView, mesh: MeshView) => Verdict,
): ClusterCheck["run"] {
  return (view, mesh) =>
    view.facts === undefined ? { skipped: "the cluster's objects are not read" } : run(view.facts, view, mesh);
}
