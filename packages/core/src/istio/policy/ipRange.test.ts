import { expect, test } from "vitest";
import { isInRange, isRange } from "./ipRange.ts";

test.each([
  ["10.1.2.3", "10.0.0.0/8", true],
  ["10.1.2.3", "10.1.2.3", true],
  ["10.1.2.3", "10.1.2.9/24", true],
  ["10.1.2.3", "0.0.0.0/0", true],
  ["10.1.2.3", "10.1.2.4", false],
  ["10.1.2.3", "10.1.2.4/31", false],
  ["2001:db8::1", "2001:db8::/32", true],
  ["2001:db8::1", "2001:0db8:0::0001", true],
  ["2001:db9::1", "2001:db8::/32", false],
  ["10.1.2.3", "::/0", false],
  ["2001:db8::1", "0.0.0.0/0", false],
  ["web.example.com", "10.0.0.0/8", false],
])("%s lies in %s: %s", (address, range, expected) => {
  expect(isInRange(address, range)).toBe(expected);
});

test.each(["", "10", "10.1", "10/8", "10.0.0.0/33", "10.0.0.0/x", "10.0.0.256", "web", "::/129"])(
  "%j is not a range",
  (range) => {
    expect(isRange(range)).toBe(false);
    expect(isInRange("10.1.2.3", range)).toBeUndefined();
  },
);
