import { expect, test } from "vitest";
import { apiVersion } from "../resource.ts";
import { appendDocument, formatIntents, toYaml } from "./toYaml.ts";

const cluster = { apiVersion, kind: "MeshCluster", metadata: { name: "cluster1" } } as const;

test("a resource is written without defaults, in the order of the reference, short collections on a line", () => {
  const text = toYaml({
    kind: "SharedService",
    apiVersion,
    spec: {
      as: ["PerCluster"],
      consumers: [{ namespaces: ["foo"], clusters: ["cluster1"] }],
      servedBy: ["cluster2"],
      traffic: { split: [{ cluster: "cluster2", weight: 100, labels: { version: "1" } }] },
    },
    metadata: { labels: { team: "a" }, namespace: "bar", name: "httpbin", uid: "of the server" },
    status: { phase: "of the controller" },
  });

  expect(text).toBe(`apiVersion: isthmus.io/v1alpha1
kind: SharedService
metadata:
  name: httpbin
  namespace: bar
  labels: {team: a}
spec:
  servedBy: [cluster2]
  consumers:
  - clusters: [cluster1]
    namespaces: [foo]
  traffic:
    split:
    - cluster: cluster2
      labels: {version: "1"}
      weight: 100
`);
});

test("a mapping of nothing but defaults is not written", () => {
  const text = toYaml({ ...cluster, spec: { access: {}, eastWestGateway: { port: 15443 }, drain: false } });

  expect(text).toBe("apiVersion: isthmus.io/v1alpha1\nkind: MeshCluster\nmetadata: {name: cluster1}\n");
});

test("text that kubectl would take for a boolean or a number is quoted", () => {
  const labels = { a: "on", b: "y", c: "1_000", d: "0o17", no: "x" };

  const text = toYaml({ ...cluster, metadata: { name: "cluster1", labels } });

  expect(text).toContain('labels: {a: "on", b: "y", c: "1_000", d: "0o17", "no": x}');
});

test("several resources are documents of one text", () => {
  expect(formatIntents([cluster, cluster])).toBe(`${toYaml(cluster)}---\n${toYaml(cluster)}`);
});

test.each([
  ["", ""],
  ["# mine\n", "# mine\n---\n"],
  ["a: 1 # mine", "a: 1 # mine\n---\n"],
  ["a: 1\n---\n", "a: 1\n---\n"],
  ["a: 1\n---", "a: 1\n---\n"],
])("a document is appended to %j", (text, before) => {
  expect(appendDocument(text, cluster)).toBe(`${before}${toYaml(cluster)}`);
});

test("a file of CRLF lines stays one", () => {
  const appended = appendDocument("a: 1\r\n", cluster);

  expect(appended.replaceAll("\r\n", "")).not.toMatch(/\n/);
  expect(appended.startsWith("a: 1\r\n---\r\napiVersion: ")).toBe(true);
});
