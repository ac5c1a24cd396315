import { expect, test } from "vitest";
import { checkJsonPath, renderJsonPath } from "./jsonPath.ts";

// The first rows are those of https://kubernetes.io/docs/reference/kubectl/jsonpath.
const list = {
  kind: "List",
  items: [
    {
      kind: "None",
      metadata: { name: "127.0.0.1", labels: { "kubernetes.io/hostname": "127.0.0.1" } },
      status: { capacity: { cpu: "4" } },
    },
    { kind: "None", metadata: { name: "127.0.0.2" }, status: { capacity: { cpu: "8" } } },
  ],
  users: [
    { name: "myself", user: {} },
    { name: "e2e", user: { username: "admin", password: "secret" } },
  ],
  "api-version": 1,
};

test.each([
  ["kind is {.kind}", "kind is List"],
  ["{.kind}", "List"],
  ["{['kind']}", "List"],
  ["{..name}", "127.0.0.1 127.0.0.2 myself e2e"],
  ["{.items[*].metadata.name}", "127.0.0.1 127.0.0.2"],
  ["{.users[0].name}", "myself"],
  ["{.users[0:1].name}", "myself"],
  ["{.users[-1:].name}", "e2e"],
  ["{.users[-1].name}", "e2e"],
  ["{.users[-2].name}", "myself"],
  ["{.users[1].user['username','password']}", "admin secret"],
  ['{.users[?(@.name=="e2e")].user.password}', "secret"],
  ["{range .items[*]}[{.metadata.name}, {.status.capacity.cpu}] {end}", "[127.0.0.1, 4] [127.0.0.2, 8] "],
  ["{range .items[*]}{.metadata.name}{'\\t'}{end}", "127.0.0.1\t127.0.0.2\t"],
  ["{.items[0].metadata.labels.kubernetes\\.io/hostname}", "127.0.0.1"],
  [".kind", "List"],
  ["{.api-version}", "1"],
  ["{.users[0]}", '{"name":"myself","user":{}}'],
  ["{.nothing.there}", ""],
  ['{.kind}{"\\n"}', "List\n"],
  ["{range .users[*]}{$.kind} {@.name};{end}", "List myself;List e2e;"],
  ['{.items[?(@.metadata.name=="127.0.0.2")].status.capacity.cpu}', "8"],
  ["{.items[0].metadata.labels['kubernetes.io/hostname']}", "127.0.0.1"],
  ['{.users[?(@.user.deeper.still=="x")].name}', ""],
  ['{.items[?(@.metadata.labels.tier=="x")].kind}', ""],
  ["{.users[?(1.5>1.25)].name}", "myself e2e"],
])("%s gives %j, as kubectl", (template, text) => {
  expect(renderJsonPath(template, list)).toBe(text);
});

test.each(["{.a", "{end}", "{range .a}", "{.a[}", "a}", "{*}", "{.a[?(@.b=)].c}"])(
  "%s is not a template",
  (template) => {
    expect(() => checkJsonPath(template)).toThrowError(/is not a JSONPath template/);
  },
);

test("an expression cannot run anything", () => {
  expect(renderJsonPath('{.users[?(this.constructor.constructor("return process")().exit(7))]}', list)).toBe("");
});
