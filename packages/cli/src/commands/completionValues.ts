import { homedir } from "node:os";
import { resolve } from "node:path";
import { type Intents, istioCluster, kinds, problemCodes, testKinds } from "@isthmus/core";
import { observe, readIntentFiles, withTargets } from "@isthmus/engine";
import { listContexts } from "@isthmus/kube";
import type { Session } from "../session.ts";
import type { ValueSources } from "./completion.ts";

/** What a shell may offer: contexts of the kubeconfig, problem codes, and what `-f` or the files in this folder declare. */
export async function completionValues(session: Session, words: readonly string[]): Promise<ValueSources> {
  const { cwd } = session.io;
  const before = words.slice(0, -1);
  const kubeconfig = valuesOf(before, ["--kubeconfig"]).at(-1);
  const files = valuesOf(before, ["-f", "--filename"]).filter((file) => file !== "-");
  const recursive = before.includes("-R") || before.includes("--recursive");
  const [contexts, intents] = await Promise.all([
    // Someone who presses Tab does not want to read what is wrong with a file.
    listContexts(kubeconfig && resolve(cwd, kubeconfig)).then(
      ({ names }) => names,
      () => [],
    ),
    readIntentFiles(files, { cwd, recursive }).then(
      ({ intents }) => intents,
      () => undefined,
    ),
  ]);
  const clusters = intents?.clusters.map(({ metadata }) => metadata.name) ?? [];
  const shared = (intents?.sharedServices ?? []).map(({ metadata }) => `${metadata.name}.${metadata.namespace}`);
  const others = [...(intents?.externalAccesses ?? []), ...(intents?.externalServices ?? [])].map(
    ({ metadata }) => `${metadata.name}.${metadata.namespace}`,
  );
  const isCaller = words[0] === "trace" || words[0] === "doctor";
  const workloads = intents === undefined || !isCaller ? [] : await workloadsIn(intents, session).catch(() => []);
  const caller = ["outside", ...clusters.map((cluster) => `outside@${cluster}`)];
  const all = [
    ...(intents?.sharedServices ?? []),
    ...(intents?.externalAccesses ?? []),
    ...(intents?.externalServices ?? []),
  ];
  return {
    namespace: [...new Set(all.map(({ metadata }) => metadata.namespace))],
    context: contexts,
    cluster: clusters,
    from: clusters,
    to: clusters,
    caller: [...workloads, ...caller],
    workload: workloads,
    word: [...Object.keys(problemCodes), ...kinds, ...testKinds],
    service: [...shared, ...others],
    "service.namespace": [...shared, ...others],
    host: [...shared, ...others],
    output: ["table", "yaml", "json", "jsonpath="],
  };
}

/** `sleep.foo@cluster1`, as manifests of directories have them: a live cluster would have to be asked. */
async function workloadsIn(intents: Intents, { ways, signal }: Session): Promise<readonly string[]> {
  const clusters = intents.clusters.filter(({ spec }) => spec.access.directory !== undefined);
  const { observed } = await withTargets({ ...intents, clusters }, ways, (targets) => observe(targets, { signal }));
  const found = [...observed.clusters.values()].flatMap((cluster) =>
    istioCluster(cluster, intents)
      .workloads.filter(({ proxy }) => proxy !== "gateway")
      .map(({ name, namespace }) => `${name}.${namespace}@${cluster.name}`),
  );
  return [...new Set(found)].sort();
}

/** What an option is given on the line so far; a shell would have put the home directory in place of `~`. */
function valuesOf(words: readonly string[], option: readonly string[]): readonly string[] {
  return words.flatMap((word, index) => {
    const [name = "", ...value] = word.split("=");
    if (!option.includes(name)) return [];
    const given = value.length > 0 ? value.join("=") : words[index + 1];
    return given === undefined ? [] : [given.replace(/^~(?=\/)/, homedir())];
  });
}
