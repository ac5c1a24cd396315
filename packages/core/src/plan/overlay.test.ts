import fc from "fast-check";
import { expect, test } from "vitest";
import { Overlay } from "./overlay.ts";

test("after any changes it holds what a map would, and those before hold what they held", () => {
  const changes = fc.array(fc.tuple(fc.constantFrom("a", "b", "c", "d"), fc.option(fc.nat(), { nil: undefined })));
  fc.assert(
    fc.property(fc.array(changes), (steps) => {
      const known = new Map([["a", 1]]);
      let overlay = Overlay.of(known);
      for (const step of steps) {
        const before = [overlay, new Map(known)] as const;
        overlay = overlay.with(step);
        for (const [key, value] of step) {
          if (value === undefined) known.delete(key);
          else known.set(key, value);
        }

        expect(new Map(before[0].entries())).toEqual(before[1]);
        expect(new Map(overlay.entries())).toEqual(known);
        expect(overlay.size).toBe(known.size);
      }
    }),
  );
});
