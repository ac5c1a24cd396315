import { expect, test } from "vitest";
import { parseIntents } from "../model/index.ts";
import { parsePathTests, testKindNamed } from "./index.ts";

const head = "apiVersion: isthmus.io/v1alpha1\nkind: PathTest\nmetadata: {name: it}\n";
const from = "  from: {workload: web, namespace: dev}\n";
const to = "  to: {service: payments.pay}\n";
const reaches = "  expect: {reaches: {}}\n";

function problemsOf(text: string): readonly string[] {
  return parsePathTests([{ name: "it.yaml", text }]).problems.map(
    ({ at, code, message, hint }) => `${at} ${code} ${message}; ${hint}`,
  );
}

test.each([
  [
    `${head}spec:\n${from}${to}  expct: {reaches: {}}\n`,
    'it.yaml:7:3 FIELD_UNKNOWN spec has no field "expct"; did you mean expect?',
  ],
  [
    `${head}spec:\n${from}${to}  expect: {reachs: {}}\n`,
    'it.yaml:7:12 FIELD_UNKNOWN spec.expect has no field "reachs"; did you mean reaches?',
  ],
  [`${head}spec:\n${from}${to}  expect: {}\n`, "must expect something, such as reaches: {}"],
  [`${head}spec:\n${from}${to}  expect: {reaches: {}, refused: {}}\n`, "must have only one of reaches, refused"],
  [`${head}spec:\n${from}${to}  expect: {refused: {by: polcy}}\n`, "did you mean policy?"],
  [`${head}spec:\n${from}${to}  expect: {timeout: {atMost: 5}}\n`, "did you mean 5s?"],
  [
    `${head}spec:\n${from}${to}  expect: {reaches: {split: [{version: v1, percent: 80}, {version: v2, percent: 10}]}}\n`,
    "adds up to 100, not 90",
  ],
  [`${head}spec:\n  from: {workload: web}\n${to}${reaches}`, "must have a namespace beside workload"],
  [`${head}spec:\n  from: {namespace: dev}\n${to}${reaches}`, "must have one of workload, every, some, none, outside"],
  [`${head}spec:\n  from: {every: {}, none: {}}\n${to}${reaches}`, "must have only one of every, none"],
  [`${head}spec:\n  from: {none: {}}\n  to: {none: {}}\n${reaches}`, "must have none only once"],
  [`${head}spec:\n  from: {outside: {}}\n${to}${reaches}`, "must have to.url where from is outside"],
  [`${head}spec:\n  from: {outside: {}, token: {sub: me}}\n  to: {url: "http://a"}\n${reaches}`, "must have token.iss"],
  [
    `${head}spec:\n${from}  to: {url: "payments.pay:80"}\n${reaches}`,
    "must be http://, https://, grpc:// or tcp://host:port/path",
  ],
  [`${head}spec:\n${from}  to: {url: "tcp://a"}\n${reaches}`, "must have a port in a tcp url"],
  [`${head}spec:\n${from}  to: {url: "http://a", path: /b}\n${reaches}`, "must have the path within url"],
  [`${head.replace("kind: PathTest", "kind: PathTset")}spec: {}\n`, "did you mean PathTest?"],
  [`${head.replace("v1alpha1", "v1")}spec: {}\n`, "did you mean isthmus.io/v1alpha1?"],
  [head.replace(/^.*\n/, ""), "apiVersion is missing"],
  [
    "apiVersion: isthmus.io/v1alpha1\nkind: PathTestSuite\nmetadata: {name: s}\nspec: {tests: []}\n",
    "must be a non-empty list",
  ],
  [
    "apiVersion: isthmus.io/v1alpha1\nkind: PathTestSuite\nmetadata: {name: s}\nspec:\n  tests:\n  - name: a\n    expect: {reaches: {}}\n",
    "must have from, or spec.from that holds for all tests",
  ],
  [
    `${head}spec:\n${from}${to}${reaches}---\n${head}spec:\n${from}${to}${reaches}`,
    "it.yaml:11:18 RESOURCE_DUPLICATE there are two tests it; the first is at it.yaml:3:18",
  ],
])("a slip is told at its place: %#", (text, expected) => {
  const problems = problemsOf(text);

  expect(problems.join("\n")).toContain(expected);
  expect(problems.every((each) => /^it\.yaml:\d+:\d+ /.test(each))).toBe(true);
});

test("a suite's from and to hold for the tests that have none, and each test has its place", () => {
  const text = `apiVersion: isthmus.io/v1alpha1
kind: PathTestSuite
metadata: {name: payments, labels: {tier: core}}
spec:
  to: {service: payments.pay}
  tests:
  - name: web
    from: {workload: web, namespace: dev}
    expect: {reaches: {}}
  - {name: other, from: {workload: web, namespace: dev}, to: {service: other.pay}, expect: {reaches: {}}}
`;
  const { tests, problems } = parsePathTests([{ name: "it.yaml", text }]);

  expect(problems).toEqual([]);
  expect(tests).toMatchObject([
    {
      name: "payments/web",
      suite: "payments",
      labels: { tier: "core" },
      at: { line: 7, column: 11 },
      to: { service: "payments.pay" },
    },
    { name: "payments/other", to: { service: "other.pay" } },
  ]);
});

test("declarations and other manifests beside tests are passed over, and declarations pass over tests", () => {
  const mesh = "apiVersion: isthmus.io/v1alpha1\nkind: Mesh\nmetadata: {name: mesh}\n";
  const file = {
    name: "it.yaml",
    text: `${mesh}---\n${head}spec: {typo: 1}\n---\napiVersion: v1\nkind: Pod\nmetadata: {name: a}\n`,
  };
  const clean = { name: "it.yaml", text: `${mesh}---\n${head}spec: {typo: 1}\n` };

  expect(parsePathTests([file]).problems.map(({ at }) => at)).toEqual(expect.arrayContaining(["it.yaml:8:8"]));
  expect(parseIntents([clean]).problems).toEqual([]);
  expect(parseIntents([clean]).intents?.mesh.metadata.name).toBe("mesh");
});

test("what a test takes is explained by its schema", () => {
  expect(testKindNamed("pathtest")?.schema.properties?.spec?.properties?.expect?.description).toContain(
    "What is to come of it",
  );
  expect(testKindNamed("Mesh")).toBeUndefined();
});
