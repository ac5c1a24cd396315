import { expect, test } from "vitest";
import { inTurns } from "./inTurns.ts";

function* slow(turns: number): Generator<void, string> {
  for (let index = 0; index < turns; index += 1) {
    const until = performance.now() + 10;
    while (performance.now() < until);
    yield;
  }
  return "done";
}

test("long work lets others have their turn, and gives what it comes to", async () => {
  let turns = 0;
  const others = setInterval(() => {
    turns += 1;
  }, 1);
  expect(await inTurns(slow(15))).toBe("done");
  clearInterval(others);
  expect(turns).toBeGreaterThan(1);
});

test("long work ends with its signal, for the signal's reason", async () => {
  const stop = new AbortController();
  setTimeout(() => stop.abort(new Error("enough")), 1);
  await expect(inTurns(slow(1000), stop.signal)).rejects.toThrow("enough");
});
