import { Composer, CST, type Document, isMap, isSeq, Parser } from "yaml";
import { valueAt } from "../schema/fieldSchema.ts";

export interface ResourceName {
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
}

type Path = readonly (string | number)[];

/** The text of a YAML or JSON file with the consumers of a SharedService replaced; undefined where it does not declare it. */
export function withConsumers(text: string, wanted: ResourceName, consumers: readonly object[]): string | undefined {
  return editResource(text, wanted, (document, path) => {
    const at = [...path, "spec", "consumers"];
    const node: unknown = document.getIn(at, true);
    if (!isSeq(node)) {
      document.setIn(at, consumers);
      return;
    }
    const left = consumers.map((each) => JSON.stringify(each));
    // Those that stay keep their comments and place.
    node.items = node.items.filter((item) => {
      const index = left.indexOf(JSON.stringify(isMap(item) ? item.toJS(document) : item));
      if (index >= 0) left.splice(index, 1);
      return index >= 0;
    });
    for (const added of left) {
      const item = document.createNode(JSON.parse(added));
      if (isMap(item)) for (const { value } of item.items) if (isSeq(value)) value.flow = true;
      node.items.push(item);
    }
  });
}

/** The text without a resource; empty where only comments would be left, undefined where it does not declare it. */
export function withoutResource(text: string, wanted: ResourceName): string | undefined {
  const left = editResource(text, wanted, "remove");
  return left?.split("\n").every((line) => /^\s*(?:#.*|---\s*)?$/.test(line)) === true ? "" : left;
}

/** All other documents stay byte for byte. */
function editResource(
  text: string,
  wanted: ResourceName,
  edit: "remove" | ((document: Document.Parsed, path: Path) => void),
): string | undefined {
  let isFound = false;
  const style = {
    lineWidth: 0,
    flowCollectionPadding: /\{ /.test(text),
    // Whether the dashes of a list stand below their key.
    indentSeq: !/^( *)[^\s#-][^\n]*:[ \t]*\r?\n\1- /m.test(text),
  };
  const parts = [...new Parser().parse(text)].map((token) => {
    const source = CST.stringify(token);
    if (token.type !== "document") return source;
    const [document] = new Composer({ keepSourceTokens: true }).compose([token]);
    // Aliases were counted when the file was read.
    const value: unknown = document?.toJS({ maxAliasCount: -1 });
    const path = pathTo(value, wanted, []);
    if (document === undefined || path === undefined) return source;
    isFound = true;
    if (edit === "remove" && path.length === 0) return "";
    if (edit === "remove") document.deleteIn(path);
    else edit(document, path);
    if (isFlowJson(text)) return `${JSON.stringify(document.toJS(), undefined, 2)}\n`;
    const edited = document.toString(style);
    return text.includes("\r\n") ? edited.replaceAll(/\r?\n/g, "\r\n") : edited;
  });
  return isFound ? parts.join("").replace(/^---\s*(?:---|$)/, "") : undefined;
}

function isFlowJson(text: string): boolean {
  return /^\s*\{/.test(text);
}

function pathTo(value: unknown, wanted: ResourceName, path: Path): Path | undefined {
  const items = valueAt(value, ["items"]);
  if (valueAt(value, ["kind"]) === "List" && Array.isArray(items)) {
    for (const [index, item] of items.entries()) {
      const found = pathTo(item, wanted, [...path, "items", index]);
      if (found !== undefined) return found;
    }
    return undefined;
  }
  const isIt =
    valueAt(value, ["kind"]) === wanted.kind &&
    valueAt(value, ["metadata", "name"]) === wanted.name &&
    valueAt(value, ["metadata", "namespace"]) === wanted.namespace;
  return isIt ? path : undefined;
}
