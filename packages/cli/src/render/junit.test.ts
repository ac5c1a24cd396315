import { expect, test } from "vitest";
import { renderJunit } from "./junit.ts";

test("suites are counted, faults are of their kind, and no text breaks the XML", () => {
  const text = renderJunit("isthmus", [
    {
      name: "first <suite>",
      cases: [
        { name: "good", classname: "a" },
        { name: 'says "no" & more', classname: "a", failure: { type: "CODE", text: "x < y\u0007\nfix & it" } },
        { name: "not seen", classname: "b", error: { text: "no way" }, output: "line\nline" },
        { name: "left out", classname: "b", skipped: "why" },
      ],
    },
  ]);

  expect(text).toBe(`<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="isthmus" tests="4" failures="1" errors="1" skipped="1">
  <testsuite name="first &lt;suite&gt;" tests="4" failures="1" errors="1" skipped="1">
    <testcase name="good" classname="a"/>
    <testcase name="says &quot;no&quot; &amp; more" classname="a">
      <failure message="x &lt; y\\u0007" type="CODE">x &lt; y\\u0007
fix &amp; it</failure>
    </testcase>
    <testcase name="not seen" classname="b">
      <error message="no way">no way</error>
      <system-out>line
line</system-out>
    </testcase>
    <testcase name="left out" classname="b">
      <skipped message="why"/>
    </testcase>
  </testsuite>
</testsuites>
`);
});
