import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { defaultFiles } from "./defaultFiles.ts";
import { emptyFolder } from "./testing/runCli.ts";

const mesh = { apiVersion: "isthmus.io/v1alpha1", kind: "Mesh", metadata: { name: "mesh" } };
const { apiVersion, ...rest } = mesh;

test.each([
  ["YAML", "a.yaml", "apiVersion: isthmus.io/v1alpha1\nkind: Mesh\n"],
  ["YAML with quotes after a comment", "a.yml", `# ours\n---\nkind: Mesh\napiVersion: "isthmus.io/v1alpha1"\n`],
  ["an item of a YAML list", "a.yaml", "kind: List\nitems:\n- apiVersion: isthmus.io/v1alpha1\n  kind: Mesh\n"],
  ["YAML in one line", "a.yaml", "{kind: Mesh, metadata: {name: mesh}, apiVersion: isthmus.io/v1alpha1}\n"],
  ["YAML in one line after a separator", "a.yaml", "--- {apiVersion: isthmus.io/v1alpha1, kind: Mesh}\n"],
  ["JSON", "a.json", JSON.stringify(mesh, undefined, 2)],
  ["JSON in one line", "a.json", JSON.stringify(mesh)],
  ["JSON in one line, in another order", "a.json", JSON.stringify({ ...rest, apiVersion })],
  ["a JSON list in one line", "a.yaml", JSON.stringify({ kind: "List", items: [rest, mesh] })],
])("%s is found without -f", async (_what, name, text) => {
  const folder = await emptyFolder();
  await writeFile(join(folder, name), text);

  expect(await defaultFiles(folder)).toEqual({ files: [name], problems: [] });
});

test.each([
  ["another manifest", "a.yaml", "apiVersion: v1\nkind: ConfigMap\n"],
  [
    "a declaration within a text",
    "a.json",
    JSON.stringify({ kind: "ConfigMap", data: { mesh: JSON.stringify(mesh) } }),
  ],
  ["another ending", "a.txt", JSON.stringify(mesh)],
])("%s is left alone", async (_what, name, text) => {
  const folder = await emptyFolder();
  await writeFile(join(folder, name), text);

  await expect(defaultFiles(folder)).rejects.toMatchObject({ problem: { code: "NO_INTENTS" } });
});

test.each([
  ["a slip in the group", "apiVersion: ithmus.io/v1alpha1\nkind: SharedService\n"],
  ["a slip in the group and a kind that does not exist", "apiVersion: isthums.io/v1\nkind: Thing\n"],
  ["no apiVersion", "kind: SharedService\nmetadata: {name: a}\n"],
  ["no apiVersion and a slip in the kind", "kind: SharedServices\n"],
  ["a group of Kubernetes", "apiVersion: v1\nkind: MeshCluster\n"],
  ["a list with such an item", "kind: List\napiVersion: v1\nitems: [{kind: ExternalAccess}]\n"],
])("a file with %s was meant to declare, so that its mistake is told", async (_what, text) => {
  const folder = await emptyFolder();
  await writeFile(join(folder, "a.yaml"), text);

  expect(await defaultFiles(folder)).toEqual({ files: ["a.yaml"], problems: [] });
});

test("another product's kind of the same name is passed over with a warning, and other manifests without one", async () => {
  const folder = await emptyFolder();
  await writeFile(join(folder, "a.yaml"), "apiVersion: isthmus.io/v1alpha1\nkind: Mesh\n");
  await writeFile(join(folder, "b.yaml"), "kind: Mesh\napiVersion: kuma.io/v1alpha1\n");
  await writeFile(join(folder, "c.yaml"), "apiVersion: networking.istio.io/v1\nkind: VirtualService\n");

  const { files, problems } = await defaultFiles(folder);

  expect(files).toEqual(["a.yaml"]);
  expect(problems).toMatchObject([{ code: "KIND_NAMESAKE", at: "b.yaml:2:13" }]);
});
