import { expect, test } from "vitest";
import { chiSquareP } from "./chiSquare.ts";

const shares = (...all: readonly (readonly [seen: number, probability: number])[]) =>
  chiSquareP(all.map(([seen, probability]) => ({ seen, probability })));

test("the tables' critical values of 1, 2 and 3 degrees of freedom have their probability", () => {
  // 3.841, 5.991 and 7.815 for 0.05
  expect(shares([50 + 9.8, 0.5], [50 - 9.8, 0.5])).toBeCloseTo(0.05, 3);
  expect(shares([120 + 15.48, 1 / 3], [120 - 15.48, 1 / 3], [120, 1 / 3])).toBeCloseTo(0.135, 2);
  expect(shares([112, 0.25], [88, 0.25], [110, 0.25], [90, 0.25])).toBeCloseTo(0.181, 2);
});

test("as many as expected of each is what chance gives most often", () => {
  expect(shares([15, 0.5], [15, 0.5])).toBe(1);
});

test("half and half is not nine to one", () => {
  expect(shares([15, 0.9], [15, 0.1])).toBeLessThan(0.001);
  expect(shares([28, 0.9], [2, 0.1])).toBeGreaterThan(0.001);
});

test("what cannot be and is seen once is not chance", () => {
  expect(shares([39, 1], [1, 0])).toBe(0);
});

test("what is expected too rarely counts with its neighbour", () => {
  expect(shares([50, 0.5], [45, 0.45], [1, 0.03], [4, 0.02])).toBeGreaterThan(0.5);
});
