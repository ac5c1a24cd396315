import type { Duplex } from "node:stream";
import type { KindEntry, KubeObject } from "@isthmus/core";
import type { UnreadableObject } from "@isthmus/core/shape";

export interface CallOptions {
  readonly signal?: AbortSignal;
}

export interface ObjectOptions extends CallOptions {
  /**
   * Only metadata comes back; what else the object holds never leaves the API server: for Secrets.
   * https://kubernetes.io/docs/reference/using-api/api-concepts/#metadata-only-fetches
   */
  readonly metadataOnly?: boolean;
}

export interface ListOptions extends CallOptions {
  readonly namespace?: string;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
  /** Objects a page; 500 unless told. */
  readonly pageSize?: number;
  /** Whose managedFields to keep; our own objects' unless told. They are most of an object's bytes. */
  readonly keepManagedFields?: (object: KubeObject) => boolean;
  /** What of an object to keep; all of it unless told. */
  readonly slim?: (object: KubeObject) => KubeObject;
  /** Characters of JSON that what is kept may have, together with the other lists that share this. */
  readonly room?: { left: number };
}

export interface Listed {
  /** Those that are of their kind's form. */
  readonly objects: readonly KubeObject[];
  readonly unreadable: readonly UnreadableObject[];
  /** What a watch begins from. */
  readonly resourceVersion: string;
}

export interface WatchOptions extends CallOptions {
  /** Called once the server has begun to answer: from then on nothing is missed. */
  readonly onOpen?: () => void;
  readonly namespace?: string;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
}

export interface ApplyOptions extends ObjectOptions {
  /** In whose name the fields are applied, where it is not the client's: fields of one object with a life of their own. */
  readonly fieldManager?: string;
  readonly dryRun?: boolean;
  /** Take over fields that another manager owns. Without it such a field is a 409. */
  readonly force?: boolean;
  /** Only the object's status is applied; an object that does not exist is a 404. Without it the status is not applied. */
  readonly subresource?: "status";
}

/** What is asked for, in the words of RBAC. Without a namespace: in all of them. */
export interface AccessAttributes {
  readonly verb: string;
  readonly group: string;
  readonly resource: string;
  readonly namespace?: string;
  readonly name?: string;
}

export interface RemoveOptions extends CallOptions {
  readonly dryRun?: boolean;
  readonly preconditions?: { readonly uid?: string; readonly resourceVersion?: string };
}

export interface Applied {
  readonly object: KubeObject;
  /** The object did not exist before (HTTP 201). */
  readonly created: boolean;
}

export type WatchEvent =
  | { readonly type: "ADDED" | "MODIFIED" | "DELETED"; readonly object: KubeObject }
  | { readonly type: "BOOKMARK"; readonly resourceVersion: string };

export interface PodName {
  readonly namespace: string;
  readonly pod: string;
}

export interface PodContainer extends PodName {
  readonly container: string;
}

export interface PodPort extends PodName {
  readonly port: number;
}

/** As in a pod's spec: https://kubernetes.io/docs/reference/generated/kubernetes-api/v1.34/#ephemeralcontainer-v1-core */
export interface EphemeralContainer {
  readonly name: string;
  readonly image: string;
  readonly command?: readonly string[];
  readonly securityContext?: Readonly<Record<string, unknown>>;
}

export interface TokenRequest {
  readonly namespace: string;
  readonly serviceAccount: string;
  readonly audience: string;
  /** How long the token lasts; API servers grant no less than 600. */
  readonly seconds: number;
}

export interface ExecOptions extends CallOptions {
  /** Given to the command's standard input, which is then closed. */
  readonly stdin?: string;
}

export interface ExecResult {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * One API server. Every call retries 429, 5xx and connection errors with jitter where that is safe, and gives up with a
 * `KubeError` (the server answered) or a `MeshError` (it did not: CLUSTER_UNREACHABLE, CLUSTER_CERTIFICATE …).
 */
export interface KubeClient {
  readonly server: string;
  /** False where the kubeconfig says that the server need not show who it is (`insecure-skip-tls-verify`). */
  readonly isVerified: boolean;
  /**
   * All objects of a kind, page by page; restarts once where a continue token expired (410). Those that are not of their
   * kind's form are left out: `snapshot` tells of them.
   */
  list(kind: KindEntry, options?: ListOptions): Promise<readonly KubeObject[]>;
  /** The same, with the version that the list shows. */
  snapshot(kind: KindEntry, options?: ListOptions): Promise<Listed>;
  /** Undefined where the object does not exist. */
  get(
    kind: KindEntry,
    name: string,
    namespace: string | undefined,
    options?: ObjectOptions,
  ): Promise<KubeObject | undefined>;
  /**
   * Server-side apply with field manager `isthmus`. `metadata.resourceVersion` and `metadata.uid`, where set, are
   * preconditions (409). A try whose answer was lost is repeated: `created` is then false although the first one created it.
   */
  apply(kind: KindEntry, object: KubeObject, options?: ApplyOptions): Promise<Applied>;
  /**
   * Deletes with background propagation; false where it did not exist. Only with preconditions is a try whose answer was
   * lost repeated.
   */
  remove(kind: KindEntry, name: string, namespace: string | undefined, options?: RemoveOptions): Promise<boolean>;
  /**
   * Takes one finalizer off an object, whoever put it there: an apply could take only what its own manager applied. False where the
   * object, or the finalizer, is not there.
   */
  removeFinalizer(kind: KindEntry, object: KubeObject, finalizer: string, options?: CallOptions): Promise<boolean>;
  /** Events from `resourceVersion` on; ends when the server ends it, throws KubeError 410 where the version is gone. */
  watch(kind: KindEntry, resourceVersion: string, options?: WatchOptions): AsyncIterable<WatchEvent>;
  /** The server's version, `v1.37.2`. */
  version(options?: CallOptions): Promise<string>;
  /** The server's clock in milliseconds since 1970, to the second; undefined where a proxy keeps it from us. */
  clock(options?: CallOptions): Promise<number | undefined>;
  /** Plurals of the resources that the server has in a group and version; none where it does not know them. */
  served(group: string, version: string, options?: CallOptions): Promise<readonly string[]>;
  /** Whether we may do this, by SelfSubjectAccessReview. */
  mayI(access: AccessAttributes, options?: CallOptions): Promise<boolean>;
  /**
   * Runs a command in a container to its end. Needs the verbs `get` and `create` of `pods/exec`. An exit code other than 0 is a
   * result; a program that does not exist is a `KubeError`.
   */
  exec(pod: PodContainer, argv: readonly string[], options?: ExecOptions): Promise<ExecResult>;
  /**
   * Adds a container to a pod that runs. It can never be taken away or changed; adding the same again does nothing. Needs the
   * verb `patch` of `pods/ephemeralcontainers`.
   */
  addEphemeralContainer(pod: PodName, container: EphemeralContainer, options?: CallOptions): Promise<void>;
  /** A connection to a port on the pod's own loopback interface. Needs the verbs `get` and `create` of `pods/portforward`. */
  portForward(pod: PodPort, options?: CallOptions): Promise<Duplex>;
  /** A token of a service account: a secret. Needs the verb `create` of `serviceaccounts/token`. */
  createToken(request: TokenRequest, options?: CallOptions): Promise<string>;
  /**
   * What a GET of an HTTP port of the pod's own address answers, through the API server: metrics, mostly. Needs the verb `get`
   * of `pods/proxy`. Not repeated: a pod that does not answer is a `KubeError` 503.
   */
  podText(pod: PodPort, path: string, options?: CallOptions): Promise<string>;
  close(): Promise<void>;
}
