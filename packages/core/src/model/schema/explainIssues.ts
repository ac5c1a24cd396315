import type { z } from "zod";
import { type Sentence, say, showPath, showValue } from "../../findings/index.ts";
import type { ProblemCode } from "../../problem.ts";
import { nearestName } from "../nearestName.ts";
import { describeField } from "./describeField.ts";
import { type FieldSchema, fieldSchemasAt, type KindSchema, type Path, valueAt } from "./fieldSchema.ts";

/** Gives a scalar as the user wrote it, where the value came from a text. */
export type SourceAt = (path: Path) => string | undefined;

interface Context extends KindSchema {
  readonly value: unknown;
  readonly sourceAt: SourceAt;
}

/** What zod found wrong with `value`, in plain words: one mistake a field, and none that only follows from another. */
export function explainIssues(
  { kind, schema }: KindSchema,
  value: unknown,
  issues: readonly z.core.$ZodIssue[],
  sourceAt: SourceAt,
): readonly Mistake[] {
  const mistakes = new Map<string, Mistake>();
  const misspelt = new Set<string>();
  for (const issue of issues) {
    for (const mistake of explain({ kind, schema, value, sourceAt }, issue)) {
      const key = JSON.stringify(mistake.path);
      if (!mistakes.has(key)) mistakes.set(key, mistake);
      if (mistake.meant !== undefined) misspelt.add(JSON.stringify([...mistake.path.slice(0, -1), mistake.meant]));
    }
  }
  return [...mistakes]
    .filter(([key, { code }]) => code !== "FIELD_MISSING" || !misspelt.has(key))
    .map(([, { code, path, part, message, hint }]) => ({ code, path, part, message, hint }));
}

interface Explained extends Mistake {
  /** The field that an unknown one is probably a slip of. */
  readonly meant?: string;
}

function explain(context: Context, issue: z.core.$ZodIssue): readonly Explained[] {
  const path = issue.path.filter((step) => typeof step !== "symbol");
  if (issue.code === "unrecognized_keys") return issue.keys.map((key) => unknownField(context, path, key));
  const found = valueAt(context.value, path);
  return [found === undefined ? missingField(context, path) : invalidField(context, path, found, issue.message)];
}

function unknownField({ kind, schema }: Context, parent: Path, key: string): Explained {
  const fields = fieldsOf(fieldSchemasAt(schema, parent));
  const meant = nearestName(key, fields);
  return {
    code: "FIELD_UNKNOWN",
    path: [...parent, key],
    part: "key",
    message: say`${{ parent: parent.length === 0 ? kind : showPath(parent) }} has no field ${{ key: showValue(key) }}`,
    hint: meant === undefined ? `its fields are ${fields.join(", ")}` : `did you mean ${meant}?`,
    ...(meant === undefined ? {} : { meant }),
  };
}

function missingField({ schema }: Context, path: Path): Explained {
  const schemas = fieldSchemasAt(schema, path);
  const about = schemas.find(({ description }) => description !== undefined)?.description;
  return {
    code: "FIELD_MISSING",
    path,
    part: "value",
    message: say`${{ field: showPath(path) }} is missing`,
    hint: `it takes ${describeField(schemas)}${about === undefined ? "" : `: ${about}`}`,
  };
}

function invalidField({ kind, schema, sourceAt }: Context, path: Path, found: unknown, message: string): Explained {
  const schemas = fieldSchemasAt(schema, path);
  const source = sourceAt(path);
  const shown = showValue(found, source);
  const field = path.length === 0 ? kind : showPath(path);
  // Our own schemas' messages begin so; zod's own do not, and speak of its types.
  const own = /^(must|is) /.test(message) ? message : undefined;
  return {
    code: "FIELD_INVALID",
    path,
    part: "value",
    message: own?.startsWith("is ")
      ? say`${{ field }} ${own}: ${{ found: shown }}`
      : say`${{ field }} ${own ?? say`must be ${{ wanted: describeField(schemas) }}`}, found ${{ found: shown }}`,
    hint: hintFor(schemas, found, source),
  };
}

function hintFor(schemas: readonly FieldSchema[], found: unknown, source: string | undefined): string {
  const takes = (type: FieldSchema["type"]) => schemas.some((schema) => schema.type === type);
  if (found === null) return "give it a value, or remove it";
  const scalar = typeof found === "string" || typeof found === "number" || typeof found === "boolean";
  if (!scalar) return "";
  const written = source ?? String(found);
  if (takes("array") && written.length <= 63) return `write a list: [${written}]`;
  // A time without its unit.
  const lacksUnit = ({ pattern }: FieldSchema) =>
    pattern?.endsWith("(ms|s|m|h)$") && new RegExp(pattern).test(`${found}s`);
  if (schemas.some(lacksUnit)) return `did you mean ${found}s?`;
  if (typeof found !== "string" && takes("string")) return `quote it: "${written}"`;
  if (typeof found === "string" && takes("integer") && /^\d+$/.test(found)) return `write it without quotes: ${found}`;
  const options = schemas.flatMap((schema) => schema.enum ?? []).filter((option) => typeof option === "string");
  const meant = typeof found === "string" ? nearestName(found, options) : undefined;
  return meant === undefined || meant === found ? "" : `did you mean ${meant}?`;
}

/** Without those that only the API server writes: they are accepted as they come, so their schema says nothing. */
function fieldsOf(schemas: readonly FieldSchema[]): readonly string[] {
  return schemas
    .flatMap(({ properties = {} }) => Object.entries(properties))
    .flatMap(([name, schema]) => (Object.keys(schema).length === 0 ? [] : [name]));
}

/** What is wrong with one resource, before it is known where the resource stands. */
export interface Mistake {
  readonly code: ProblemCode;
  readonly path: Path;
  /** Whether the field's name is wrong or what it holds. */
  readonly part: "key" | "value";
  readonly message: Sentence;
  readonly hint: string;
}
