import { readIntentFiles } from "@isthmus/engine";
import { listContexts } from "@isthmus/kube";
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

async function declaredClusters(cwd: string): Promise<readonly string[]> {
  const { intents } = await readIntentFiles([], { cwd });
  return intents?.clusters.map(({ metadata }) => metadata.name) ?? [];
}
