import type { ClusterTrust, ProxyCertificate } from "./clusterTrust.ts";

/**
 * - `trust`: all clusters learn to trust the target root beside what they trust.
 * - `sign`: their istiods sign with intermediates of the target root, one cluster after the other.
 * - `forget`: they stop trusting every other root.
 */
export type RotationStage = "trust" | "sign" | "forget" | "done";

export type RotationStep =
  /** Write these roots as the bundle, in this order. */
  | { readonly do: "trust"; readonly cluster: string; readonly roots: readonly string[] }
  /** Write a new intermediate of the target root. */
  | { readonly do: "sign"; readonly cluster: string }
  /** Note that from now on every istiod has the bundle, or the intermediate. */
  | { readonly do: "note"; readonly cluster: string; readonly what: "roots" | "signer" };

export type RotationWait =
  | { readonly for: "istiod"; readonly cluster: string; readonly pods: readonly string[] }
  /** Kubelets bring a changed ConfigMap to the pods until then. */
  | { readonly for: "mounts"; readonly cluster: string; readonly until: number }
  | {
      readonly for: "proxies";
      readonly cluster: string;
      readonly proxies: readonly ProxyCertificate[];
      readonly of: number;
    };

/** Steps can be taken now, all of them; without any there is something to wait for, or nothing is left to do. */
export interface RotationMove {
  readonly stage: RotationStage;
  readonly steps: readonly RotationStep[];
  readonly waits: readonly RotationWait[];
}

export interface RotationGoal {
  /** The fingerprint of the root that all clusters are to sign with, and to trust alone. */
  readonly target: string;
  /** Roots that stay trusted where they are. */
  readonly keep?: readonly string[];
  readonly now: number;
  /** Milliseconds that a kubelet may take to update mounted files. */
  readonly mountDelay: number;
}

/**
 * What leads the clusters of a mesh from where they are to one root, without a moment in which one proxy would refuse another's
 * certificate. It knows no history: whatever was done before, by whomever, the clusters' state alone says how to go on, also
 * back to the old root. A proxy trusts and serves what istiod had when the proxy's certificate was issued, therefore times decide
 * (docs/decisions/0009-ca-rollover.md). istiod takes a new bundle over only if the old one contains it or it the old one
 * (istio pilot/pkg/bootstrap/istio_ca.go `pemBundleHasSubsetRelation`).
 */
export function nextMove(clusters: readonly ClusterTrust[], goal: RotationGoal): RotationMove {
  const notes = clusters.flatMap(unseen);
  if (notes.length > 0) return { ...nextMove(clusters.map(withSight(goal.now)), goal), steps: notes };
  return clusters.every(({ signer }) => signer === goal.target) ? leave(clusters, goal) : approach(clusters, goal);
}

/** Some cluster does not sign with the target yet. */
function approach(clusters: readonly ClusterTrust[], goal: RotationGoal): RotationMove {
  const { target } = goal;
  const needed = unique([target, ...clusters.map(({ signer }) => signer)]);
  const lacking = clusters.filter(({ roots }) => !needed.every((root) => roots.includes(root)));
  if (lacking.length > 0) {
    return { stage: "trust", ...bundles(lacking, (each) => unique([target, ...each.roots, ...needed])) };
  }
  const untrusting = clusters.flatMap((each) => awaited(each, each.rootsSince, goal));
  if (untrusting.length > 0) return { stage: "trust", steps: [], waits: untrusting };
  const switching = clusters.filter(({ signerSince }) => signerSince === undefined).map(istiodsOf);
  if (switching.length > 0) return { stage: "sign", steps: [], waits: switching };
  const next = clusters.filter(({ signer }) => signer !== target).slice(0, 1);
  return { stage: "sign", steps: next.map(({ cluster }) => ({ do: "sign", cluster })), waits: [] };
}

/** All clusters sign with the target. */
function leave(clusters: readonly ClusterTrust[], goal: RotationGoal): RotationMove {
  const { target, keep = [] } = goal;
  const staying = (roots: readonly string[]) => unique([target, ...roots.filter((root) => keep.includes(root))]);
  const remembering = clusters.filter(({ roots }) => staying(roots).length < roots.length);
  const unsigned = clusters.flatMap((each) => awaited(each, each.signerSince, { ...goal, mountDelay: 0 }));
  if (unsigned.length > 0) return { stage: "sign", steps: [], waits: unsigned };
  if (remembering.length > 0) {
    return { stage: "forget", ...bundles(remembering, ({ roots }) => staying(roots)) };
  }
  const trusting = clusters.flatMap((each) => awaited(each, each.rootsSince, { ...goal, mountDelay: 0 }));
  if (trusting.length > 0) return { stage: "forget", steps: [], waits: trusting };
  return { stage: "done", steps: [], waits: [] };
}

/** A bundle is replaced once every istiod has it: an istiod that missed one may find the next neither larger nor smaller than its own. */
function bundles(
  clusters: readonly ClusterTrust[],
  bundle: (cluster: ClusterTrust) => readonly string[],
): Pick<RotationMove, "steps" | "waits"> {
  const isSettled = ({ rootsSince }: ClusterTrust) => rootsSince !== undefined;
  const steps = clusters.filter(isSettled).map((each) => {
    return { do: "trust", cluster: each.cluster, roots: bundle(each) } as const;
  });
  return { steps, waits: clusters.filter((each) => !isSettled(each)).map(istiodsOf) };
}

/** What keeps a cluster from having, in every proxy, what its istiods have had since `since`. */
function awaited(cluster: ClusterTrust, since: number | undefined, goal: RotationGoal): readonly RotationWait[] {
  if (since === undefined) return [istiodsOf(cluster)];
  const proxies = cluster.proxies.filter(({ issuedAfter }) => issuedAfter < since);
  const until = since + goal.mountDelay;
  return [
    ...(proxies.length > 0
      ? [{ for: "proxies", cluster: cluster.cluster, proxies, of: cluster.proxies.length } as const]
      : []),
    ...(since > 0 && until > goal.now ? [{ for: "mounts", cluster: cluster.cluster, until } as const] : []),
  ];
}

function istiodsOf({ cluster, behind }: ClusterTrust): RotationWait {
  return { for: "istiod", cluster, pods: behind };
}

function unseen(each: ClusterTrust): readonly RotationStep[] {
  const { cluster, hasRoots, hasSigner, rootsSince, signerSince } = each;
  return [
    ...(hasRoots && rootsSince === undefined ? [{ do: "note", cluster, what: "roots" } as const] : []),
    ...(hasSigner && signerSince === undefined ? [{ do: "note", cluster, what: "signer" } as const] : []),
  ];
}

function withSight(now: number): (cluster: ClusterTrust) => ClusterTrust {
  return (each) => ({
    ...each,
    ...(each.hasRoots && { rootsSince: each.rootsSince ?? now }),
    ...(each.hasSigner && { signerSince: each.signerSince ?? now }),
  });
}

function unique(roots: readonly string[]): readonly string[] {
  return [...new Set(roots)];
}
