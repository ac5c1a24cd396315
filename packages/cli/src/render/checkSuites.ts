import type { CheckRow } from "@isthmus/core/check";
import type { TestCase, TestSuite } from "./junit.ts";

/** A suite for each category. JUnit knows no warning: those pass, and say it in `system-out`. */
export function checkSuites(rows: readonly CheckRow[]): readonly TestSuite[] {
  const categories = [...new Set(rows.map(({ category }) => category))];
  return categories.map((category) => ({
    name: category,
    cases: rows.filter((row) => row.category === category).map(testCase),
  }));
}

function testCase({ check, cluster, title, status, message, code, hint = "" }: CheckRow): TestCase {
  const text = [`${code === undefined ? "" : `[${code}] `}${message}`, hint].filter((line) => line !== "").join("\n");
  return {
    name: cluster === undefined ? title : `${cluster}: ${title}`,
    classname: check,
    ...(status === "failed" ? { failure: { text, ...(code === undefined ? {} : { type: code }) } } : {}),
    ...(status === "skipped" ? { skipped: text } : {}),
    ...(status === "warning" ? { output: text } : {}),
  };
}
