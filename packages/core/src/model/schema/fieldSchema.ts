import * as z from "zod";
import { declaredKinds, type Kind } from "../declaredKinds.ts";

/** The part of JSON Schema that zod writes for our kinds. One description of a field serves problems, CRDs and docs. */
export interface FieldSchema {
  readonly type?: "object" | "array" | "string" | "integer" | "number" | "boolean";
  /** What to call such a value; strings only. */
  readonly title?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly enum?: readonly unknown[];
  readonly pattern?: string;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minItems?: number;
  readonly items?: FieldSchema;
  readonly properties?: Readonly<Record<string, FieldSchema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: FieldSchema | boolean;
  readonly anyOf?: readonly FieldSchema[];
  readonly "x-kubernetes-list-type"?: "set" | "map";
  readonly "x-kubernetes-list-map-keys"?: readonly string[];
}

/** A kind with what its resources take. */
export interface KindSchema {
  readonly kind: string;
  readonly schema: FieldSchema;
}

export type Path = readonly (string | number)[];

const schemas = new Map<Kind, FieldSchema>();

/** The schema of a kind as the user writes it: fields with a default are optional. */
export function fieldSchemaOf(kind: Kind): FieldSchema {
  const known = schemas.get(kind);
  if (known !== undefined) return known;
  const schema = toFieldSchema(declaredKinds[kind].schema);
  schemas.set(kind, schema);
  return schema;
}

export function kindSchemaOf(kind: Kind): KindSchema {
  return { kind, schema: fieldSchemaOf(kind) };
}

export function toFieldSchema(schema: z.ZodType): FieldSchema {
  return z.toJSONSchema(schema, { io: "input", target: "openapi-3.0" }) as FieldSchema;
}

/** The schemas that may hold at `path`: several where a field takes several shapes, none where it does not exist. */
export function fieldSchemasAt(schema: FieldSchema, path: Path): readonly FieldSchema[] {
  return path.reduce<readonly FieldSchema[]>(
    (found, step) => found.flatMap((each) => child(each, step)),
    shapes(schema),
  );
}

function child(schema: FieldSchema, step: string | number): readonly FieldSchema[] {
  if (typeof step === "number") return schema.items === undefined ? [] : shapes(schema.items);
  const named = schema.properties;
  if (named !== undefined && Object.hasOwn(named, step)) return shapes(named[step] ?? {});
  return typeof schema.additionalProperties === "object" ? shapes(schema.additionalProperties) : [];
}

function shapes(schema: FieldSchema): readonly FieldSchema[] {
  return schema.anyOf ?? [schema];
}

/** What stands at `path`, own properties only; undefined where nothing does. */
export function valueAt(value: unknown, path: Path): unknown {
  return path.reduce<unknown>(
    (parent, step) =>
      typeof parent === "object" && parent !== null && Object.hasOwn(parent, step)
        ? (parent as Record<string | number, unknown>)[step]
        : undefined,
    value,
  );
}
