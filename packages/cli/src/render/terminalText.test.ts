import { expect, test } from "vitest";
import { createStyle } from "./style.ts";
import { dataText, lineText, terminalText } from "./terminalText.ts";

const plain = { colored: false, ascii: false };

test.each([
  ["a cursor that moves", "a\u001B[2Kb", "a\\u001b[2Kb"],
  ["a title that is set", "\u001B]0;owned\u0007", "\\u001b]0;owned\\u0007"],
  ["a line that is overwritten", "ok\rno", "ok\\u000dno"],
  ["C1 controls", "\u009B31m", "\\u009b31m"],
  ["text that runs the other way", "a\u202Eb", "a\\u202eb"],
  ["colours of others", "\u001B[31mred", "\\u001b[31mred"],
  ["line ends and tabs", "a\r\nb\tc\n", "a\r\nb\tc\n"],
])("%s: escaped unless it is harmless", (_what, text, shown) => {
  expect(terminalText(text, plain)).toBe(shown);
});

test("our own colours stay, and nothing else that begins with an escape", () => {
  const painted = createStyle(true).error("bad");

  expect(terminalText(`${painted}\u001B[8mhidden`, { colored: true, ascii: false })).toBe(`${painted}\\u001b[8mhidden`);
});

test("signs become ASCII where the locale has nothing else", () => {
  expect(terminalText("✔ a → b …", { colored: false, ascii: true })).toBe("v a -> b ...");
});

test("data keeps its line ends, and escapes what JSON lets stand", () => {
  expect(JSON.parse(dataText(JSON.stringify("\u009Bx")))).toBe("\u009Bx");
  expect(dataText(JSON.stringify("\u009Bx"))).toBe('"\\u009bx"');
});

test("a text that stands in one line ends none", () => {
  expect(lineText("a\r\nb\tc\u2028d")).toBe("a\\u000d\\u000ab\\u0009c\\u2028d");
});
