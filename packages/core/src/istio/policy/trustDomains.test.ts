import { expect, test } from "vitest";
import { defaultMeshConfig } from "../../model/index.ts";
import { expandTrustDomains, trustDomainsOf, withTrustDomainAliases } from "./trustDomains.ts";

const mesh = { ...defaultMeshConfig, trustDomain: "new", trustDomainAliases: ["old", "older"] };
const inAll = ["new/ns/foo/sa/sleep", "old/ns/foo/sa/sleep", "older/ns/foo/sa/sleep"];

// pilot/pkg/security/trustdomain/bundle_test.go
test.each([
  ["new/ns/foo/sa/sleep", inAll],
  ["older/ns/foo/sa/sleep", inAll],
  ["cluster.local/ns/foo/sa/sleep", inAll],
  ["other/ns/foo/sa/sleep", ["other/ns/foo/sa/sleep"]],
  ["*/ns/foo/sa/sleep", ["*/ns/foo/sa/sleep"]],
  ["*/sa/sleep", ["*/sa/sleep"]],
  ["*", ["*"]],
  ["new/ns/foo/*", ["new/ns/foo/*"]],
  ["ol*/ns/foo/sa/sleep", inAll],
  ["*er/ns/foo/sa/sleep", ["new/ns/foo/sa/sleep", "old/ns/foo/sa/sleep", "*er/ns/foo/sa/sleep"]],
])("%s stands for %j", (principal, expected) => {
  expect(withTrustDomainAliases(mesh, principal)).toEqual(expected);
});

test("a trust domain of the mesh stands for all of them, another one and a pattern for themselves", () => {
  expect(expandTrustDomains("old", mesh)).toEqual(["new", "old", "older"]);
  expect(expandTrustDomains("cluster.local", mesh)).toEqual(["cluster.local"]);
  expect(expandTrustDomains("ol*", mesh)).toEqual(["ol*"]);
  expect(trustDomainsOf(mesh)).toEqual(["new", "old", "older"]);
});
