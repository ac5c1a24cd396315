import { resolve } from "node:path";
import { type GivenCluster, type Intents, MeshError, type Observed, say, undeclaredMesh, usage } from "@isthmus/core";
import { absentKinds } from "@isthmus/engine";
import { listContexts } from "@isthmus/kube";
import { findDeclaredCluster } from "./findDeclaredCluster.ts";
import type { GivenOptions } from "./givenOptions.ts";
import { readIfAny } from "./readDeclarations.ts";
import type { Session } from "./session.ts";
import type { Declarations } from "./withMesh.ts";

export interface GivenMeshOptions extends GivenOptions {
  readonly cluster?: readonly string[];
  /** As it would be after an apply: only what is declared can be. */
  readonly planned?: boolean;
}

/**
 * The clusters that are given by hand, else what is declared, else the kubeconfig's current context: a mesh can be looked at before
 * anything of Isthmus is there. Throws USAGE.
 */
export async function givenMesh(
  session: Session,
  { context = [], dir = [], cluster, complete = false, planned = false }: GivenMeshOptions,
): Promise<Declarations> {
  const given = [...context.map((name) => ({ context: name })), ...dir.map(directoryOf)];
  if (given.length > 0) {
    if (planned) throw notPlanned();
    if (dir.filter((each) => /^([^=]*=)?-$/.test(each)).length > 1) {
      throw usage(say`standard input can stand for one cluster only`, "Give the others as files.");
    }
    if (session.options.filename.length > 0) {
      const option = context.length > 0 ? "--context" : "--dir";
      throw usage(say`${{ option }} names clusters in place of what is declared`, "Leave out -f, or the clusters.");
    }
    return { ...undeclared(given, cluster), isComplete: complete };
  }
  if (complete) throw usage(say`--complete is about a dump`, "Name it by --dir.");
  const found = await readIfAny(session);
  if (!(found instanceof MeshError)) {
    const { intents, sources, problems } = found;
    return { intents: intents && narrowed(intents, cluster), sources, problems };
  }
  const { cwd, kubeconfig } = session.ways;
  const { current } = await listContexts(kubeconfig && resolve(cwd, kubeconfig));
  if (current === undefined) throw found;
  if (planned) throw notPlanned();
  session.note(`Nothing is declared here: looking at the current context, ${current}. --context names others.\n`);
  return undeclared([{ context: current }], cluster);
}

function notPlanned(): MeshError {
  const message = say`--planned needs declarations, which --context and --dir stand in for`;
  return usage(message, "Leave out the one or the other.");
}

/** What is taken for granted of clusters that are known from manifests or dumps, and what cannot be told of them. */
export function tellAbsentKinds({ note, err }: Session, given: Declarations, observed: Observed): void {
  if (given.isGivenByHand !== true) return;
  for (const { cluster, kinds, taken } of absentKinds(observed)) {
    const all = kinds.join(", ");
    const line =
      taken === "absent"
        ? `${cluster}: what was given is taken to be all there is; it holds no ${all}.\n`
        : `${cluster}: the dump does not show whether there are ${all}; if it holds all there is: --complete.\n`;
    note(err.faint(line));
  }
}

/** Whoever names a cluster on the command line trusts it. */
function undeclared(given: readonly GivenCluster[], cluster: readonly string[] | undefined): Declarations {
  return { intents: narrowed(undeclaredMesh(given), cluster), problems: [], isGivenByHand: true };
}

function directoryOf(written: string): GivenCluster {
  const { name, directory } = /^(?:(?<name>[^=/\\]*)=|(?![^=/\\]*=))(?<directory>.+)$/.exec(written)?.groups ?? {};
  if (directory === undefined || name === "") {
    throw usage(say`--dir ${{ written }} does not name a folder`, "Write it as cluster1=manifests/cluster1.");
  }
  const named = name ?? (directory === "-" ? "stdin" : undefined);
  return { directory, ...(named === undefined ? {} : { name: named }) };
}

function narrowed(intents: Intents, chosen: readonly string[] | undefined): Intents {
  if (chosen === undefined) return intents;
  const found = new Set(chosen.map((name) => findDeclaredCluster(name, intents.clusters)));
  return { ...intents, clusters: intents.clusters.filter((cluster) => found.has(cluster)) };
}
