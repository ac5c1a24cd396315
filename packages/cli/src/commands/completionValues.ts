import { type Intents, kinds, problemCodes } from "@isthmus/core";
import { readIntentFiles } from "@isthmus/engine";
import { listContexts } from "@isthmus/kube";
import type { Session } from "../session.ts";
import type { ValueSources } from "./completion.ts";

/** What a shell may offer: contexts of the kubeconfig, problem codes, and what the files in this folder declare. */
export async function completionValues(session: Session): Promise<ValueSources> {
  const [contexts, intents] = await Promise.all([
    // Someone who presses Tab does not want to read what is wrong with a file.
    listContexts(session.options.kubeconfig).then(
      ({ names }) => names,
      () => [],
    ),
    declared(session.io.cwd).catch(() => undefined),
  ]);
  const clusters = intents?.clusters.map(({ metadata }) => metadata.name) ?? [];
  const shared = (intents?.sharedServices ?? []).map(({ metadata }) => `${metadata.name}.${metadata.namespace}`);
  const others = [...(intents?.externalAccesses ?? []), ...(intents?.externalServices ?? [])].map(
    ({ metadata }) => `${metadata.name}.${metadata.namespace}`,
  );
  const caller = ["outside", ...clusters.map((cluster) => `outside@${cluster}`)];
  return {
    context: contexts,
    cluster: clusters,
    from: clusters,
    to: clusters,
    caller,
    word: [...Object.keys(problemCodes), ...kinds],
    service: [...shared, ...others],
    "service.namespace": [...shared, ...others],
    host: [...shared, ...others],
    output: ["table", "yaml", "json", "jsonpath="],
  };
}

async function declared(cwd: string): Promise<Intents | undefined> {
  return (await readIntentFiles([], { cwd })).intents;
}
