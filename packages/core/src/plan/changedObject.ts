import { showPath } from "../findings/index.ts";
import type { KubeObject } from "../kinds/index.ts";
import { isFields } from "../shape/index.ts";
import type { FieldChange } from "./action.ts";

/**
 * A live object as an update leaves it: what it changes is as declared, and all else stays, as what the API server has filled in or
 * somebody else has set. A list with a change in it is as declared.
 */
export function changedObject(live: KubeObject, desired: KubeObject, changes: readonly FieldChange[]): KubeObject {
  const isTouched = (path: string) =>
    changes.some(
      (each) => each.path === path || (each.path.startsWith(path) && /[.[]/.test(each.path[path.length] ?? "")),
    );
  const after = (from: unknown, to: unknown, path: readonly (string | number)[]): unknown => {
    if (path.length > 0 && !isTouched(showPath(path))) return from;
    if (!isFields(from) || !isFields(to)) return to;
    const keys = [...new Set([...Object.keys(from), ...Object.keys(to)])];
    const fields = keys.map((key) => [key, after(from[key], to[key], [...path, key])] as const);
    return Object.fromEntries(fields.filter(([, value]) => value !== undefined));
  };
  return after(live, desired, []) as KubeObject;
}
