import fc from "fast-check";
import { expect, test } from "vitest";
import { fitsWildcard } from "./fitsWildcard.ts";

test.each([
  ["sleep.foo", "sleep.foo", true],
  ["sleep.foo", "sleepXfoo", false],
  ["*", "", true],
  ["*.foo", "sleep.foo", true],
  ["pay*-cannot-*", "payments-cannot-leave", true],
  ["pay*-cannot-*", "payments-can-leave", false],
  ["a*a", "a", false],
  ["*a*", "two\nlines", false],
  ["two*", "two\nlines", true],
])("%j and %j: %s", (pattern, text, expected) => {
  expect(fitsWildcard(pattern, text)).toBe(expected);
});

test("a pattern is what a regular expression with .* for its stars is, and no other sign of it means anything", () => {
  const word = fc.string({ unit: fc.constantFrom("a", "b", "*", ".", "\n", "["), maxLength: 8 });
  fc.assert(
    fc.property(word, word, (pattern, text) => {
      const source = pattern.replace(/[.[]/g, "\\$&").replaceAll("*", ".*");
      expect(fitsWildcard(pattern, text)).toBe(new RegExp(`^${source}$`, "s").test(text));
    }),
  );
});
