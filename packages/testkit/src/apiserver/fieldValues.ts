import type { FieldPath } from "./fieldSet.ts";
import { isMap, type Json, type JsonObject, listOf, mapOf } from "./json.ts";
import { type FieldRules, keyedElement } from "./listRules.ts";

/** The configuration laid over the live object, as server-side apply merges. */
export function mergeFields(live: Json | undefined, config: Json, rules: FieldRules, schemaPath = ""): Json {
  const rule = rules[schemaPath];
  if (isMap(live) && isMap(config) && rule !== "atomic") {
    const merged: Record<string, Json | undefined> = { ...live };
    for (const [key, value] of Object.entries(config)) {
      if (value === undefined) continue;
      merged[key] = mergeFields(live[key], value, rules, schemaPath === "" ? key : `${schemaPath}.${key}`);
    }
    return merged;
  }
  if (Array.isArray(live) && Array.isArray(config) && rule === "set") {
    return [...listOf(live), ...listOf(config).filter((item) => !live.includes(item))];
  }
  if (Array.isArray(live) && Array.isArray(config) && typeof rule === "object") {
    return mergeKeyed(listOf(live), listOf(config), rule.keyed, rules, schemaPath);
  }
  return config;
}

/** What is declared comes in the order of the declaration, the rest after it. */
function mergeKeyed(
  live: readonly Json[],
  config: readonly Json[],
  keys: Readonly<Record<string, string | undefined>>,
  rules: FieldRules,
  schemaPath: string,
): Json {
  const liveByKey = new Map(live.map((item) => [keyedElement(item, keys), item]));
  const declared = config.map((item) => {
    const key = keyedElement(item, keys);
    const merged = mergeFields(liveByKey.get(key), item, rules, `${schemaPath}[]`);
    liveByKey.delete(key);
    return merged;
  });
  return [...declared, ...liveByKey.values()];
}

export function valueAt(value: Json | undefined, path: FieldPath): Json | undefined {
  const [element, ...rest] = path;
  if (element === undefined || value === undefined) return value;
  if (element.startsWith("f:")) return valueAt(mapOf(value)[element.slice(2)], rest);
  return valueAt(
    listOf(value).find((item) => matches(item, element)),
    rest,
  );
}

/** Without the field, and without the maps and lists that it leaves empty. */
export function withoutField(object: JsonObject, path: FieldPath): JsonObject {
  return mapOf(remove(object, path));
}

function remove(value: Json | undefined, path: FieldPath): Json | undefined {
  const [element, ...rest] = path;
  if (element === undefined || value === undefined) return undefined;
  if (element.startsWith("f:")) {
    if (!isMap(value)) return value;
    const key = element.slice(2);
    const { [key]: child, ...others } = value;
    const left = remove(child, rest);
    if (left !== undefined) return { ...value, [key]: left };
    return Object.keys(others).length === 0 ? undefined : others;
  }
  const kept = listOf(value).flatMap((item) => {
    if (!matches(item, element)) return [item];
    const left = remove(item, rest);
    return left === undefined ? [] : [left];
  });
  return kept.length === 0 ? undefined : kept;
}

/** An element names its keys with their values; a key that the item lacks has its default. */
function matches(item: Json, element: string): boolean {
  const wanted: Json = JSON.parse(element.slice(2));
  if (element.startsWith("v:")) return item === wanted;
  return Object.entries(mapOf(wanted)).every(([key, value]) => (mapOf(item)[key] ?? value) === value);
}
