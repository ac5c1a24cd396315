/** What a request carries to say who we are. Never printed. */
export interface Credentials {
  /** The value of the Authorization header. */
  readonly authorization?: string;
  /** Client certificate and key, PEM. */
  readonly certificate?: string;
  readonly key?: string;
}

/** Credentials that may change while we run. */
export interface CredentialSource {
  /** Throws `MeshError` KUBECONFIG_INVALID or CLUSTER_UNAUTHORIZED. */
  current(): Promise<Credentials>;
  /** Forgets what is cached; false where asking again gives the same. */
  renew(): boolean;
  /** Ends a plugin that still runs. */
  close(): void;
}
