/** The part of ObjectMeta that we read or write. Times are RFC 3339 strings as the API server gives them. */
export interface ObjectMeta {
  readonly name: string;
  readonly namespace?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly uid?: string;
  readonly resourceVersion?: string;
  readonly generation?: number;
  readonly creationTimestamp?: string;
  readonly deletionTimestamp?: string;
  readonly finalizers?: readonly string[];
  readonly managedFields?: readonly ManagedFieldsEntry[];
}

/** https://kubernetes.io/docs/reference/using-api/server-side-apply/#field-management */
export interface ManagedFieldsEntry {
  readonly manager?: string;
  readonly operation?: string;
  readonly subresource?: string;
  /** Of its last change. */
  readonly time?: string;
  readonly fieldsV1?: Readonly<Record<string, unknown>>;
}

/** Any Kubernetes object. Kinds that we know refine it. */
export interface KubeObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: ObjectMeta;
  readonly spec?: unknown;
  readonly status?: unknown;
  readonly data?: unknown;
}

/** What names an object within one cluster, whatever API version serves it. */
export interface ObjectRef {
  readonly group: string;
  readonly kind: string;
  /** Absent for cluster-scoped objects. */
  readonly namespace?: string;
  readonly name: string;
}

export function groupOf(apiVersion: string): string {
  const slash = apiVersion.indexOf("/");
  return slash < 0 ? "" : apiVersion.slice(0, slash);
}

export function refOf(object: KubeObject): ObjectRef {
  const { name, namespace } = object.metadata;
  const [group, kind] = [groupOf(object.apiVersion), object.kind];
  // Whole literals, as in clusterObject: a spread among other fields takes ten times as long, and every object is named.
  return namespace === undefined ? { group, kind, name } : { group, kind, namespace, name };
}

/** A string that is equal for two refs exactly when they name the same object. */
export function keyOf(ref: ObjectRef): string {
  return `${ref.group}/${ref.kind}/${ref.namespace ?? ""}/${ref.name}`;
}

/** `ServiceEntry foo/httpbin`, for people. */
export function showRef(ref: ObjectRef): string {
  return `${ref.kind} ${ref.namespace === undefined ? "" : `${ref.namespace}/`}${ref.name}`;
}

/** An object of one of the clusters, by name. */
export interface ClusterObject {
  readonly cluster: string;
  readonly kind: string;
  readonly namespace?: string;
  readonly name: string;
}

export function clusterObject(
  cluster: string,
  { kind, metadata }: Pick<KubeObject, "kind" | "metadata">,
): ClusterObject {
  const { name, namespace } = metadata;
  return namespace === undefined ? { cluster, kind, name } : { cluster, kind, namespace, name };
}

/** `ServiceEntry foo/httpbin`, for people. */
export function showClusterObject({ kind, namespace, name }: Omit<ClusterObject, "cluster">): string {
  return `${kind} ${namespace === undefined ? "" : `${namespace}/`}${name}`;
}
