import { externalAccess } from "@isthmus/testkit";
import { expect, test } from "vitest";
import { checkJwt } from "./checkJwt.ts";

const jwks = '{"keys":[{"kty":"EC"}]}';
const simple = { mode: "Simple", credential: { secret: "c" } };
const places = (spec: Record<string, unknown>) =>
  checkJwt(externalAccess("bar/httpbin", spec)).map(({ at, code }) => `${code} ${at.split(" spec.")[1]}`);
const issued = (issuer: Record<string, unknown>) => places({ tls: simple, jwt: { issuers: [issuer] } });

test("tokens are asked for where the gateway reads requests, of hosts that it can tell apart", () => {
  const jwt = { issuers: [{ issuer: "a", jwks }] };

  expect(places({ tls: simple, hosts: ["*.example.com"], jwt })).toEqual([]);
  expect(places({ jwt })).toEqual([]);
  expect(places({ tls: { mode: "Passthrough" }, jwt })).toEqual(["FIELD_INVALID jwt"]);
  expect(places({ hosts: ["a.example", "*.example.com"], jwt })).toEqual(["FIELD_INVALID hosts[1]"]);
});

test("an issuer is listed once, with one source of public keys", () => {
  expect(
    places({
      tls: simple,
      jwt: {
        issuers: [
          { issuer: "a", jwks },
          { issuer: "a", jwksUri: "https://a/" },
        ],
      },
    }),
  ).toEqual(["FIELD_INVALID jwt.issuers[1].issuer"]);
  expect(issued({ issuer: "a" })).toEqual(["FIELD_INVALID jwt.issuers[0]"]);
  expect(issued({ issuer: "a", jwks, jwksUri: "https://a/" })).toEqual(["FIELD_INVALID jwt.issuers[0]"]);
});

test("keys that are none, or private, are refused without being shown", () => {
  const texts = [
    "{",
    "[]",
    "null",
    '{"keys":[]}',
    '{"keys":[1]}',
    '{"keys":[{"d":"SECRET"}]}',
    '{"keys":[{"k":"SECRET"}]}',
  ];

  const problems = texts.flatMap((text) =>
    checkJwt(externalAccess("bar/httpbin", { jwt: { issuers: [{ issuer: "a", jwks: text }] } })),
  );

  expect(problems.map(({ at }) => at)).toEqual(Array(7).fill("ExternalAccess bar/httpbin spec.jwt.issuers[0].jwks"));
  expect(JSON.stringify(problems)).not.toContain("SECRET");
});
