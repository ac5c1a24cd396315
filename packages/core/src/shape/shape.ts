/**
 * What Kubernetes asks of a value before it takes it, as far as we hold values to it: types, required fields, words, ranges and
 * which fields exclude each other. Not patterns, lengths and CEL rules: nothing of ours rests on them.
 */
export type Shape =
  | { readonly type: "text"; readonly words?: readonly string[]; readonly form?: TextForm }
  | { readonly type: "integer" | "number"; readonly min?: number; readonly max?: number }
  | { readonly type: "boolean" | "integer or text" | "anything" }
  | { readonly type: "list" | "map"; readonly of: Shape }
  | FieldsShape;

export interface FieldsShape {
  readonly type: "fields";
  /** What it does not name is left as it is: API servers prune it, or know more than we do. */
  readonly fields: Readonly<Record<string, Shape>>;
  readonly required: readonly string[];
  /** Of each group at most one may be there. */
  readonly exclusive: readonly (readonly string[])[];
}

/** https://kubernetes.io/docs/concepts/overview/working-with-objects/names/ */
export type TextForm = "subdomain" | "label";

// What the generated shapes are written in.

export const text: Shape = { type: "text" };
export const boolean: Shape = { type: "boolean" };
export const integerOrText: Shape = { type: "integer or text" };
export const anything: Shape = { type: "anything" };
export const subdomain: Shape = { type: "text", form: "subdomain" };
export const label: Shape = { type: "text", form: "label" };

export function words(...all: readonly string[]): Shape {
  return { type: "text", words: all };
}

export function integer(min?: number, max?: number): Shape {
  return { type: "integer", ...(min === undefined ? {} : { min }), ...(max === undefined ? {} : { max }) };
}

export function number(min?: number, max?: number): Shape {
  return { type: "number", ...(min === undefined ? {} : { min }), ...(max === undefined ? {} : { max }) };
}

export function list(of: Shape): Shape {
  return { type: "list", of };
}

export function map(of: Shape): Shape {
  return { type: "map", of };
}

export function fields(
  all: Readonly<Record<string, Shape>>,
  required: readonly string[] = [],
  exclusive: readonly (readonly string[])[] = [],
): FieldsShape {
  return { type: "fields", fields: all, required, exclusive };
}
