import { isMap, type Json, type JsonObject, listOf, mapOf } from "./json.ts";
import { type FieldRules, keyedElement } from "./listRules.ts";

/** Elements as in FieldsV1: `f:spec`, `k:{"port":80}`, `v:"x"`. */
export type FieldPath = readonly string[];

/** The fields that an applied configuration declares: its leaves, and the elements of its keyed lists. */
export function declaredFields(config: JsonObject, rules: FieldRules): FieldPath[] {
  const { apiVersion: _a, kind: _k, metadata, ...rest } = config;
  const { labels, annotations, finalizers } = mapOf(metadata);
  const declared = { ...rest, metadata: withoutAbsent({ labels, annotations, finalizers }) };
  return collect(withoutAbsent(declared), "", [], rules).filter((path) => path.length > 1 || path[0] !== "f:metadata");
}

function withoutAbsent(map: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(map).filter(([, value]) => value !== undefined));
}

function collect(value: Json | undefined, schemaPath: string, path: FieldPath, rules: FieldRules): FieldPath[] {
  const rule = rules[schemaPath];
  if (isMap(value) && rule !== "atomic" && Object.keys(value).length > 0) {
    return Object.entries(value).flatMap(([key, child]) =>
      collect(child, schemaPath === "" ? key : `${schemaPath}.${key}`, [...path, `f:${key}`], rules),
    );
  }
  if (Array.isArray(value) && value.length > 0 && rule === "set") {
    return listOf(value).map((item) => [...path, `v:${JSON.stringify(item)}`]);
  }
  if (Array.isArray(value) && value.length > 0 && typeof rule === "object") {
    return listOf(value).flatMap((item) => {
      const element = [...path, keyedElement(item, rule.keyed)];
      return [element, ...collect(item, `${schemaPath}[]`, element, rules)];
    });
  }
  return [path];
}

export function pathKey(path: FieldPath): string {
  return JSON.stringify(path);
}

export function isPrefix(prefix: FieldPath, path: FieldPath): boolean {
  return prefix.length <= path.length && prefix.every((element, index) => element === path[index]);
}

/** https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/object-meta/ (FieldsV1) */
export function toFieldsV1(paths: readonly FieldPath[]): JsonObject {
  interface Tree {
    readonly children: Map<string, Tree>;
    isMember: boolean;
  }
  const root: Tree = { children: new Map(), isMember: false };
  for (const path of paths) {
    let tree = root;
    for (const element of path) {
      const child = tree.children.get(element) ?? { children: new Map(), isMember: false };
      tree.children.set(element, child);
      tree = child;
    }
    tree.isMember = true;
  }
  const render = (tree: Tree): JsonObject => {
    const children = [...tree.children].sort(([left], [right]) => (left < right ? -1 : 1));
    return {
      ...(tree.isMember && children.length > 0 ? { ".": {} } : {}),
      ...Object.fromEntries(children.map(([element, child]) => [element, render(child)])),
    };
  };
  return render(root);
}

export function fromFieldsV1(fields: JsonObject, path: FieldPath = []): FieldPath[] {
  const entries = Object.entries(fields);
  if (entries.length === 0) return path.length === 0 ? [] : [path];
  return entries.flatMap(([element, child]) =>
    element === "." ? [path] : fromFieldsV1(mapOf(child), [...path, element]),
  );
}

/** `.spec.ports[port=80,protocol="TCP"].name`, as conflicts name a field. */
export function showFieldPath(path: FieldPath): string {
  return path
    .map((element) => {
      const rest = element.slice(2);
      if (element.startsWith("f:")) return `.${rest}`;
      if (element.startsWith("v:")) return `[=${rest}]`;
      const keys: JsonObject = JSON.parse(rest);
      return `[${Object.entries(keys)
        .map(([key, value]) => `${key}=${JSON.stringify(value)}`)
        .join(",")}]`;
    })
    .join("");
}
