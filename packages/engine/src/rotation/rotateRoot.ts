import { MeshError, type Problem, say } from "@isthmus/core";
import { nextMove, type RotationMove, type RotationStep } from "@isthmus/core/rotation";
import { orAborted } from "@isthmus/kube";
import { fingerprintOf, type Intermediate, splitPem } from "@isthmus/pki";
import { observeTrust, type RotationCluster, type TrustObservation } from "./observeTrust.ts";
import { writeInUse, writeRoots, writeSigner } from "./writeTrust.ts";

export type RotationEvent =
  | { readonly type: "position"; readonly move: RotationMove; readonly clusters: readonly TrustObservation[] }
  | { readonly type: "step"; readonly step: RotationStep }
  /** A cluster could not be read for the moment; the next look may do better. */
  | { readonly type: "blind"; readonly problem: Problem };

export interface RotateRootOptions {
  /** The root that is to be the only one, as PEM. */
  readonly target: string;
  /** Fingerprints of roots that stay trusted beside it. */
  readonly keep?: readonly string[];
  /** A new authority for a cluster, of the target root. */
  readonly issue: (cluster: string) => Promise<Intermediate>;
  /** Only tell. */
  readonly readOnly?: boolean;
  /** Wait for istiods and proxies until it is done; without it, return where waiting begins. */
  readonly wait?: boolean;
  readonly adopt?: boolean;
  /** See `RotationGoal`. */
  readonly mountDelay: number;
  readonly now: () => number;
  /** Between two looks. */
  readonly pause: (signal: AbortSignal | undefined) => Promise<void>;
  readonly onEvent?: (event: RotationEvent) => void;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Leads clusters to one root, or back to it, step by step as `nextMove` says, and returns where it stands. May be killed at any
 * moment and begun anew. Nothing goes on without all clusters: throws where one cannot be written, or not be read at first; later
 * on it looks again. Throws
 * CACERTS_MISSING, CA_SIGNER_UNKNOWN, MULTIROOT_OFF, CA_SIGNER_MISMATCH, OBJECT_NOT_OURS, and what `issue` throws.
 */
export async function rotateRoot(
  clusters: readonly RotationCluster[],
  options: RotateRootOptions,
): Promise<{ readonly move: RotationMove; readonly clusters: readonly TrustObservation[] }> {
  const { onEvent, signal, now } = options;
  const target = fingerprintOf(options.target);
  let looks = 0;
  for (;;) {
    signal?.throwIfAborted();
    const seen = await look(clusters, options, looks);
    looks += 1;
    if (seen === undefined) {
      await orAborted(options.pause(signal), signal);
      continue;
    }
    const trusts = seen.map(({ trust }) => trust);
    const move = nextMove(trusts, {
      target,
      keep: options.keep ?? [],
      now: now(),
      mountDelay: options.mountDelay,
    });
    onEvent?.({ type: "position", move, clusters: seen });
    if (options.readOnly === true || move.stage === "done") return { move, clusters: seen };
    requireMultiRoot(seen);
    if (move.steps.length > 0) await takeSteps(move.steps, clusters, seen, options);
    else if (options.wait === true) await orAborted(options.pause(signal), signal);
    else return { move, clusters: seen };
  }
}

/** Undefined where waiting may help: a wait takes hours, and in hours an API server may be away for a minute. */
async function look(
  clusters: readonly RotationCluster[],
  options: RotateRootOptions,
  looks: number,
): Promise<readonly TrustObservation[] | undefined> {
  try {
    return await Promise.all(clusters.map((each) => observeTrust(each, options)));
  } catch (error) {
    const mayPass = error instanceof MeshError && error.problem.severity === "pending";
    if (!mayPass || options.wait !== true || looks === 0) throw error;
    options.onEvent?.({ type: "blind", problem: error.problem });
    return undefined;
  }
}

async function takeSteps(
  steps: readonly RotationStep[],
  clusters: readonly RotationCluster[],
  seen: readonly TrustObservation[],
  options: RotateRootOptions,
): Promise<void> {
  const { adopt = false, signal, onEvent } = options;
  const call = { adopt, ...(signal !== undefined && { signal }) };
  const pems = new Map([
    ...seen.flatMap((each) => [...each.pems]),
    ...splitPem(options.target).map((pem) => [fingerprintOf(pem), pem] as const),
  ]);
  for (const each of byCluster(steps)) {
    const index = clusters.findIndex(({ cluster }) => cluster === each.cluster);
    const [at, before] = [clusters[index], seen[index]];
    if (at === undefined || before === undefined) continue;
    try {
      if (each.notes.length > 0) {
        const time = options.now();
        const has = (what: string) => each.notes.some((note) => note.what === what);
        const since = { ...(has("roots") && { rootsSince: time }), ...(has("signer") && { signerSince: time }) };
        await writeInUse(at, before, since, call);
      }
      for (const step of each.writes) {
        if (step.do === "sign") await writeSigner(at, before, await issued(step.cluster, options), call);
        else await writeRoots(at, before, bundleOf(step.roots, pems), { ...call, now: options.now() });
      }
    } catch (error) {
      // Someone else wrote meanwhile: look again.
      if (error instanceof MeshError && error.code === "PLAN_STALE") return;
      throw error;
    }
    for (const step of [...each.notes, ...each.writes]) onEvent?.({ type: "step", step });
  }
}

type Note = Extract<RotationStep, { readonly do: "note" }>;
type Write = Exclude<RotationStep, Note>;

/** A cluster's notes are one write. */
function byCluster(steps: readonly RotationStep[]) {
  return [...new Set(steps.map(({ cluster }) => cluster))].map((cluster) => {
    const own = steps.filter((step) => step.cluster === cluster);
    const notes = own.filter((step): step is Note => step.do === "note");
    return { cluster, notes, writes: own.filter((step): step is Write => step.do !== "note") };
  });
}

async function issued(cluster: string, options: RotateRootOptions): Promise<Intermediate> {
  const intermediate = await options.issue(cluster);
  if (fingerprintOf(intermediate.root) === fingerprintOf(options.target)) return intermediate;
  throw new MeshError({
    code: "CA_SIGNER_MISMATCH",
    at: { cluster },
    message: say`the signer works under another root than the one that cluster ${{ cluster }} is to move to`,
    hint: "spec.ca.signer of the Mesh, or --signer with --abort, must be the signer of that root.",
  });
}

function bundleOf(roots: readonly string[], pems: ReadonlyMap<string, string>) {
  const missing = roots.filter((root) => !pems.has(root));
  if (missing.length > 0) throw new RangeError(`no cluster publishes root ${missing.join(", ")}`);
  return { roots, pems: roots.map((root) => pems.get(root) ?? "") };
}

function requireMultiRoot(seen: readonly TrustObservation[]): void {
  const lacking = seen.filter(({ isMultiRoot }) => !isMultiRoot).map(({ trust }) => trust.cluster);
  if (lacking.length === 0) return;
  throw new MeshError({
    code: "MULTIROOT_OFF",
    at: { thing: lacking.join(", ") },
    message: say`istiod of ${{ lacking }} does not take over other roots while it runs`,
    hint: "Set ISTIO_MULTIROOT_MESH=true for istiod (Helm chart istiod: env.ISTIO_MULTIROOT_MESH), let it restart, and begin again.",
  });
}
