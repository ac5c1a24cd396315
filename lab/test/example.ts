import { mkdtemp, readdir, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Lab } from "../src/index.ts";

const examples = new URL("../../examples/", import.meta.url).pathname;

/**
 * Runs the workloads of examples/<name> in the lab, and copies its declarations into a new folder, with clusters reached by
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
  const folder = await mkdtemp(join(tmpdir(), `isthmus-${name}-`));
  for (const file of await readdir(source)) {
    if (!file.endsWith(".yaml")) continue;
    const text = await readFile(join(source, file), "utf8");
    await writeFile(join(folder, file), text.replaceAll(/directory: clusters\/(\S+)/g, "context: $1"));
  }
  return folder;
}
