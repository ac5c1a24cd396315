import { stripVTControlCharacters } from "node:util";
import { wrapAnsi } from "fast-wrap-ansi";
import type { Output } from "../io.ts";

/** Lines that are wider than the terminal, broken between words; what follows is indented a little more. Others stay as they are. */
export function fitLines(text: string, { isTTY, columns }: Output): string {
  if (isTTY !== true || columns === undefined) return text;
  return text
    .split("\n")
    .map((line) => (stripVTControlCharacters(line).length <= columns ? line : broken(line, columns)))
    .join("\n");
}

function broken(line: string, columns: number): string {
  const [indent = ""] = /^ */.exec(line) ?? [];
  // Where there is hardly any room, a terminal breaks lines as well as we do.
  const width = columns - indent.length - 2;
  if (width < 20) return line;
  const [first = "", ...rest] = wrapAnsi(line.slice(indent.length), width, { hard: true }).split("\n");
  return [`${indent}${first}`, ...rest.map((each) => `${indent}  ${each}`)].join("\n");
}
