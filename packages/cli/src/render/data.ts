import { type OutputKind, outputVersion } from "@isthmus/core/outputs";
import { stringify } from "yaml";

export type DataFormat = "json" | "yaml";

/** A value for programs. Maps are given as objects by the caller; nothing is cut or coloured. */
export function renderData(value: unknown, format: DataFormat): string {
  return format === "json" ? `${JSON.stringify(value, undefined, 2)}\n` : renderYaml(value);
}

/** An output of ours, whose kind has a schema. */
export function renderOutput(kind: OutputKind, value: object, format: DataFormat): string {
  return renderData({ apiVersion: outputVersion, kind, ...value }, format);
}

export function renderYaml(value: unknown): string {
  return stringify(value, { lineWidth: 0, aliasDuplicateObjects: false });
}
