import type { z } from "zod";
import type { declaredKinds, Kind } from "../declaredKinds.ts";
import type { Intent } from "../intents.ts";
import { type FieldSchema, fieldSchemaOf } from "./fieldSchema.ts";

/** A resource as a user writes it: what has a default may be absent. */
export type WrittenIntent = z.input<(typeof declaredKinds)[Kind]["schema"]>;

/**
 * The shortest way to write a resource: without what equals its default, without status and what only the API server
 * writes, fields in the order of the schema.
 */
export function minimalIntent(intent: WrittenIntent | Intent): Readonly<Record<string, unknown>> {
  const { status: _, ...rest } = intent;
  const minimal = shorten(fieldSchemaOf(intent.kind), rest);
  return minimal as Readonly<Record<string, unknown>>;
}

function shorten(schema: FieldSchema, value: unknown): unknown {
  if (Array.isArray(value)) return value.map((item) => shorten(schema.items ?? {}, item));
  if (typeof value !== "object" || value === null || schema.properties === undefined) return value;
  const fields: [string, unknown][] = [];
  for (const [name, field] of Object.entries(schema.properties)) {
    const given = (value as Readonly<Record<string, unknown>>)[name];
    // No schema: uid, resourceVersion and the like.
    if (given === undefined || Object.keys(field).length === 0) continue;
    const short = shorten(field, given);
    if (!isDefault(field, short)) fields.push([name, short]);
  }
  return Object.fromEntries(fields);
}

/** A default of `{}` stands for a mapping of defaults, of which nothing is left by then. */
function isDefault(schema: FieldSchema, short: unknown): boolean {
  return schema.default !== undefined && JSON.stringify(schema.default) === JSON.stringify(short);
}
