import fc from "fast-check";
import { expect, test } from "vitest";
import { nameConstraintsExtension, namesOutside, readNameConstraints } from "./nameLimits.ts";

const label = fc.stringMatching(/^[a-z][a-z0-9]{0,5}$/);
const domain = fc.array(label, { minLength: 1, maxLength: 3 }).map((labels) => labels.join("."));
const octet = fc.nat(255);
const address = fc.tuple(octet, octet, octet, octet).map((octets) => octets.join("."));

test("a DNS name is within a domain if it is that domain, or a name below it", () => {
  fc.assert(
    fc.property(domain, fc.array(label, { maxLength: 2 }), label, (base, below, extra) => {
      const limits = { permitted: { dns: [base] } };
      const inside = [...below, base].join(".");

      expect(namesOutside(limits, { dns: [inside, inside.toUpperCase()] })).toEqual([]);
      // A name that only ends with the same letters is none of the domain's.
      expect(namesOutside(limits, { dns: [`${extra}${base}`] })).toEqual([`${extra}${base}`]);
      expect(namesOutside({ excluded: { dns: [base] } }, { dns: [inside] })).toEqual([inside]);
    }),
  );
});

test("an address is within a network if its first bits are the network's", () => {
  const bits = (text: string) =>
    text
      .split(".")
      .map((part) => Number(part).toString(2).padStart(8, "0"))
      .join("");
  fc.assert(
    fc.property(address, address, fc.nat(32), (network, given, size) => {
      const isWithin = bits(network).slice(0, size) === bits(given).slice(0, size);

      const outside = namesOutside({ permitted: { ip: [`${network}/${size}`] } }, { ip: [given] });

      expect(outside).toEqual(isWithin ? [] : [given]);
    }),
  );
});

test.each([
  ["2001:db8::/32", "2001:db8:1::7", true],
  ["2001:db8::/32", "2001:db9::7", false],
  ["::/0", "fe80::1", true],
  ["0.0.0.0/0", "::1", false],
  ["::/0", "192.0.2.1", false],
])("network %s holds %s: %s", (network, given, isWithin) => {
  expect(namesOutside({ permitted: { ip: [network] } }, { ip: [given] })).toEqual(isWithin ? [] : [given]);
});

test.each([
  ["cluster.local", "spiffe://cluster.local/ns/a/sa/b", true],
  ["cluster.local", "spiffe://CLUSTER.local", true],
  ["cluster.local", "spiffe://user@cluster.local:80/x", true],
  ["cluster.local", "spiffe://evil.cluster.local/ns/a/sa/b", false],
  ["cluster.local", "spiffe://cluster.local.evil.example/x", false],
  [".cluster.local", "spiffe://a.cluster.local/x", true],
  [".cluster.local", "spiffe://cluster.local/x", false],
  ["cluster.local", "urn:cluster.local", false],
])("for URIs limit %s holds %s: %s", (limit, uri, isWithin) => {
  expect(namesOutside({ permitted: { uri: [limit] } }, { uri: [uri] })).toEqual(isWithin ? [] : [uri]);
});

test("kinds of names that nothing is said of are free", () => {
  expect(namesOutside({ permitted: { uri: ["cluster.local"] } }, { dns: ["a"], ip: ["192.0.2.1"] })).toEqual([]);
});

test("limits come back from the extension as they went in", () => {
  fc.assert(
    fc.property(fc.array(domain, { minLength: 1 }), fc.array(domain, { minLength: 1 }), (dns, uri) => {
      const limits = { permitted: { dns, uri }, excluded: { ip: ["0.0.0.0/0", "::/0"], dns } };

      const extension = nameConstraintsExtension(limits);

      expect(extension.critical).toBe(true);
      expect(readNameConstraints(extension.value)).toEqual(limits);
    }),
  );
});
