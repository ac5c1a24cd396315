import { expect, test } from "vitest";
import { factsOf, joinNames, say } from "./say.ts";

const service = { cluster: "east", kind: "Service", namespace: "foo", name: "sleep" };

test("a sentence has its text, what it is made of, and the objects that it names", () => {
  expect(say`${{ service }} in ${{ cluster: "east" }} has ${{ ports: [80, 443] }}${""}`).toEqual({
    text: "Service foo/sleep in east has 80, 443",
    params: { service, cluster: "east", ports: [80, 443] },
    refs: [service],
  });
});

test("of many names a sentence has the first ten and a count", () => {
  const names = Array.from({ length: 3_000 }, (_, index) => `n${index}`);

  expect(joinNames(names.slice(0, 3))).toBe("n0 and n1 and n2");
  expect(joinNames(names)).toBe("n0, n1, n2, n3, n4, n5, n6, n7, n8, n9 and 2990 more");
});

test("a declaration is in no cluster, and so not an object to open", () => {
  expect(say`by ${{ declared: { kind: "Mesh", name: "mesh" } }}`).toMatchObject({ text: "by Mesh mesh", refs: [] });
});

test("two facts of one name that differ are both kept, and equal ones once", () => {
  const [first, second] = [say`${{ port: 80 }} ${{ service }}`, say`${{ port: 81 }} ${{ service }}`];

  expect(factsOf([first, second])).toEqual({ params: { port: 80, service, port2: 81 }, refs: [service] });
});
