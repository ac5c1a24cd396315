import { type KubeObject, keyOf, type ObjectRef, refOf } from "@isthmus/core";
import { isFields } from "@isthmus/core/shape";
import { Composer, CST, Document, isMap, isScalar, isSeq, type Pair, Parser } from "yaml";
import { readManifest } from "./manifestObject.ts";

type Path = readonly (string | number)[];

const firstKeys = ["apiVersion", "kind", "metadata", "name", "namespace", "labels", "annotations", "spec"];

// Keys in one order always, and what YAML 1.1, as kubectl reads it, takes for something else than a string is quoted.
const style = { compat: "yaml-1.1", sortMapEntries: inOrder, lineWidth: 0 } as const;

/** An object as a file of its own. */
export function formatManifest(object: KubeObject, comment: string): string {
  const document = new Document(object, { ...style, aliasDuplicateObjects: false });
  document.commentBefore = ` ${comment}`;
  return document.toString(style);
}

export interface Edited {
  /** The file's new text; undefined where no object is left in it. */
  readonly text: string | undefined;
}

/**
 * Replaces one object of a file, or takes it out where `replacement` is undefined. All other documents stay byte for byte,
 * and so do comments at fields that stay. Undefined where the file does not hold the object.
 */
export function editManifests(
  file: { readonly text: string; readonly isJson: boolean },
  ref: ObjectRef,
  replacement: KubeObject | undefined,
): Edited | undefined {
  let isFound = false;
  let left = 0;
  const parts = [...new Parser().parse(file.text)].map((token) => {
    const source = CST.stringify(token);
    if (token.type !== "document") return source;
    const [document] = new Composer({ ...style, merge: true }).compose([token]);
    if (document === undefined) return source;
    // Aliases were counted when the file was read.
    const value: unknown = document.toJS({ maxAliasCount: -1 });
    const paths = objectPaths(value);
    const path = paths.find((candidate) => isAt(value, candidate, ref));
    left += paths.length;
    if (path === undefined) return source;
    isFound = true;
    if (replacement === undefined) {
      left -= 1;
      if (path.length === 0) return "";
      document.deleteIn(path);
    } else {
      assign(document, path, replacement);
    }
    return file.isJson ? `${JSON.stringify(document.toJS(), undefined, 2)}\n` : document.toString(style);
  });
  return isFound ? { text: left === 0 ? undefined : parts.join("") } : undefined;
}

function inOrder(left: Pair, right: Pair): number {
  const [one, other] = [keyText(left), keyText(right)];
  return rank(one) - rank(other) || (one < other ? -1 : one > other ? 1 : 0);
}

function keyText({ key }: Pair): string {
  return String(isScalar(key) ? key.value : key);
}

function rank(key: string): number {
  const index = firstKeys.indexOf(key);
  return index < 0 ? firstKeys.length : index;
}

function objectPaths(value: unknown, path: Path = []): readonly Path[] {
  if (value === null) return [];
  if (isFields(value) && typeof value.kind === "string" && value.kind.endsWith("List") && Array.isArray(value.items)) {
    return value.items.flatMap((item, index) => objectPaths(item, [...path, "items", index]));
  }
  return [path];
}

function isAt(root: unknown, path: Path, ref: ObjectRef): boolean {
  const item = path.reduce<unknown>((node, step) => (node as Readonly<Record<string | number, unknown>>)[step], root);
  const read = readManifest(item);
  return read.type === "object" && keyOf(refOf(read.object)) === keyOf(ref);
}

/** Makes the node at `path` equal to `value`, touching only what differs. */
function assign(document: Document.Parsed, path: Path, value: unknown): void {
  const node: unknown = document.getIn(path, true);
  if (isMap(node) && isFields(value)) {
    for (const { key } of node.items) if (isScalar(key) && typeof key.value !== "symbol") key.value = String(key.value);
    for (const pair of [...node.items]) if (!Object.hasOwn(value, keyText(pair))) node.delete(pair.key);
    for (const [name, field] of Object.entries(value)) assign(document, [...path, name], field);
  } else if (isSeq(node) && Array.isArray(value)) {
    node.items.splice(value.length);
    for (const [index, item] of value.entries()) assign(document, [...path, index], item);
  } else if (!isScalar(node) || node.value !== value) {
    document.setIn(path, isScalar(node) && !isCollectionValue(value) ? value : document.createNode(value));
  }
}

function isCollectionValue(value: unknown): boolean {
  return typeof value === "object" && value !== null;
}
