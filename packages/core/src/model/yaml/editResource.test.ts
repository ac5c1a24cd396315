import { expect, test } from "vitest";
import { withConsumers, withoutResource } from "./editResource.ts";

const name = { kind: "SharedService", namespace: "bar", name: "httpbin" };
const head = "# mesh\napiVersion: isthmus.io/v1alpha1\nkind: Mesh\nmetadata: {name: mesh}\n---\n";
const service = `# ours
apiVersion: isthmus.io/v1alpha1
kind: SharedService
metadata: {name: httpbin, namespace: bar}
spec:
  servedBy: [cluster2]
  consumers:
  - clusters: [cluster1] # first
    namespaces: [foo]
`;
const first = { clusters: ["cluster1"], namespaces: ["foo"] };
const second = { clusters: ["cluster3"] };

test("a consumer is added, and everything else stays as it was written", () => {
  expect(withConsumers(head + service, name, [first, second])).toBe(`${head}${service}  - clusters: [cluster3]\n`);
});

test("a consumer is taken out", () => {
  expect(withConsumers(`${head}${service}  - clusters: [cluster3]\n`, name, [first])).toBe(head + service);
});

test("a resource is taken out of a file, and one that is not there is told", () => {
  expect(withoutResource(head + service, name)).toBe(head.replace("---\n", ""));
  expect(withoutResource(service, name)).toBe("");
  expect(withoutResource(head, name)).toBeUndefined();
});

test("an item of a list is found, in JSON as well", () => {
  const item = {
    apiVersion: "isthmus.io/v1alpha1",
    kind: "SharedService",
    metadata: name,
    spec: { consumers: [first] },
  };
  const list = { apiVersion: "v1", kind: "List", items: [item] };

  expect(JSON.parse(withConsumers(JSON.stringify(list), name, [second]) ?? "")).toEqual({
    ...list,
    items: [{ ...item, spec: { consumers: [second] } }],
  });
});
