import { expect, test } from "vitest";
import { canMatchPath } from "./canMatchPath.ts";

const base = { isCanonical: true, mergesSlashes: false, escapedSlashes: "keep" } as const;

test.each([
  ["/env", true],
  ["/x/../env", false],
  ["/%65nv", false],
  ["/a b", false],
  ["/a%20b", true],
  ["/env?a=b", false],
  ["/env#a", false],
  ["*", true],
  ["*.json", true],
  ["*/env", true],
  ["*/../env", false],
  ["/api/*", true],
  ["/api/.*", true],
  ["/x/../api/*", false],
  ["/a\\*", false],
  ["/{*}/files/{**}", true],
  ["/{*}/../{**}", false],
  ["/{**}", true],
])("%s can match: %s", (pattern, expected) => {
  expect(canMatchPath(pattern, base)).toBe(expected);
});

test("doubled and escaped slashes never come where proxies take them away", () => {
  const merging = { ...base, mergesSlashes: true };

  expect([canMatchPath("/a//b", base), canMatchPath("/a//b", merging)]).toEqual([true, false]);
  expect([canMatchPath("/a%2Fb", base), canMatchPath("/a%2Fb", { ...base, escapedSlashes: "unescape" })]).toEqual([
    true,
    false,
  ]);
  expect(canMatchPath("/a%2Fb", { ...base, escapedSlashes: "reject" })).toBe(false);
});
