import { type KeyedListRule, type MergeRules, writingOf } from "./catalog.ts";

const noRules: MergeRules = {};

export function mergeRules(group: string, kind: string): MergeRules {
  return writingOf(group, kind)?.merge ?? noRules;
}

/** `8000/TCP`: what names an element of a list that is merged by keys. */
export function elementKey(element: unknown, rule: KeyedListRule): string {
  const fields =
    typeof element === "object" && element !== null ? new Map<string, unknown>(Object.entries(element)) : undefined;
  return Object.entries(rule.keys)
    .map(([key, whenAbsent]) => String(fields?.get(key) ?? whenAbsent ?? ""))
    .join("/");
}
