import { expect, test } from "vitest";
import { normalizePath, type PathNormalization } from "./normalizePath.ts";

const base: PathNormalization = { isCanonical: true, mergesSlashes: false, escapedSlashes: "keep" };
const none = { ...base, isCanonical: false };
const merging = { ...base, mergesSlashes: true };
const decoding = { ...merging, escapedSlashes: "unescape" } as const;

function normalized(path: string, how: PathNormalization): string {
  const found = normalizePath(path, how);
  return found.kind === "rejected" ? "rejected" : found.path;
}

// The tables are those of envoy/test/common/http/path_utility_test.cc, and what else its canonicalizer tells apart.
test.each([
  ["/xyz", "/xyz"],
  ["/x/y/z", "/x/y/z"],
  ["/a/b/../c", "/a/c"],
  ["/a/b/./c", "/a/b/c"],
  ["a/b/../c", "/a/c"],
  ["/a/b/../../../../c", "/c"],
  ["/a/..\\c", "/c"],
  ["/%c0%af", "/%c0%af"],
  ["/%5c%25", "/%5c%25"],
  ["/a/b/%2E%2E/c", "/a/c"],
  ["/a/b/%2e./c", "/a/c"],
  ["/A/B/C", "/A/B/C"],
  ["/a/%2F%2f/c", "/a/%2F%2f/c"],
  ["/x/../env", "/env"],
  ["/%65nv", "/env"],
  ["/%7Euser/%2Dx%5F", "/~user/-x_"],
  ["/a/..", "/"],
  ["/a/b/.", "/a/b/"],
  ["/.hidden/..x/a..b", "/.hidden/..x/a..b"],
  ["/a//b", "/a//b"],
  ["/a//../b", "/a/b"],
  ["\\a\\b", "/a/b"],
  ['/a b"<>^`{|}', "/a%20b%22%3C%3E%5E%60%7B%7C%7D"],
  ["/grün", "/gr%C3%BCn"],
  ["/a;v=1,2/b@c:d!$&'()*+=[]", "/a;v=1,2/b@c:d!$&'()*+=[]"],
  ["/%3B%20", "/%3B%20"],
  ["/100%", "/100%"],
  ["/%zz", "/%zz"],
  ["/%%300", "/%2500"],
  ["/%%30%30", "/%2500"],
])("%s is %s by default", (path, expected) => {
  expect(normalized(path, base)).toBe(expected);
});

test.each(["/xyz/.%00../abc", "/xyz/%00.%00./abc", "/xyz/AAAAA%%0000/abc", "/a\0b"])("%j is not a path", (path) => {
  expect(normalized(path, base)).toBe("rejected");
  expect(normalized(path, none)).toBe(path);
});

test.each([
  ["/a//b/c/", "/a/b/c/"],
  ["/a", "/a"],
  ["//a/b/c", "/a/b/c"],
  ["/a/b/c//", "/a/b/c/"],
  ["/a////b/c", "/a/b/c"],
  ["/a//b?a=///c", "/a/b?a=///c"],
  ["//a/?b", "/a/?b"],
  ["//", "//"],
  ["/a/%2F/b", "/a/%2F/b"],
])("%s is %s where slashes are merged", (path, expected) => {
  expect(normalized(path, merging)).toBe(expected);
});

test.each([
  ["/a%2Fb%2fc", "/a/b/c"],
  ["/a%5Cb%5cc", "/a/b/c"],
  ["/a%2F..%2Fb", "/b"],
  ["/a%2F%2Fb", "/a/b"],
  ["/a%252Fb", "/a%252Fb"],
  ["/a?b=%2F", "/a?b=%2F"],
])("%s is %s where escaped slashes are decoded", (path, expected) => {
  expect(normalized(path, decoding)).toBe(expected);
});

test("escaped slashes may be refused, or the client sent to the path without them", () => {
  expect(normalizePath("/a%2Fb", { ...base, escapedSlashes: "reject" })).toEqual({ kind: "rejected" });
  expect(normalizePath("/a%2Fb", { ...base, escapedSlashes: "redirect" })).toEqual({
    kind: "redirected",
    path: "/a/b",
  });
  expect(normalizePath("/a/b", { ...base, escapedSlashes: "reject" })).toEqual({ kind: "path", path: "/a/b" });
});

test("the query stays as it is, and the fragment goes, whatever is set", () => {
  expect(normalized("/x/../a?b=/../c&d=%65#e?f", base)).toBe("/a?b=/../c&d=%65");
  expect(normalized("/x/../a#b", none)).toBe("/x/../a");
});

test("a normalised path stays as it is", () => {
  for (const path of ["/%%300", "/a b", "/a/..", "/x//%2e%2e/%65", "/%%34%31", "/\ud800"]) {
    const once = normalized(path, base);

    expect(normalized(once, base)).toBe(once);
    expect(once).not.toBe(path);
  }
});
