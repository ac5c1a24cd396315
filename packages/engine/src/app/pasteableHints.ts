import { type MeshCluster, type Problem, shellWord } from "@isthmus/core";

/**
 * Commands in hints as they can be pasted: with the kubeconfig and the context that lead to a cluster, where core, which knows
 * neither, has the cluster's name. A directory has no API server to command.
 */
export function pasteableHints<P extends Partial<Problem>>(
  problems: readonly P[],
  clusters: readonly MeshCluster[],
): readonly P[] {
  return problems.map((problem) => {
    const { hint = "", place, refs = [] } = problem;
    if (!command.test(hint)) return problem;
    const cluster = place?.cluster ?? refs[0]?.cluster;
    return { ...problem, hint: pasteableText(hint, clusters, cluster) };
  });
}

/** The same for a text of any lines, of which a command is one at most; `of` is the cluster of commands that name none. */
export function pasteableText(text: string, clusters: readonly MeshCluster[], of?: string): string {
  const byName = new Map(clusters.map((cluster) => [cluster.metadata.name, cluster]));
  const lines = text.split("\n").map((line) => line.replaceAll(each, (...found) => spelled(found, byName, of)));
  return lines.join("\n").replace("look at look into ", "look into ");
}

const command = /\b(?:kubectl|istioctl) /;
/** A command up to what follows it in a sentence. */
const each = /(`?)\b(kubectl|istioctl) (?:--context (\S+) )?([^`,;]*?)(?=`|[,;]|\.(?: |$)| and | tells |$)(`?)/g;

function spelled(found: readonly string[], clusters: ReadonlyMap<string, MeshCluster>, of: string | undefined): string {
  const [whole = "", open = "", tool = "", named, words = "", close = ""] = found;
  const cluster = clusters.get(named ?? of ?? "");
  if (cluster === undefined) return whole;
  const { directory, kubeconfig, context } = cluster.spec.access;
  if (directory !== undefined) return inDirectory(words, directory);
  const file = kubeconfig?.path;
  const ways = [
    ...(file === undefined ? [] : [`--kubeconfig ${shellWord(file)}`]),
    // A file of the cluster's own tells by its current context.
    ...(file !== undefined && context === undefined
      ? []
      : [`--context ${shellWord(context ?? cluster.metadata.name)}`]),
  ];
  return `${open}${tool} ${ways.join(" ")} ${words}${close}`;
}

/** What has the same effect on manifests. */
function inDirectory(words: string, directory: string): string {
  const [, kind, name] = /^(?:-n \S+ )?create (\S+) (\S+)/.exec(words) ?? [];
  if (kind !== undefined) return `add a manifest of ${kind} ${name} to ${directory}`;
  const [, labelled, subject, label] = /^label (\S+) (\S+) (\S+)/.exec(words) ?? [];
  if (labelled !== undefined) {
    return `set the label ${label} on ${subject === "--all" ? labelled : `${labelled} ${subject}`} in ${directory}`;
  }
  return `look into the manifests in ${directory}`;
}
