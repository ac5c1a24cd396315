/** A proxy that has a certificate of the mesh. */
export interface ProxyCertificate {
  readonly namespace: string;
  readonly pod: string;
  /** `Deployment shop/web`: what has to be restarted to give it another certificate at once. */
  readonly workload: string;
  /**
   * It got its certificate, and with it the roots that it trusts, at this time or later. Milliseconds, of the same clock as
   * all other times here.
   */
  readonly issuedAfter: number;
  /** When it asks for its next certificate at the latest; undefined where that is not known. */
  readonly renewsBefore?: number;
}

/** What a cluster's mesh trusts and with what it signs: Secret `cacerts`, and how far it has got. Roots are fingerprints. */
export interface ClusterTrust {
  readonly cluster: string;
  /** The roots in the Secret's bundle. */
  readonly roots: readonly string[];
  /** The root above the Secret's intermediate. */
  readonly signer: string;
  /** Whether every istiod has taken over the bundle, and the intermediate. */
  readonly hasRoots: boolean;
  readonly hasSigner: boolean;
  /** Since when that is known; undefined where it was not seen yet. 0: as far as anyone knows, since ever. */
  readonly rootsSince?: number;
  readonly signerSince?: number;
  /** istiods that still work with what was in the Secret before. */
  readonly behind: readonly string[];
  readonly proxies: readonly ProxyCertificate[];
}
