import { existsSync, readFileSync, statSync } from "node:fs";
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import type { Problem } from "@isthmus/core";
import { Ajv2020 } from "ajv/dist/2020.js";

const schemas = fileURLToPath(new URL("../../../../docs/schema/", import.meta.url));
const ajv = new Ajv2020({ strict: false });

/** What is wrong with what `-o json` printed: by the schema that is published for its kind, and in the places of its findings. */
export function outputFaults(folder: string, stdout: string): readonly unknown[] {
  const output = JSON.parse(stdout) as { readonly apiVersion?: string; readonly kind: string };
  // What is for kubectl, istioctl or helm has no kind of ours, and declarations are a list.
  if (output.apiVersion?.startsWith("output.") !== true) return [];
  const file = `${schemas}${output.kind}.json`;
  const validate = ajv.getSchema(file) ?? ajv.addSchema(JSON.parse(readFileSync(file, "utf8")), file).getSchema(file);
  const faults = validate?.(output) === true ? [] : [...(validate?.errors ?? ["no schema"])];
  return [...faults, ...findingsIn(output).flatMap((finding) => placeFaults(folder, finding))];
}

/** Every finding in an output, wherever it stands. */
export function findingsIn(value: unknown): readonly Problem[] {
  if (typeof value !== "object" || value === null) return [];
  const within = Object.values(value).flatMap(findingsIn);
  return "place" in value && "refs" in value && "code" in value ? [value as Problem, ...within] : within;
}

const missing = / not exist|there is no directory|cannot be (read|saved|written)/;

/** A file is there, with something at the line and column; or the finding says that it is not. */
function placeFaults(folder: string, { place: { file, line, column }, code, message }: Problem): readonly string[] {
  if (file === undefined || file === "-") return [];
  const path = resolve(folder, file);
  if (!existsSync(path)) return missing.test(message) ? [] : [`${code}: no file ${file}`];
  if (line === undefined || !statSync(path).isFile()) return [];
  const text = readFileSync(path, "utf8").split("\n")[line - 1];
  // A tab may be the very mistake.
  return /[^ ]/.test(text?.[(column ?? 1) - 1] ?? "") ? [] : [`${code}: nothing at ${file}:${line}:${column}`];
}
