import type { AcrossPath, DeclaredPath } from "@isthmus/core";
import type { Probe } from "../probe/probe.ts";
import { type ProbeOptions, probePaths } from "../probe/probePaths.ts";

/** What came of calls of a path from here, one for each address of the gateway. */
export interface WireProof {
  /** `not tried`: not, or not to the end. That says nothing about the path: only that it cannot be called from here. */
  readonly status: "ok" | "broken" | "not tried";
  /** The first fault, or why it was not tried, or what answered; for people. */
  readonly detail: string;
  readonly probes: readonly Omit<Probe, "path">[];
}

export interface TryOptions
  extends Pick<ProbeOptions, "intents" | "observed" | "reach" | "timeout" | "now" | "signal"> {
  /** Told once, how many paths will be called. */
  readonly onStart?: (paths: number) => void;
}

/**
 * Calls each path between clusters from here, under the identity of one of its consumers, as far as that is possible. Paths in
 * and out of the mesh are not called: their clients and servers are not ours. Throws only the signal's reason.
 */
export async function tryPaths(
  paths: readonly DeclaredPath[],
  { onStart, ...options }: TryOptions,
): Promise<ReadonlyMap<DeclaredPath, WireProof>> {
  const across = paths.filter((path): path is AcrossPath => path.direction === "across");
  const hindrances = new Map(across.map((path) => [path, hindranceOf(path, options)]));
  const tried = across.filter((path) => hindrances.get(path) === undefined);
  if (tried.length > 0) onStart?.(tried.length);
  const found = await probePaths(tried, {
    ...options,
    identity: "istiod",
    fromPods: false,
    negatives: false,
    calls: 1,
  });
  const byPath = new Map<DeclaredPath, Probe[]>(tried.map((path) => [path, []]));
  for (const probe of found) byPath.get(probe.path)?.push(probe);
  return new Map(
    across.map((path) => [
      path,
      proofOf(
        byPath.get(path) ?? [],
        hindrances.get(path) ?? `no address of ${path.server.cluster}'s gateway is known`,
      ),
    ]),
  );
}

/** Why it makes no sense to call this path from here: manifests answer no call, and give no identity to call with. */
function hindranceOf({ consumer, server }: AcrossPath, { observed }: TryOptions): string | undefined {
  for (const name of [server.cluster, consumer.cluster]) {
    const cluster = observed.clusters.get(name);
    if (cluster === undefined) return `${name} cannot be read`;
    if (cluster.source === "directory") return `${name} is a directory`;
  }
  const hasRoot = observed.clusters.get(consumer.cluster)?.trustRoots.some(({ pem }) => pem !== undefined) === true;
  return hasRoot ? undefined : `${consumer.cluster} does not publish the roots that its workloads trust`;
}

function proofOf(found: readonly Probe[], hindrance: string): WireProof {
  const probes = found.map(({ path: _, ...probe }) => probe);
  const telling =
    probes.find(({ status }) => status === "broken") ??
    probes.find(({ status }) => status === "ok") ??
    probes.find(({ status }) => status === "unknown");
  if (telling === undefined) return { status: "not tried", detail: hindrance, probes };
  const { status, at, detail } = telling;
  return { status: status === "unknown" ? "not tried" : status, detail: `${at}: ${detail}`, probes };
}
