import fc from "fast-check";
import { expect, test } from "vitest";
import { createRoot } from "./createRoot.ts";
import { createKeyPair } from "./keys.ts";
import { fingerprintOf, splitPem } from "./pem.ts";
import { joinBundles, withoutRoots } from "./trustBundle.ts";

const now = new Date("2026-11-24T12:00:00Z");

test("a joined bundle holds each certificate once, in the order in which they came, whatever stands between them", async () => {
  const roots = await Promise.all(
    [1, 2, 3, 4].map(async () => {
      const keys = await createKeyPair("ecdsa");
      return (await createRoot({ name: "r", organization: "x", keys, now })).certificate;
    }),
  );
  const bundle = fc.array(fc.constantFrom(...roots), { maxLength: 5 });
  const noise = fc.constantFrom("", "\r\n", "# a comment\n", "subject=CN = x\n");

  fc.assert(
    fc.property(fc.array(bundle, { maxLength: 3 }), noise, (bundles, between) => {
      const texts = bundles.map((each) => each.map((pem) => pem + between).join(""));

      const joined = joinBundles(...texts);

      expect(splitPem(joined)).toEqual([...new Set(bundles.flat())]);
      expect(joinBundles(joined, ...texts)).toBe(joined);
      const [first] = splitPem(joined);
      if (first === undefined) return;
      expect(splitPem(withoutRoots(joined, [fingerprintOf(first)]))).toEqual(splitPem(joined).slice(1));
    }),
    { numRuns: 30 },
  );
});
