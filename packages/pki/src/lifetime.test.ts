import fc from "fast-check";
import { expect, test } from "vitest";
import { ageOf, dayMs, hourMs, renewalTime, validFor } from "./lifetime.ts";

const now = new Date("2026-11-24T12:00:00.750Z");

test("a certificate begins an hour ago, and ends after its days or with its issuer, in whole seconds", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 4000 }), fc.integer({ min: 1, max: 4000 }), (days, issuerDays) => {
      const limit = new Date(now.getTime() + issuerDays * dayMs);

      const { notBefore, notAfter } = validFor({ days }, now, limit);

      const second = Math.floor(now.getTime() / 1000) * 1000;
      expect(notBefore.getTime()).toBe(second - hourMs);
      expect(notAfter.getTime()).toBe(second + Math.min(days, issuerDays) * dayMs);
    }),
  );
});

test("a life of seconds counts in place of days, and ends with the issuer as well", () => {
  const life = { days: 1, seconds: 600 };
  const endOf = (limit?: string) => validFor(life, now, limit === undefined ? undefined : new Date(limit)).notAfter;

  expect(endOf()).toEqual(new Date("2026-11-24T12:10:00Z"));
  expect(endOf("2026-11-24T12:05:00Z")).toEqual(new Date("2026-11-24T12:05:00Z"));
});

test("age goes from fresh to due at two thirds, and to expired at the end", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 4000 }), (days) => {
      const { notBefore, notAfter } = validFor({ days }, now);
      const validity = { notBefore: notBefore.toISOString(), notAfter: notAfter.toISOString() };
      const at = (time: number) => ageOf(validity, new Date(time));
      const renewal = renewalTime(validity).getTime();

      expect((renewal - notBefore.getTime()) / (notAfter.getTime() - notBefore.getTime())).toBeCloseTo(2 / 3, 5);
      expect([at(renewal - 1), at(renewal), at(notAfter.getTime() - 1), at(notAfter.getTime())]).toEqual([
        "fresh",
        "due",
        "due",
        "expired",
      ]);
    }),
  );
});
