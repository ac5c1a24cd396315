import { expect, test } from "vitest";
import { parseIdentity, principal, spiffeId } from "./spiffeId.ts";

test("an identity is the same account as SPIFFE ID and as principal", () => {
  const account = { trustDomain: "cluster.local", namespace: "bar", serviceAccount: "httpbin" };

  expect(parseIdentity(spiffeId("cluster.local", "bar", "httpbin"))).toEqual(account);
  expect(parseIdentity(principal("cluster.local", "bar", "httpbin"))).toEqual(account);
});

test.each(["", "spiffe://cluster.local", "cluster.local/ns/bar/*", "*/sa/httpbin", "spiffe://a/ns/b/sa/c/d"])(
  "%j is the identity of no single account",
  (text) => {
    expect(parseIdentity(text)).toBeUndefined();
  },
);
