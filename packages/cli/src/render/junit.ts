import type { CheckRow } from "@isthmus/core";
import { getJunitXml } from "junit-xml";

/** JUnit's XML, a suite for each category. It knows no warning: those pass, and say it in `system-out`. */
export function renderJunit(rows: readonly CheckRow[]): string {
  const categories = [...new Set(rows.map(({ category }) => category))];
  const xml = getJunitXml({
    name: "isthmus check",
    suites: categories.map((category) => ({
      name: category,
      testCases: rows.filter((row) => row.category === category).map(testCase),
    })),
  });
  return `<?xml version="1.0" encoding="UTF-8"?>\n${xml}\n`;
}

function testCase({ check, cluster, title, status, message, code, hint = "" }: CheckRow) {
  const text = [`${code === undefined ? "" : `[${code}] `}${message}`, hint].filter((line) => line !== "").join("\n");
  return {
    name: cluster === undefined ? title : `${cluster}: ${title}`,
    classname: check,
    ...(status === "failed" ? { failures: [{ message: text, ...(code === undefined ? {} : { type: code }) }] } : {}),
    ...(status === "skipped" ? { skipped: true } : {}),
    ...(status === "warning" || status === "skipped" ? { systemOut: [text] } : {}),
  };
}
