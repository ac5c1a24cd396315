import { expect, test } from "vitest";
import { editDistance, nearestName } from "./nearestName.ts";

const fields = ["service", "ports", "servedBy", "consumers", "as", "traffic", "access"];

test.each([
  ["consumer", "consumers"],
  ["servdeBy", "servedBy"],
  ["servedby", "servedBy"],
  ["port", "ports"],
  ["accesss", "access"],
])("%s is probably %s", (name, nearest) => {
  expect(nearestName(name, fields)).toBe(nearest);
});

test.each(["replicas", "x", "", "a".repeat(1_000_000)])("nothing is near to a name of no likeness", (name) => {
  expect(nearestName(name, ["service", "ports", "servedBy"])).toBeUndefined();
});

test.each([
  ["", "abc", 3],
  ["kitten", "sitting", 3],
  ["ab", "ba", 1],
  ["same", "same", 0],
])("from %j to %j it takes %i edits", (from, to, distance) => {
  expect(editDistance(from, to)).toBe(distance);
  expect(editDistance(to, from)).toBe(distance);
});
