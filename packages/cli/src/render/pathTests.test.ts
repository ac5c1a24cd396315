import type { PathTestResult } from "@isthmus/core/pathTest";
import { expect, test } from "vitest";
import { renderPathTest } from "./pathTests.ts";
import { renderSarif } from "./sarif.ts";
import { createStyle } from "./style.ts";
import { renderTap } from "./tap.ts";

const at = { file: "a b#1.yaml", line: 3, column: 5 };

/** Results of tests whose names would be lines, directives or escapes of what they are printed in. */
function resultOf(name: string, verdict: "pass" | "fail", description?: string): PathTestResult {
  const told = { verdict, why: "it is\nnot so", counts: { met: 0, unmet: 1, untold: 0 }, others: [], assumes: [] };
  const test = { name, suite: name, at, ...(description === undefined ? {} : { description }) };
  return { test, ...told } as unknown as PathTestResult;
}

test("a test has one line of TAP, whatever its name holds", () => {
  const names = ["a\nok 2 - b", "never # SKIP", "a \\# TODO"];

  expect(renderTap(names.map((name) => resultOf(name, "pass")))).toBe(
    ["TAP version 14", "1..3", "ok 1 - a\\\\u000aok 2 - b", "ok 2 - never \\# SKIP", "ok 3 - a \\\\\\# TODO", ""].join(
      "\n",
    ),
  );
});

test("what a person reads of a test are lines of that test", () => {
  const text = renderPathTest(resultOf("a\n✔ b", "fail", "first\nsecond\r✔ c\n"), createStyle(false));

  expect(text).toBe(
    ["✖ a\\u000a✔ b  a b#1.yaml:3:5", "    first", "    second\\u000d✔ c", "    it is\\u000anot so", ""].join("\n"),
  );
});

test("the place of a finding in SARIF is a URI, whatever its file is called", () => {
  const { runs } = JSON.parse(renderSarif([resultOf("a", "fail")]));

  expect(runs[0].results[0].locations[0].physicalLocation.artifactLocation.uri).toBe("a%20b%231.yaml");
});
