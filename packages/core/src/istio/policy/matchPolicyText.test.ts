import { expect, test } from "vitest";
import { matchPolicyPath, matchPolicyText } from "./matchPolicyText.ts";

test.each([
  ["*", "x", true],
  ["*", "", false],
  ["a*", "abc", true],
  ["a*", "a", true],
  ["a*", "ba", false],
  ["*c", "abc", true],
  ["*c", "c", true],
  ["*c", "cb", false],
  ["abc", "abc", true],
  ["abc", "ABC", false],
  ["a*c", "abc", false],
  ["a*c", "a*c", true],
  ["*b*", "abc", false],
  ["*b*", "ab*", true],
  ["", "", true],
  ["", "x", false],
])("%j matches %j: %s", (pattern, text, expected) => {
  expect(matchPolicyText(pattern, text)).toBe(expected);
});

test.each([
  ["/users/{*}", "/users/7", true],
  ["/users/{*}", "/users/", false],
  ["/users/{*}", "/users/7/x", false],
  ["/users/{*}/files/{**}", "/users/7/files/a/b", true],
  ["/users/{*}/files/{**}", "/users/7/files/", true],
  ["/users/{*}/files/{**}", "/users/7/x/files/a", false],
  ["/{**}/tail", "/a/b/tail", true],
  ["/{**}/tail", "/a/b/tail2", false],
  ["/{**}", "/", true],
  ["/a.b/{*}", "/a.b/c", true],
  ["/a.b/{*}", "/axb/c", false],
  ["/{*}", "/a=b;c%20", true],
  ["/{*}", "/[a]", false],
])("template %s matches %s: %s", (pattern, path, expected) => {
  expect(matchPolicyPath(pattern, path)).toBe(expected);
});
