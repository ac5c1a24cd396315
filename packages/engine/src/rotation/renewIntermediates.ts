import { MeshError, say } from "@isthmus/core";
import { orAborted } from "@isthmus/kube";
import { ageOf, fingerprintOf, type Intermediate } from "@isthmus/pki";
import { observeTrust, type RotationCluster, type TrustObservation } from "./observeTrust.ts";
import { writeSigner } from "./writeTrust.ts";

/**
 * - `fresh`: nothing to do. `due`: two thirds of its life are over, or it was asked for. `written`: in the Secret, and not
 *   every istiod has it yet.
 */
export type IntermediateState = "fresh" | "due" | "written";

export interface IntermediateStatus {
  readonly cluster: string;
  readonly state: IntermediateState;
  /** ISO 8601; undefined where the Secret does not say. */
  readonly notAfter?: string;
  /** istiods that do not have it. */
  readonly behind: readonly string[];
}

export interface RenewOptions {
  readonly issue: (cluster: string) => Promise<Intermediate>;
  readonly readOnly?: boolean;
  readonly wait?: boolean;
  readonly adopt?: boolean;
  /** Renew those too that are not due, unless they were issued within the last hour: that is what an earlier run did. */
  readonly all?: boolean;
  readonly mountDelay: number;
  readonly now: () => number;
  readonly pause: (signal: AbortSignal | undefined) => Promise<void>;
  readonly onEvent?: (event: RenewEvent) => void;
  readonly signal?: AbortSignal | undefined;
}

export type RenewEvent =
  | { readonly type: "position"; readonly statuses: readonly IntermediateStatus[] }
  /** A new intermediate is in the cluster's Secret. */
  | { readonly type: "renewed"; readonly cluster: string };

const hour = 3_600_000;

/**
 * Gives clusters new intermediates of the root that they sign with, one after the other: the next one once every istiod of the
 * one before works with its own. Workloads follow by themselves, since old and new lead to the same root. Throws as `rotateRoot`.
 */
export async function renewIntermediates(
  clusters: readonly RotationCluster[],
  options: RenewOptions,
): Promise<readonly IntermediateStatus[]> {
  const { signal } = options;
  for (;;) {
    signal?.throwIfAborted();
    const seen = await Promise.all(clusters.map((each) => observeTrust(each, { ...options, proxies: false })));
    const statuses = seen.map((each) => statusOf(each, options));
    options.onEvent?.({ type: "position", statuses });
    const next = statuses.findIndex(({ state }) => state !== "fresh");
    const [at, before] = [clusters[next], seen[next]];
    if (at === undefined || before === undefined || options.readOnly === true) return statuses;
    if (statuses[next]?.state === "due") await renew(at, before, options);
    else if (options.wait === true) await orAborted(options.pause(signal), signal);
    else return statuses;
  }
}

async function renew(at: RotationCluster, before: TrustObservation, options: RenewOptions): Promise<void> {
  const { adopt = false, signal } = options;
  const intermediate = await options.issue(at.cluster);
  if (fingerprintOf(intermediate.root) !== before.trust.signer) {
    throw new MeshError({
      code: "CA_SIGNER_MISMATCH",
      at: { cluster: at.cluster },
      message: say`cluster ${{ cluster: at.cluster }} signs under another root than the signer's`,
      hint: "A change of the root is more than a renewal: isthmus ca rotate root",
    });
  }
  try {
    await writeSigner(at, before, intermediate, { adopt, ...(signal !== undefined && { signal }) });
    options.onEvent?.({ type: "renewed", cluster: at.cluster });
  } catch (error) {
    // Someone else wrote meanwhile: look again.
    if (!(error instanceof MeshError) || error.code !== "PLAN_STALE") throw error;
  }
}

function statusOf({ trust, notes }: TrustObservation, { now, all = false }: RenewOptions): IntermediateStatus {
  const { cluster, hasSigner, behind } = trust;
  const { notBefore, notAfter } = notes;
  const known = { cluster, ...(notAfter !== undefined && { notAfter }) };
  if (!hasSigner) return { ...known, state: "written", behind };
  const isDue =
    notBefore === undefined || notAfter === undefined || ageOf({ notBefore, notAfter }, new Date(now())) !== "fresh";
  // Certificates are valid from an hour before they are issued.
  const isNew = notBefore !== undefined && now() - Date.parse(notBefore) < 2 * hour;
  return { ...known, state: isDue || (all && !isNew) ? "due" : "fresh", behind: [] };
}
