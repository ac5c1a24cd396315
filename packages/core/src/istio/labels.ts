import type { LabelRequirement, LabelSelector } from "../kinds/index.ts";

/** Whether an object with `labels` is one that `selector` chooses. An empty selector chooses all. */
export function labelsMatch(
  selector: Readonly<Record<string, string>>,
  labels: Readonly<Record<string, string>>,
): boolean {
  return Object.entries(selector).every(([key, value]) => labels[key] === value);
}

/** The same for a selector with expressions. An empty one chooses all. */
export function selectorMatches(
  { matchLabels = {}, matchExpressions = [] }: LabelSelector,
  labels: Readonly<Record<string, string>>,
): boolean {
  return labelsMatch(matchLabels, labels) && matchExpressions.every((each) => holds(each, labels));
}

function holds({ key, operator, values = [] }: LabelRequirement, labels: Readonly<Record<string, string>>): boolean {
  const value = labels[key];
  switch (operator) {
    case "In":
      return value !== undefined && values.includes(value);
    case "NotIn":
      return value === undefined || !values.includes(value);
    case "Exists":
      return value !== undefined;
    default:
      return value === undefined;
  }
}

/** A namespace's labels: Kubernetes gives each one its name, which manifests need not say. */
export function labelsOfNamespace({
  metadata: { name, labels },
}: {
  readonly metadata: { readonly name: string; readonly labels?: Readonly<Record<string, string>> };
}): Readonly<Record<string, string>> {
  return { "kubernetes.io/metadata.name": name, ...labels };
}
