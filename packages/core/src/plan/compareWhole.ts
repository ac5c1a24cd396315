import { type Fields, isFields } from "../shape/index.ts";
import type { FieldChange } from "./action.ts";
import { elementPath, fieldPath } from "./fieldPath.ts";

/** Own fields only: a label may well be called `constructor`. */
export function fieldValue(fields: Fields, name: string): unknown {
  return Object.hasOwn(fields, name) ? fields[name] : undefined;
}

export function change(path: string, before: unknown, after: unknown): FieldChange {
  return { path, ...(before === undefined ? {} : { before }), ...(after === undefined ? {} : { after }) };
}

/** The places where two values differ, lists compared in order. */
export function compareWhole(path: string, declared: unknown, live: unknown): readonly FieldChange[] {
  if (declared === live) return [];
  if (Array.isArray(declared) && Array.isArray(live)) {
    return Array.from({ length: Math.max(declared.length, live.length) }).flatMap((_, index) =>
      compareWhole(elementPath(path, index), declared[index], live[index]),
    );
  }
  if (isFields(declared) && isFields(live)) {
    return [...new Set([...Object.keys(declared), ...Object.keys(live)])].flatMap((name) =>
      compareWhole(fieldPath(path, name), fieldValue(declared, name), fieldValue(live, name)),
    );
  }
  return [change(path, live, declared)];
}
