/** A PEM text: given, or in a file that may be replaced while we run. */
export type PemSource = { readonly data: string } | { readonly path: string };

/** https://kubernetes.io/docs/reference/access-authn-authz/authentication/#client-go-credential-plugins */
export interface ExecPlugin {
  readonly apiVersion: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly env: readonly { readonly name: string; readonly value: string }[];
  readonly installHint?: string;
  readonly provideClusterInfo: boolean;
  /** `exec.cluster` extension of the cluster, handed to the plugin. */
  readonly clusterConfig?: unknown;
}

/** `as`, `as-uid`, `as-groups`, `as-user-extra` of a kubeconfig's user. */
export interface Impersonation {
  readonly user: string;
  readonly uid?: string;
  readonly groups: readonly string[];
  readonly extra: Readonly<Record<string, readonly string[]>>;
}

export interface UserAccess {
  readonly certificate?: PemSource;
  readonly key?: PemSource;
  readonly token?: string;
  readonly tokenFile?: string;
  readonly basic?: { readonly username: string; readonly password: string };
  readonly exec?: ExecPlugin;
  /** `auth-provider: oidc` with its settings. */
  readonly oidc?: Readonly<Record<string, string>>;
  readonly impersonate?: Impersonation;
}

/** How to reach one API server and as whom: what one context of a kubeconfig says. */
export interface ClusterAccess {
  /** The context's name: what messages call the cluster. */
  readonly name: string;
  readonly server: string;
  readonly authority?: PemSource;
  readonly insecureSkipTlsVerify?: boolean;
  readonly tlsServerName?: string;
  readonly proxyUrl?: string;
  readonly user: UserAccess;
}
