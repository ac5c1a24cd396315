import { expect, test } from "vitest";
import { daysOf } from "./daysOf.ts";

test.each([
  ["1969-12-31T00:00:00.000Z", -1],
  ["1970-01-01T12:00:00.000Z", 0.5],
  ["2000-02-29T00:00:00.000Z", 11016],
  ["2000-03-01T00:00:00.000Z", 11017],
  ["2026-11-24T18:00:00.000Z", 20781.75],
  ["2100-03-01T00:00:00.000Z", 47541],
  ["2036-12-31T06:00:00.000Z", 24471.25],
] as const)("%s is %d days after 1970 began", (time, days) => {
  expect(daysOf(time)).toBe(days);
});
