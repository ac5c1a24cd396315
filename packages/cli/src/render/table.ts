import { stripVTControlCharacters } from "node:util";
import Table from "cli-table3";
import type { Style } from "./style.ts";
import { wrap } from "./wrap.ts";

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

const gap = borderless.middle.length;
// What is narrower cannot be read.
const least = 10;

/** The columns' widths: as wide as their cells; where that does not fit, lines end between words, and then within them. */
function fittingWidths(rows: readonly (readonly string[])[], columns = Number.POSITIVE_INFINITY): readonly number[] {
  const indices = Array.from({ length: Math.max(...rows.map((row) => row.length)) }, (_, index) => index);
  const widest = (separator: RegExp) =>
    indices.map((index) =>
      Math.max(
        1,
        ...rows.flatMap((row) =>
          stripVTControlCharacters(row[index] ?? "")
            .split(separator)
            .map(({ length }) => length),
        ),
      ),
    );
  const widths = widest(/\n/);
  shrink(widths, widest(/\s/), columns);
  shrink(
    widths,
    widths.map(() => least),
    columns,
  );
  return widths;
}

/** Makes the columns narrower that are widest above what they need, until all of them fit or none is. */
function shrink(widths: number[], needed: readonly number[], columns: number): void {
  const room = columns - gap * (widths.length - 1);
  while (widths.reduce((sum, width) => sum + width, 0) > room) {
    const free = widths.map((width, index) => (width > (needed[index] ?? 0) ? width : 0));
    const most = Math.max(...free);
    if (most === 0) return;
    widths[free.indexOf(most)] = most - 1;
  }
}

/** Columns as kubectl shows them: no borders, widths from the content and what the terminal has. Cells may be coloured and hold several lines. */
export function renderTable(head: readonly string[], rows: readonly (readonly string[])[], style: Style): string {
  return renderRows([head.map(style.faint), ...rows], style);
}

/** The same without a head. */
export function renderRows(rows: readonly (readonly string[])[], style: Style): string {
  const table = new Table({
    chars: borderless,
    style: { "padding-left": 0, "padding-right": 0, head: [], border: [] },
  });
  const widths = fittingWidths(rows, style.columns);
  table.push(...rows.map((row) => row.map((cell, index) => wrap(cell, widths[index] ?? 1).join("\n"))));
  return table
    .toString()
    .split("\n")
    .map((line) => `${line.trimEnd()}\n`)
    .join("");
}
