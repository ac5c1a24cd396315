import { type OutputKind, outputVersion } from "@isthmus/core/outputs";
import { stringify } from "yaml";
import { renderJsonPath } from "./jsonPath.ts";

export type DataFormat = "json" | "yaml" | `jsonpath=${string}`;

/** A value for programs. Maps are given as objects by the caller; nothing is cut or coloured. */
export function renderData(value: unknown, format: DataFormat): string {
  if (format === "yaml") return renderYaml(value);
  if (format === "json") return `${JSON.stringify(value, undefined, 2)}\n`;
  // What has no form in JSON is left out there too.
  return renderJsonPath(format.slice("jsonpath=".length), JSON.parse(JSON.stringify(value)));
}

/** An output of ours, whose kind has a schema. */
export function renderOutput(kind: OutputKind, value: object, format: DataFormat): string {
  return renderData({ apiVersion: outputVersion, kind, ...value }, format);
}

export function renderYaml(value: unknown): string {
  return stringify(value, { lineWidth: 0, aliasDuplicateObjects: false });
}
