import { describeField } from "./describeField.ts";
import type { FieldSchema, KindSchema } from "./fieldSchema.ts";

/** What a field takes and means, for people. */
export interface ExplainedField {
  readonly name: string;
  readonly takes: string;
  readonly isRequired: boolean;
  /** As JSON, where it has one. */
  readonly default?: string;
  readonly description?: string;
  readonly fields: readonly Omit<ExplainedField, "fields">[];
}

/**
 * The field at `path` of a kind, lists seen through as `kubectl explain` does (`spec.consumers.clusters`); no names: the kind itself.
 * Where it has no such field: the first name that is unknown, and those that stand there.
 */
export function explainField(
  { kind, schema: whole }: KindSchema,
  path: readonly string[],
): ExplainedField | { readonly unknown: string; readonly known: readonly string[] } {
  let [name, schema, isRequired]: [string, FieldSchema, boolean] = [kind, whole, true];
  for (const step of path) {
    const fields = fieldsIn(schema);
    const found = fields.get(step);
    if (found === undefined) return { unknown: step, known: [...fields.keys()] };
    ({ schema, isRequired } = found);
    name = `${name}.${step}`;
  }
  const fields = [...fieldsIn(schema)].map(([field, each]) => explained(field, each.schema, each.isRequired));
  return { ...explained(name, schema, isRequired), fields };
}

function explained(name: string, schema: FieldSchema, isRequired: boolean): Omit<ExplainedField, "fields"> {
  return {
    name,
    takes: describeField([schema]),
    isRequired,
    ...(schema.default === undefined ? {} : { default: JSON.stringify(schema.default) }),
    ...(schema.description === undefined ? {} : { description: schema.description }),
  };
}

/** Of all shapes that it may have, and of the elements of a list. Only the API server writes the status. */
function fieldsIn(
  schema: FieldSchema,
): ReadonlyMap<string, { readonly schema: FieldSchema; readonly isRequired: boolean }> {
  const { properties = {}, required = [], items, anyOf = [] } = schema;
  const own = Object.entries(properties).map(
    ([name, each]) => [name, { schema: each, isRequired: required.includes(name) }] as const,
  );
  const below = [...(items === undefined ? [] : [items]), ...anyOf].flatMap((each) => [...fieldsIn(each)]);
  return new Map([...below, ...own].filter(([name]) => name !== "status"));
}
