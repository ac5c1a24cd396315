import {
  catalog,
  controllerKinds,
  groupOf,
  type KubeObject,
  kindEntry,
  meshConfigMap,
  trustRootConfigMap,
} from "@isthmus/core";
import { type Fields, isFields, type ReadObject, readObject, unreadableOf } from "@isthmus/core/shape";

/** What a part of a YAML file is to us. */
export type ReadManifest =
  /** A repository holds other YAML as well: values of a chart, settings of tools. */
  | { readonly type: "nothing" }
  /** Of a kind that we do not read. */
  | { readonly type: "unread"; readonly namespace: string | undefined }
  | { readonly type: "object"; readonly object: KubeObject }
  | ({ readonly type: "malformed" } & Extract<ReadObject, { readonly unreadable: object }>);

/** A manifest as the API server would take it: in namespace `default` unless told, without what such a server may have left in it. */
export function readManifest(value: unknown): ReadManifest {
  if (!isFields(value) || !("apiVersion" in value || "kind" in value)) return { type: "nothing" };
  const { apiVersion, kind } = value;
  if (typeof apiVersion !== "string" || typeof kind !== "string") return withoutKind(value);
  const group = groupOf(apiVersion);
  if (!isReadKind(group, kind)) return { type: "unread", namespace: namespaceOf(value) };
  // Other ConfigMaps may hold anything.
  if (kind === "ConfigMap" && !isReadConfigMap(value)) return { type: "unread", namespace: namespaceOf(value) };
  const isNamespaced = kindEntry(group, kind)?.namespaced !== false;
  const { object, unreadable, faults } = readObject({ group, kind }, value);
  if (unreadable !== undefined) {
    const { namespace = "default", ...rest } = unreadable;
    return { type: "malformed", unreadable: isNamespaced ? { ...rest, namespace } : rest, faults };
  }
  return { type: "object", object: asTaken(object, isNamespaced) };
}

/** What nobody takes for an object: of which kind it was meant to be can only be guessed. */
function withoutKind(value: Fields): ReadManifest {
  const kind = typeof value.kind === "string" ? value.kind : "";
  const group = catalog.find((entry) => entry.kind === kind)?.group ?? "";
  const missing = typeof value.kind === "string" ? "apiVersion" : "kind";
  const what = value[missing] === undefined || value[missing] === null ? "is missing" : "must be text";
  const faults = [{ path: [missing], what }];
  const shown = { group, kind: kind === "" ? "object" : kind };
  return { type: "malformed", unreadable: unreadableOf(shown, value, `${missing} ${what}`), faults };
}

function isReadKind(group: string, kind: string): boolean {
  return (
    kindEntry(group, kind) !== undefined ||
    (group === "apps" && controllerKinds.includes(kind)) ||
    (group === "" && kind === "ConfigMap")
  );
}

/** Those that hold the roots and the mesh's settings. */
function isReadConfigMap({ metadata }: Fields): boolean {
  return isFields(metadata) && (metadata.name === trustRootConfigMap || metadata.name === meshConfigMap);
}

function namespaceOf({ metadata }: Fields): string | undefined {
  return isFields(metadata) && typeof metadata.namespace === "string" ? metadata.namespace : undefined;
}

function asTaken(object: KubeObject, isNamespaced: boolean): KubeObject {
  const { uid: _uid, resourceVersion: _version, managedFields: _fields, ...metadata } = object.metadata;
  const { name, namespace = "default", ...others } = metadata;
  return { ...object, metadata: { name, ...(isNamespaced ? { namespace } : {}), ...others } };
}
