import { makeProblem, type Problem, say } from "@isthmus/core";
import { expect, test } from "vitest";
import { renderProblems } from "./problems.ts";
import { createStyle } from "./style.ts";

const unknownField: Problem = makeProblem({
  code: "FIELD_UNKNOWN",
  at: { file: "mesh.yaml", line: 12, column: 3 },
  message: say`unknown field "servedby"`,
  hint: 'did you mean "servedBy"?',
});

const problems: readonly Problem[] = [
  makeProblem({
    code: "TRUST_ROOT_UNKNOWN",
    at: { kind: "MeshCluster", name: "cluster1" },
    message: say`cluster1 does not publish its trust root`,
    hint: "",
  }),
  makeProblem({
    code: "CLUSTER_UNREACHABLE",
    at: { kind: "MeshCluster", name: "cluster2" },
    message: say`https://10.0.0.1:6443 does not answer:\nconnect ECONNREFUSED`,
    hint: "check that the cluster runs\nand that its address is right",
  }),
  unknownField,
];

test("problems show severity, code, place and hint, errors first, and where to read more", async () => {
  const text = renderProblems(problems, createStyle(false));

  await expect(text).toMatchFileSnapshot("testdata/problems.golden.txt");
});

test("one code names the command that explains it", () => {
  const text = renderProblems([unknownField, unknownField], createStyle(false));

  expect(text.trimEnd().split("\n").at(-1)).toBe("2 errors. More: isthmus explain FIELD_UNKNOWN");
});

test("no problem, no word", () => {
  expect(renderProblems([], createStyle(false))).toBe("");
});
