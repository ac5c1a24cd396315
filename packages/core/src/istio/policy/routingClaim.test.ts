import { expect, test } from "vitest";
import { routingClaim } from "./routingClaim.ts";

// pkg/jwt/routingclaim_test.go
test.each([
  ["@request.auth.claims", undefined],
  ["@request.auth.claims-", undefined],
  ["request.auth.claims.", undefined],
  ["@request.auth.claims.", undefined],
  ["@request.auth.claims-abc", undefined],
  ["x-some-other-header", undefined],
  ["@request.auth.claims.key1", "key1"],
  ["@request.auth.claims.key1.KEY2", "key1[KEY2]"],
  ["@request.auth.claims.key1-key2", "key1-key2"],
  ["@request.auth.claims[]", undefined],
  ["@request.auth.claims[key1", undefined],
  ["@request.auth.claims]key1[", undefined],
  ["@request.auth.claims[key1][key2]", "key1[key2]"],
  ["@request.auth.claims[test-issuer-2@istio.io]", "test-issuer-2@istio.io"],
  ["@Request.Auth.Claims.key1", "key1"],
])("the header name %s stands for the claim %s", (name, claim) => {
  expect(routingClaim(name)).toBe(claim);
});
