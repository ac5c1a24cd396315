import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Lab } from "../src/index.ts";

/** Each folder in it is an example that users can copy. */
export const examples = new URL("../../examples/", import.meta.url).pathname;

/**
 * Runs the workloads of examples/<name> in the lab, and copies its declarations into a new folder of the lab, with clusters reached by
 * the kubeconfig's contexts in place of directories. What istio.yaml stands for the lab has for real.
 */
export async function prepareExample(lab: Lab, name: string): Promise<string> {
  const source = join(examples, name);
  for (const cluster of await readdir(join(source, "clusters"))) {
    for (const file of await readdir(join(source, "clusters", cluster))) {
      if (file === "istio.yaml") continue;
      await lab.apply(cluster, await readFile(join(source, "clusters", cluster, file), "utf8"));
    }
  }
  const folder = await mkdtemp(join(dirname(lab.kubeconfig), `${name}-`));
  for (const file of await readdir(source)) {
    if (!file.endsWith(".yaml")) continue;
    const text = await readFile(join(source, file), "utf8");
    await writeFile(join(folder, file), text.replaceAll(/directory: clusters\/(\S+)/g, "context: $1"));
  }
  return folder;
}

/** A file of examples/<name>. */
export function exampleFile(name: string, file: string): Promise<string> {
  return readFile(join(examples, name, file), "utf8");
}

/** Replaces the first place where `from` stands in a file of the folder. */
export async function change(folder: string, file: string, from: string | RegExp, to: string): Promise<void> {
  const text = await readFile(join(folder, file), "utf8");
  if (!(typeof from === "string" ? text.includes(from) : from.test(text))) throw new Error(`${file} has no ${from}`);
  await writeFile(join(folder, file), text.replace(from, to));
}

/** Leaves nothing declared but the clusters. */
export async function undeclare(folder: string): Promise<void> {
  for (const file of await readdir(folder)) if (file !== "mesh.yaml") await rm(join(folder, file));
}
