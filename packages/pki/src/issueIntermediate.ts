import { type Issued, issue } from "./issue.ts";
import type { KeyKind } from "./keys.ts";
import { meshNameLimits } from "./nameLimits.ts";
import type { Signer, SignOptions } from "./signer.ts";

/** The authority of one cluster. */
export type Intermediate = Issued;

export interface IntermediateOptions extends SignOptions {
  readonly cluster: string;
  readonly trustDomain: string;
  readonly istioNamespace: string;
  readonly now: Date;
  /** 730 unless told. */
  readonly days?: number;
  /** `ecdsa` unless told. */
  readonly keyKind?: KeyKind;
  /** Limits the intermediate to identities of the trust domain and names of this DNS domain; no limits without it. */
  readonly limitToClusterDomain?: string;
  /** Roots that the signer leaves out of its answer, as PEM. */
  readonly roots?: string;
}

/**
 * The authority with which one cluster's istiod signs its workloads: a new key, path length 0. Its alternative names are
 * those of Istio's own (istiod's DNS name), and the trust domain as SPIFFE's X.509-SVID, section 4.1, wants them. The subject
 * names the cluster. Throws as `issue` does.
 */
export async function issueIntermediate(signer: Signer, options: IntermediateOptions): Promise<Intermediate> {
  const { cluster, trustDomain, istioNamespace, limitToClusterDomain, now, roots, signal } = options;
  return issue(signer, {
    profile: "intermediate",
    commonName: `${cluster} intermediate CA`,
    organization: trustDomain,
    names: { dns: [`istiod.${istioNamespace}.svc`], uri: [`spiffe://${trustDomain}`] },
    keyKind: options.keyKind ?? "ecdsa",
    days: options.days ?? 730,
    subject: cluster,
    now,
    ...(limitToClusterDomain !== undefined && { nameLimits: meshNameLimits(trustDomain, limitToClusterDomain) }),
    ...(roots !== undefined && { roots }),
    ...(signal !== undefined && { signal }),
  });
}
