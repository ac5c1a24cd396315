import { expect, test } from "vitest";
import { markdownCell } from "./markdownCell.ts";

test.each([
  ["a row of its own", "a |\n| b", "a \\|\\\\u000a\\| b"],
  ["a line that ends at a carriage return", "a\rb", "a\\\\u000db"],
  ["code", "`a`", "\\`a\\`"],
  ["HTML", "<b>&amp;", "\\<b\\>\\&amp;"],
  ["a link and an image", "![a](b)", "\\!\\[a\\](b)"],
  ["an escape that would be undone", "\\|", "\\\\\\|"],
  ["nothing, which a cell may not be", "", " "],
])("%s", (_what, text, cell) => {
  expect(markdownCell(text)).toBe(cell);
});
