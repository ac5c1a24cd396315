import { groupOf, type KubeObject, kindEntry, meshConfigMap, trustRootConfigMap } from "@isthmus/core";
import { isFields, shapeMistake } from "./manifestShape.ts";

type Fields = Readonly<Record<string, unknown>>;

const controllerKinds: ReadonlySet<string> = new Set(["Deployment", "StatefulSet", "DaemonSet"]);

/** An API server drops fields that are null. */
export function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls);
  if (!isFields(value)) return value;
  const kept = Object.entries(value).filter(([, field]) => field !== null);
  return Object.fromEntries(kept.map(([name, field]) => [name, withoutNulls(field)]));
}

/** A repository holds other YAML as well: values of a chart, settings of tools. */
export function isManifest(value: unknown): value is Fields {
  return isFields(value) && ("apiVersion" in value || "kind" in value);
}

/** What makes it unreadable, as `spec.ports must be a list`. Of kinds that we don't read only what tells the kind matters. */
export function manifestMistake(value: Fields): string | undefined {
  const { apiVersion, kind, metadata = {} } = value;
  if (typeof apiVersion !== "string") return "apiVersion is missing, or no string";
  if (typeof kind !== "string") return "kind is missing, or no string";
  if (!isFields(metadata)) return "metadata must be a mapping";
  const { name, namespace } = metadata;
  if (namespace !== undefined && typeof namespace !== "string") return "metadata.namespace must be a string";
  if (!isReadKind(apiVersion, kind)) return undefined;
  if (typeof name !== "string") return "metadata.name is missing, or no string";
  return shapeMistake(kind, value);
}

function isReadKind(apiVersion: string, kind: string): boolean {
  const group = groupOf(apiVersion);
  const isConfigMap = group === "" && kind === "ConfigMap";
  return kindEntry(group, kind) !== undefined || (group === "apps" && controllerKinds.has(kind)) || isConfigMap;
}

/** Of ConfigMaps only those that hold the roots and the mesh's settings: others may hold anything. */
export function isRead({ apiVersion, kind, metadata }: KubeObject): boolean {
  return (
    isReadKind(apiVersion, kind) &&
    (kind !== "ConfigMap" || [trustRootConfigMap, meshConfigMap].includes(metadata?.name))
  );
}

/**
 * A manifest without mistakes, with the namespace that an API server would take it to be in, and without what such a
 * server may have left in the file.
 */
export function toObject(manifest: Fields): KubeObject {
  const object = manifest as unknown as KubeObject;
  const given: Partial<KubeObject["metadata"]> = object.metadata ?? {};
  const { name = "", namespace, uid: _uid, resourceVersion: _version, managedFields: _fields, ...metadata } = given;
  const shown = isClusterScoped(object) ? undefined : (namespace ?? (isRead(object) ? "default" : undefined));
  return { ...object, metadata: { name, ...(shown === undefined ? {} : { namespace: shown }), ...metadata } };
}

function isClusterScoped({ apiVersion, kind }: KubeObject): boolean {
  return kindEntry(groupOf(apiVersion), kind)?.namespaced === false;
}
