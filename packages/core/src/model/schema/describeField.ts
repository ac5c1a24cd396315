import type { FieldSchema } from "./fieldSchema.ts";

/** What a field takes, in plain words: `a whole number from 1 to 65535`. */
export function describeField(schemas: readonly FieldSchema[]): string {
  return schemas.map(one).join(" or ");
}

function one(schema: FieldSchema): string {
  if (schema.enum !== undefined) return schema.enum.length === 1 ? show(schema.enum[0]) : `one of ${list(schema.enum)}`;
  switch (schema.type) {
    case "array":
      return `a ${(schema.minItems ?? 0) > 0 ? "non-empty " : ""}list of ${many(schema.items ?? {})}`;
    case "object":
      return `a mapping ${mapped(schema)}`;
    case "integer":
    case "number":
      return `a whole number${range(schema)}`;
    case "string":
      if (schema.title !== undefined) return `a ${schema.title}`;
      return `${(schema.minLength ?? 0) > 0 ? "non-empty " : ""}text`;
    case "boolean":
      return "true or false";
    default:
      return schema.anyOf === undefined ? "any value" : describeField(schema.anyOf);
  }
}

function many(schema: FieldSchema): string {
  if (schema.enum !== undefined) return list(schema.enum);
  switch (schema.type) {
    case "object":
      return `mappings ${mapped(schema)}`;
    case "integer":
    case "number":
      return `whole numbers${range(schema)}`;
    case "string":
      return schema.title === undefined ? "texts" : `${schema.title}s`;
    default:
      return "values";
  }
}

function mapped(schema: FieldSchema): string {
  const { properties, required = [], additionalProperties } = schema;
  if (properties === undefined) {
    return typeof additionalProperties === "object" && additionalProperties.type === "string" ? "of text to text" : "";
  }
  return `with ${list(required.length > 0 ? required : Object.keys(properties))}`;
}

function range({ minimum, maximum }: FieldSchema): string {
  return minimum === undefined || maximum === undefined ? "" : ` from ${minimum} to ${maximum}`;
}

function list(values: readonly unknown[]): string {
  return values.map(show).join(", ");
}

function show(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}
