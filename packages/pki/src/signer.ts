/** What a certificate is for; it decides key usages, basic constraints and names that a signer grants. */
export type Profile =
  /** The authority of one cluster: it may sign workloads' certificates and no further authority. */
  | "intermediate"
  /** A gateway's certificate for clients outside the mesh. */
  | "server"
  /** The certificate of a client: one outside the mesh, or a probe that goes by a workload's identity. */
  | "client";

export interface SubjectAltNames {
  readonly dns?: readonly string[];
  readonly ip?: readonly string[];
  readonly uri?: readonly string[];
}

/** Names that an authority, and whom it signs for, are limited to. RFC 5280, section 4.2.1.10. */
export interface NameLimits {
  readonly permitted?: SubjectAltNames;
  readonly excluded?: SubjectAltNames;
}

/** What a signer is asked for. Nothing in it is a secret. */
export interface SigningRequest {
  readonly profile: Profile;
  /** PKCS #10 as PEM: subject, public key and alternative names, signed with the key that is to be certified. */
  readonly csr: string;
  /** The wish; a signer may shorten it, and does where its own certificate ends earlier. */
  readonly days: number;
  /** A life shorter than a day, in seconds: `days` is 1 then, and a signer that knows of no seconds may go by it. */
  readonly seconds?: number;
  /** For `intermediate`. A signer that cannot grant limits must refuse, never leave them out. */
  readonly nameLimits?: NameLimits;
  /** Whom it is for, in words for logs and approvers: a cluster's name, `ExternalAccess bar/httpbin`. */
  readonly subject: string;
}

export interface SignOptions {
  readonly signal?: AbortSignal;
}

/**
 * Something that holds an authority's key and certifies requests with it. The key never leaves it. Three exist: an encrypted
 * file (`fileSigner`), cert-manager and a command (both in engine).
 */
export interface Signer {
  /** For people: `key file ca/mesh-root.json`, `cert-manager ClusterIssuer mesh-root in cluster1`, `command vault-sign`. */
  readonly description: string;
  /**
   * The signed certificate and its issuers, as PEM: the new certificate first, then each one's issuer, up to the root and
   * with it. Throws a MeshError: SIGNER_FAILED, CLUSTER_UNREACHABLE …
   */
  sign(request: SigningRequest, options?: SignOptions): Promise<string>;
}
