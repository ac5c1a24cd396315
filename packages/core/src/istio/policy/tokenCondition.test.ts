import { expect, test } from "vitest";
import { isClaimKey, matchesClaim } from "./tokenCondition.ts";

const claims = {
  iss: ["https://issuer.example.com/realm"],
  sub: ["anna"],
  aud: ["web", "api"],
  azp: ["shop"],
  scope: ["read", "write"],
  groups: ["admins", "staff-west"],
  "realm[roles]": ["editor"],
  "a[b": ["c"],
};

test.each([
  ["request.auth.principal", "https://issuer.example.com/realm/anna", true],
  ["request.auth.principal", "https://issuer.example.com/realm/*", true],
  ["request.auth.principal", "https://issuer.example.com/realm/an*", true],
  ["request.auth.principal", "https://issuer.example.com/*", false],
  ["request.auth.principal", "https://iss*", false],
  ["request.auth.principal", "*/anna", true],
  ["request.auth.principal", "*realm/anna", true],
  ["request.auth.principal", "*/ann", false],
  ["request.auth.principal", "*nna", true],
  ["request.auth.principal", "*", true],
  ["request.auth.principal", "anna", false],
  ["request.auth.audiences", "api", true],
  ["request.auth.audiences", "other", false],
  ["request.auth.presenter", "shop", true],
  ["request.auth.presenter", "*", true],
  ["request.auth.claims[groups]", "admins", true],
  ["request.auth.claims[groups]", "staff-*", true],
  ["request.auth.claims[groups]", "*-east", false],
  ["request.auth.claims[scope]", "write", true],
  ["request.auth.claims[scope]", "read write", false],
  ["request.auth.claims[realm][roles]", "editor", true],
  ["request.auth.claims[realm]", "editor", false],
  ["request.auth.claims[a[b]", "c", true],
  ["request.auth.claims[none]", "*", false],
])("%s asks for %s: %s", (key, value, expected) => {
  expect(matchesClaim(key, value, claims)).toBe(expected);
});

test("a token without a subject is not a principal", () => {
  expect(matchesClaim("request.auth.principal", "*", { iss: ["x"] })).toBe(false);
  expect(matchesClaim("request.auth.principal", "x/*", { iss: ["x"] })).toBe(false);
});

test("a claim has its name in brackets", () => {
  expect(isClaimKey("request.auth.claims[groups]")).toBe(true);
  expect(isClaimKey("request.auth.claims")).toBe(false);
  expect(isClaimKey("request.auth.claims.groups")).toBe(false);
  expect(isClaimKey("request.auth.principal")).toBe(true);
});
