export type Json = string | number | boolean | null | readonly Json[] | JsonObject;

export interface JsonObject {
  readonly [key: string]: Json | undefined;
}

/** A stored object: JSON with the metadata that every object has. */
export interface StoredObject extends JsonObject {
  readonly metadata: JsonObject & { readonly name: string; readonly resourceVersion: string; readonly uid: string };
}

export function isMap(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function mapOf(value: unknown): JsonObject {
  return isMap(value) ? value : {};
}

export function listOf(value: unknown): readonly Json[] {
  return Array.isArray(value) ? value : [];
}

export function textOf(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}
