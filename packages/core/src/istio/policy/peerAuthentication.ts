import type { PeerAuthentication } from "../../kinds/index.ts";
import type { IstioCluster } from "../istioCluster.ts";
import { labelsMatch } from "../labels.ts";
import type { Workload } from "../workload.ts";

export type MutualTlsMode = "STRICT" | "PERMISSIVE" | "DISABLE";

export interface PeerMode {
  readonly mode: MutualTlsMode;
  /** What set it; absent where nothing did, and PERMISSIVE is Istio's default. */
  readonly policy?: PeerAuthentication;
  readonly field?: string;
}

/**
 * The mutual TLS mode of one port of a workload's pod (pilot/pkg/security/authn/policy_applier.go, ComposePeerAuthentication):
 * a workload's policy over its namespace's over the mesh's, the oldest of a level, UNSET as the level above says. Ports count
 * only in a policy with a selector, and a policy with a selector only outside the root namespace.
 */
export function mutualTlsMode(
  cluster: IstioCluster,
  workload: Pick<Workload, "namespace" | "labels">,
  port: number,
): PeerMode {
  const { rootNamespace } = cluster.settings;
  const own = cluster.in("PeerAuthentication", workload.namespace);
  const mesh = cluster.in("PeerAuthentication", rootNamespace).find((policy) => !hasSelector(policy));
  const namespace = workload.namespace === rootNamespace ? undefined : own.find((policy) => !hasSelector(policy));
  const selecting =
    workload.namespace === rootNamespace
      ? undefined
      : own.find((policy) => hasSelector(policy) && labelsMatch(selectorOf(policy), workload.labels));
  const ofWorkload = modeOf(selecting, "spec.mtls.mode") ?? modeOf(namespace) ?? modeOf(mesh) ?? { mode: "PERMISSIVE" };
  const ofPort = selecting?.spec.portLevelMtls?.[`${port}`];
  if (selecting === undefined || ofPort === undefined) return ofWorkload;
  const mode = knownMode(ofPort.mode);
  return mode === undefined ? ofWorkload : { mode, policy: selecting, field: `spec.portLevelMtls[${port}].mode` };
}

function selectorOf(policy: PeerAuthentication): Readonly<Record<string, string>> {
  return specOf(policy).selector?.matchLabels ?? {};
}

/** The API server takes objects without spec. */
function specOf(policy: Partial<Pick<PeerAuthentication, "spec">>): PeerAuthentication["spec"] {
  return policy.spec ?? {};
}

function hasSelector(policy: PeerAuthentication): boolean {
  return Object.keys(selectorOf(policy)).length > 0;
}

function modeOf(policy: PeerAuthentication | undefined, field = "spec.mtls.mode"): PeerMode | undefined {
  const mode = policy && knownMode(specOf(policy).mtls?.mode);
  return policy === undefined || mode === undefined ? undefined : { mode, policy, field };
}

/** Undefined for UNSET. */
function knownMode(mode: string | undefined): MutualTlsMode | undefined {
  return mode === "STRICT" || mode === "PERMISSIVE" || mode === "DISABLE" ? mode : undefined;
}
