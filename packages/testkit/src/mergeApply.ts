import { elementKey, fieldManager, groupOf, type KubeObject, type MergeRule, mergeRules } from "@isthmus/core";
import { type Fields, isFields } from "@isthmus/core/shape";

type RuleAt = (path: string) => MergeRule | undefined;

/**
 * What a forced server-side apply of `desired` makes of `live`, managedFields included: fields of ours are replaced or, once
 * they are not declared any longer, removed; others stay. Knows no field with two managers.
 * https://kubernetes.io/docs/reference/using-api/server-side-apply/
 */
export function mergeApply(desired: KubeObject, live: KubeObject | undefined): KubeObject {
  const rules = mergeRules(groupOf(desired.apiVersion), desired.kind);
  const ruleAt: RuleAt = (path) => rules[path];
  const entries = live?.metadata.managedFields ?? [];
  const ours = entries.find(({ manager, operation }) => manager === fieldManager && operation === "Apply");
  const applied = { metadata: { labels: desired.metadata.labels ?? {} }, spec: desired.spec };
  const fieldsV1 = fieldSet(applied, "", ruleAt) as Fields;
  const merged = mergeValue({ applied, live, before: ours?.fieldsV1 }, "", ruleAt) as KubeObject;
  return {
    ...merged,
    apiVersion: desired.apiVersion,
    kind: desired.kind,
    metadata: {
      ...desired.metadata,
      ...merged.metadata,
      managedFields: [
        ...entries.filter((entry) => entry !== ours),
        { manager: fieldManager, operation: "Apply", fieldsV1 },
      ],
    },
  };
}

/** FieldsV1 of an applied value. */
function fieldSet(value: unknown, path: string, ruleAt: RuleAt): Fields {
  const rule = ruleAt(path);
  if (rule === undefined && isFields(value)) {
    return Object.fromEntries(
      Object.entries(value).map(([name, field]) => [`f:${name}`, fieldSet(field, child(path, name), ruleAt)]),
    );
  }
  if (rule?.type !== "keyed" || !Array.isArray(value)) return {};
  return Object.fromEntries(
    value.map((element: Fields) => {
      const keys = Object.fromEntries(
        Object.entries(rule.keys).map(([key, whenAbsent]) => [key, element[key] ?? whenAbsent]),
      );
      return [`k:${JSON.stringify(keys)}`, { ".": {}, ...fieldSet(element, `${path}[]`, ruleAt) }];
    }),
  );
}

interface Merge {
  readonly applied: unknown;
  readonly live: unknown;
  /** FieldsV1 of what we applied last time. */
  readonly before: Fields | undefined;
}

function mergeValue({ applied, live, before }: Merge, path: string, ruleAt: RuleAt): unknown {
  const rule = ruleAt(path);
  if (rule === undefined && isFields(applied) && isFields(live)) {
    const names = [...new Set([...Object.keys(live), ...Object.keys(applied)])];
    return Object.fromEntries(
      names.flatMap((name) => {
        const part = { applied: applied[name], live: live[name], before: before?.[`f:${name}`] as Fields | undefined };
        const value = mergePart(part, child(path, name), ruleAt);
        return value === undefined ? [] : [[name, value]];
      }),
    );
  }
  if (rule?.type === "keyed" && Array.isArray(applied) && Array.isArray(live)) {
    const byKey = (elements: readonly unknown[]) =>
      new Map(elements.map((element) => [elementKey(element, rule), element]));
    const [appliedByKey, liveByKey] = [byKey(applied), byKey(live)];
    const beforeByKey = new Map(
      Object.entries(before ?? {}).map(([step, node]) => [elementKey(JSON.parse(step.slice(2)), rule), node as Fields]),
    );
    return [...new Set([...liveByKey.keys(), ...appliedByKey.keys()])].flatMap((key) => {
      const part = { applied: appliedByKey.get(key), live: liveByKey.get(key), before: beforeByKey.get(key) };
      return mergePart(part, `${path}[]`, ruleAt) ?? [];
    });
  }
  return applied;
}

function mergePart(part: Merge, path: string, ruleAt: RuleAt): unknown {
  const { applied, live, before } = part;
  if (applied !== undefined) return mergeValue(part, path, ruleAt);
  if (before === undefined) return live;
  if (Object.keys(before).length === 0 || "." in before) return undefined;
  const rest = mergeValue({ applied: Array.isArray(live) ? [] : {}, live, before }, path, ruleAt);
  return isFields(rest) && Object.keys(rest).length === 0 ? undefined : rest;
}

function child(path: string, name: string): string {
  return path === "" ? name : `${path}.${name}`;
}
