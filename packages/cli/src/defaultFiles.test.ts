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

  expect(await defaultFiles(folder)).toEqual([name]);
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
