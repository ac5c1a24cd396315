import { fuzzObserved } from "@isthmus/testkit";
import { expect, test } from "vitest";

// `npm run fuzz` does the same with 20,000 worlds and any seed.
test("no observed object, however it is formed, makes a step throw, hang, lose a cluster or write what cannot be read", () => {
  const { faults, ...figures } = fuzzObserved({ seed: 12, worlds: 250, clock: () => 0 });

  expect(faults).toEqual([]);
  expect(figures.leftOut / figures.objects).toBeGreaterThan(0.2);
  expect(figures.unknown).toBeLessThan(figures.paths);
}, 180_000);
