import { catalog, controllerKinds, groupOf, kindEntry } from "@isthmus/core";
import { type Fields, isFields } from "@isthmus/core/shape";
import { CORE_SCHEMA, load } from "js-yaml";

/** What an API server printed of an object that nothing here reads: who it is, and not what is in it. */
interface ObjectHead extends Fields {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: Readonly<Record<"name" | "namespace" | "uid", string | undefined>>;
}

/**
 * - `value`: an object as it was written; of a kind that is not read, at most what tells which it is.
 * - `unclear`: not as an API server prints it, unless it has a `uid`: the reader of manifests says what it is, or what is wrong;
 * - `broken`: not whole, and nobody says more of it, since it may be a Secret.
 */
export type PartRead =
  | { readonly type: "value"; readonly value: Fields }
  | { readonly type: "unclear"; readonly uid?: string }
  | { readonly type: "broken" };

/**
 * What an API server prints has a `uid` and one plain form, so that a fast parser does, and what is not read is not even parsed:
 * a Secret's content gets nowhere. Anything else is `unclear`.
 */
export function readPart(text: string): PartRead {
  const isJson = isJsonText(text);
  if (!(isJson ? /"uid"\s*:/ : /(^|[\s,{])uid: /m).test(text)) return { type: "unclear" };
  const head = isJson ? undefined : headOf(text);
  if (head !== undefined && !isReadKind(head)) return { type: "value", value: head };
  const value = parsed(text);
  if (value !== undefined) return { type: "value", value };
  return isJson
    ? { type: "broken" }
    : { type: "unclear", ...(head?.metadata.uid === undefined ? {} : { uid: head.metadata.uid }) };
}

/** What the end of a list says of it. */
export function readHead(text: string): PartRead {
  const value = parsed(text);
  return value === undefined ? { type: "unclear" } : { type: "value", value };
}

function parsed(text: string): Fields | undefined {
  try {
    // Anchors, aliases and tags are for the careful reader: they can make much of little.
    if (!isJsonText(text) && /(^|[\s:,[{])[&*!][^\s]/m.test(text)) return undefined;
    const value: unknown = isJsonText(text) ? JSON.parse(text) : load(text, { schema: CORE_SCHEMA });
    return isFields(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isJsonText(text: string): boolean {
  return text.trimStart().startsWith("{");
}

/** Of YAML in block style. */
function headOf(text: string): ObjectHead | undefined {
  const indent = /^( *)(?:apiVersion|kind|metadata):/m.exec(text)?.[1];
  if (indent === undefined) return undefined;
  const field = (name: string, depth: string) => new RegExp(`^${depth}${name}: ["']?([^\\s"']+)`, "m").exec(text)?.[1];
  const [apiVersion, kind] = [field("apiVersion", indent), field("kind", indent)];
  if (apiVersion === undefined || kind === undefined) return undefined;
  const below = `${indent}  `;
  const [name, namespace, uid] = ["name", "namespace", "uid"].map((each) => field(each, below));
  return { apiVersion, kind, metadata: { name, namespace, uid } };
}

const lists = new Set(["List", ...catalog.map(({ kind }) => `${kind}List`)]);

function isReadKind({ apiVersion, kind }: ObjectHead): boolean {
  const group = groupOf(apiVersion);
  if (group === "" && (kind === "ConfigMap" || lists.has(kind))) return true;
  return (
    kindEntry(group, kind) !== undefined || (group === "apps" && controllerKinds.includes(kind)) || lists.has(kind)
  );
}
