import { Document, isMap, isPair, isScalar, isSeq, type Node, type Pair, visit } from "yaml";
import type { Intent } from "../intents.ts";
import { minimalIntent, type WrittenIntent } from "../schema/minimalIntent.ts";

/** Longer collections take a line for each entry. */
const longestFlow = 60;

/** One YAML document that reads back as the same resource: no defaults, no status, fields in the order of the reference. */
export function toYaml(intent: WrittenIntent | Intent): string {
  // kubectl reads YAML 1.1, to which an unquoted y, no or on is a boolean.
  const document = new Document(minimalIntent(intent), { compat: "yaml-1.1" });
  visit(document, {
    Collection: (_, node, path) => {
      // The root and `spec` stay open, for what is added later.
      const parent = path.at(-1);
      const open = path.length === 1 || (path.length === 3 && isPair(parent) && keyOf(parent) === "spec");
      if (!open && isFlat(node) && JSON.stringify(node.toJS(document)).length <= longestFlow) node.flow = true;
    },
  });
  return document.toString({ flowCollectionPadding: false, indentSeq: false, lineWidth: 0 });
}

/** Several resources as one YAML text. */
export function formatIntents(intents: readonly (WrittenIntent | Intent)[]): string {
  return intents.map(toYaml).join("---\n");
}

/** `text` as it is, comments and all, and the resource after it as a document of its own. */
export function appendDocument(text: string, intent: WrittenIntent | Intent): string {
  const lineEnd = text.includes("\r\n") ? "\r\n" : "\n";
  const added = toYaml(intent).replaceAll("\n", lineEnd);
  if (text.trim() === "" || text.trim() === "\uFEFF") return `${text}${added}`;
  const open = text.endsWith("\n") ? text : `${text}${lineEnd}`;
  // A text that ends with a separator has begun the document already.
  return /(^|\n)---\s*$/.test(text) ? `${open}${added}` : `${open}---${lineEnd}${added}`;
}

function isFlat(node: Node): boolean {
  if (isMap(node)) return node.items.every(({ value }) => isScalar(value));
  return isSeq(node) && node.items.every(isScalar);
}

function keyOf({ key }: Pair): unknown {
  return isScalar(key) ? key.value : key;
}
