import { mesh } from "@isthmus/testkit";
import { expect, test } from "vitest";
import type { Compilation } from "../declaration/compilation.ts";
import type { NamedHost } from "../declaration/namedHost.ts";
import { meaningsOf, settleHosts } from "./settleHosts.ts";

function claim(meaning: string, namespaces: readonly string[] | undefined): NamedHost {
  return { owner: meaning, cluster: "c1", host: "api.example.com", meaning, namespaces } as NamedHost;
}

function grantsOf(hosts: readonly NamedHost[]) {
  return settleHosts([{ hosts } as unknown as Compilation], { mesh: mesh(), facts: new Map() }, undefined).grants;
}

test("a host has all the meanings that are claimed for the same workloads", () => {
  const [one, other, apart, everywhere] = [
    claim("one", ["foo", "bar"]),
    claim("other", ["bar"]),
    claim("apart", ["baz"]),
    claim("everywhere", undefined),
  ];
  const grants = grantsOf([one, other, apart]);

  expect([one, other, apart].map((each) => meaningsOf(each, grants))).toEqual([
    ["one", "other"],
    ["one", "other"],
    ["apart"],
  ]);
  expect(meaningsOf(apart, grantsOf([one, apart, everywhere]))).toEqual(["apart", "everywhere"]);
});

test("thousands of rivals for one host are compared once, not each with each", () => {
  const rivals = Array.from({ length: 3000 }, (_, index) => claim(`owner${index}`, ["foo"]));
  const grants = grantsOf(rivals);

  expect(new Set(rivals.map((rival) => meaningsOf(rival, grants))).size).toBe(1);
});
