import { stringify } from "yaml";

export type DataFormat = "json" | "yaml";

/** A value for programs. Maps are given as objects by the caller; nothing is cut or coloured. */
export function renderData(value: unknown, format: DataFormat): string {
  return format === "json" ? `${JSON.stringify(value, undefined, 2)}\n` : renderYaml(value);
}

export function renderYaml(value: unknown): string {
  return stringify(value, { lineWidth: 0, aliasDuplicateObjects: false });
}
