import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { parseIntents } from "@isthmus/core";
import { listContexts } from "@isthmus/kube";
import { defaultFiles } from "../defaultFiles.ts";
import type { Session } from "../session.ts";
import type { ValueSources } from "./completion.ts";

/** What a shell may offer: contexts of the kubeconfig, and the clusters that the files in this folder declare. */
export async function completionValues(session: Session): Promise<ValueSources> {
  const [contexts, clusters] = await Promise.all([
    // Someone who presses Tab does not want to read what is wrong with a file.
    listContexts(session.options.kubeconfig).then(
      ({ names }) => names,
      () => [],
    ),
    declaredClusters(session.io.cwd).catch(() => []),
  ]);
  const caller = ["outside", ...clusters.map((cluster) => `outside@${cluster}`)];
  return {
    context: contexts,
    cluster: clusters,
    from: clusters,
    to: clusters,
    caller,
    output: ["table", "yaml", "json"],
  };
}

async function declaredClusters(folder: string): Promise<readonly string[]> {
  const { files: names } = await defaultFiles(folder);
  const files = names.map(async (name) => ({
    name,
    text: await readFile(resolve(folder, name), "utf8"),
  }));
  const { intents } = parseIntents(await Promise.all(files));
  return intents?.clusters.map(({ metadata }) => metadata.name) ?? [];
}
