import { say } from "@isthmus/core";
import { kubeconfigError } from "./kubeconfigError.ts";

/** A map of a kubeconfig file, read field by field with the path at hand for messages. */
export interface Fields {
  readonly file: string;
  readonly path: string;
  readonly values: ReadonlyMap<string, unknown>;
}

export function fieldsOf(file: string, path: string, value: unknown): Fields {
  if (value === undefined || value === null) return { file, path, values: new Map() };
  if (typeof value !== "object" || Array.isArray(value)) throw wrongType(file, path, "a map");
  return { file, path, values: new Map(Object.entries(value)) };
}

export function child(fields: Fields, name: string): Fields {
  return fieldsOf(fields.file, pathOf(fields, name), fields.values.get(name));
}

export function items(fields: Fields, name: string): readonly Fields[] {
  return list(fields, name).map((value, index) => fieldsOf(fields.file, `${pathOf(fields, name)}[${index}]`, value));
}

/** A string that is there and not empty; kubectl treats an empty one as absent. */
export function text(fields: Fields, name: string): string | undefined {
  const value = fields.values.get(name);
  if (value === undefined || value === null || value === "") return undefined;
  if (typeof value !== "string") throw wrongType(fields.file, pathOf(fields, name), "a string");
  return value;
}

export function requiredText(fields: Fields, name: string): string {
  const value = text(fields, name);
  if (value === undefined) {
    throw kubeconfigError(
      fields.file,
      say`kubeconfig ${{ file: fields.file }}: ${{ fields: pathOf(fields, name) }} is missing`,
      "",
    );
  }
  return value;
}

export function flag(fields: Fields, name: string): boolean {
  const value = fields.values.get(name);
  if (value === undefined || value === null) return false;
  if (typeof value !== "boolean") throw wrongType(fields.file, pathOf(fields, name), "true or false");
  return value;
}

export function texts(fields: Fields, name: string): readonly string[] {
  return list(fields, name).map((value, index) => {
    if (typeof value !== "string") throw wrongType(fields.file, `${pathOf(fields, name)}[${index}]`, "a string");
    return value;
  });
}

function list(fields: Fields, name: string): readonly unknown[] {
  const value = fields.values.get(name);
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) throw wrongType(fields.file, pathOf(fields, name), "a list");
  return value;
}

function pathOf(fields: Fields, name: string): string {
  return fields.path === "" ? name : `${fields.path}.${name}`;
}

function wrongType(file: string, path: string, wanted: string): Error {
  return kubeconfigError(
    file,
    say`kubeconfig ${{ file }}: ${path === "" ? "the file" : path} must be ${{ wanted }}`,
    "",
  );
}
