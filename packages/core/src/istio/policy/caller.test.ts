import { expect, test } from "vitest";
import { callersOf, formOf } from "./caller.ts";

test.each([
  ["a/ns/foo/sa/sleep", { kind: "identity", id: "spiffe://td/ns/foo/sa/sleep" }],
  ["a/ns/foo/*", { kind: "any of", trustDomain: "td", namespace: "foo" }],
  ["*/sa/sleep", { kind: "any of", trustDomain: "td", serviceAccount: "sleep" }],
  ["*/ns/foo/sa/sleep", { kind: "identity", id: "spiffe://td/ns/foo/sa/sleep" }],
  ["*", { kind: "any of", trustDomain: "td" }],
])("%s of one trust domain is %j", (principal, expected) => {
  expect(callersOf(principal, "td")).toEqual(expected);
});

test.each([
  [{}, "spiffe://", ""],
  [{ trustDomain: "td" }, "spiffe://td/ns/", ""],
  [{ trustDomain: "td", namespace: "foo" }, "spiffe://td/ns/foo/sa/", ""],
  [{ serviceAccount: "sleep" }, "spiffe://", "/sa/sleep"],
  [{ namespace: "foo", serviceAccount: "sleep" }, "spiffe://", "/ns/foo/sa/sleep"],
])("identities with %j begin with %s and end with %s", (parts, head, tail) => {
  const form = formOf(parts);

  expect([form.head, form.tail]).toEqual([head, tail]);
  expect(form.has("spiffe://td/ns/foo/sa/sleep")).toBe(true);
  expect(form.has("spiffe://td/ns/foo")).toBe(false);
});

test("another part is another identity", () => {
  expect(formOf({ namespace: "foo" }).has("spiffe://td/ns/bar/sa/sleep")).toBe(false);
  expect(formOf({ trustDomain: "td" }).has("spiffe://other/ns/foo/sa/sleep")).toBe(false);
  expect(formOf({ serviceAccount: "web" }).has("spiffe://td/ns/foo/sa/sleep")).toBe(false);
});
