import Table from "cli-table3";
import type { Style } from "./style.ts";

const borderless = {
  top: "",
  "top-mid": "",
  "top-left": "",
  "top-right": "",
  bottom: "",
  "bottom-mid": "",
  "bottom-left": "",
  "bottom-right": "",
  left: "",
  "left-mid": "",
  mid: "",
  "mid-mid": "",
  right: "",
  "right-mid": "",
  middle: "   ",
} as const;

/** Columns as kubectl shows them: no borders, widths from the content. Cells may be coloured and hold several lines. */
export function renderTable(head: readonly string[], rows: readonly (readonly string[])[], style: Style): string {
  const table = new Table({
    chars: borderless,
    style: { "padding-left": 0, "padding-right": 0, head: [], border: [] },
  });
  table.push(head.map(style.faint), ...rows.map((row) => [...row]));
  return table
    .toString()
    .split("\n")
    .map((line) => `${line.trimEnd()}\n`)
    .join("");
}
