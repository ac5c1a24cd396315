import { resolve } from "node:path";
import { type GivenCluster, type Intents, MeshError, type Observed, say, undeclaredMesh } from "@isthmus/core";
import { absentKinds } from "@isthmus/engine";
import { listContexts } from "@isthmus/kube";
import { findDeclaredCluster } from "./findDeclaredCluster.ts";
import type { GivenOptions } from "./givenOptions.ts";
import { readIfAny } from "./readDeclarations.ts";
import type { Session } from "./session.ts";
import { usage } from "./usage.ts";
import type { Declarations } from "./withMesh.ts";

/**
 * The clusters that are given by hand, else what is declared, else the kubeconfig's current context: a mesh can be looked at before
 * anything of Isthmus is there. Throws USAGE.
 */
export async function givenMesh(
  session: Session,
  { context = [], dir = [], cluster }: GivenOptions & { readonly cluster?: readonly string[] },
): Promise<Declarations> {
  const given = [...context.map((name) => ({ context: name })), ...dir.map(directoryOf)];
  if (given.length > 0) {
    if (session.options.filename.length > 0) {
      const option = context.length > 0 ? "--context" : "--dir";
      throw usage(say`${{ option }} names clusters in place of what is declared`, "Leave out -f, or the clusters.");
    }
    return undeclared(given, cluster);
  }
  const found = await readIfAny(session);
  if (!(found instanceof MeshError)) {
    const { intents, sources, problems } = found;
    return { intents: intents && narrowed(intents, cluster), sources, problems };
  }
  const { cwd, kubeconfig } = session.ways;
  const { current } = await listContexts(kubeconfig && resolve(cwd, kubeconfig));
  if (current === undefined) throw found;
  session.note(`Nothing is declared here: looking at the current context, ${current}. --context names others.\n`);
  return undeclared([{ context: current }], cluster);
}

/** What a dump that was made without a kind would hide is worth a line: it counts as not being in the cluster. */
export function tellAbsentKinds({ note, err }: Session, given: Declarations, observed: Observed): void {
  if (given.isGivenByHand !== true) return;
  for (const [cluster, kinds] of absentKinds(observed)) {
    note(err.faint(`${cluster}: the manifests hold no ${kinds.join(", ")}; taken as being all there is.\n`));
  }
}

/** Whoever names a cluster on the command line trusts it. */
function undeclared(given: readonly GivenCluster[], cluster: readonly string[] | undefined): Declarations {
  return { intents: narrowed(undeclaredMesh(given), cluster), problems: [], isGivenByHand: true };
}

function directoryOf(written: string): GivenCluster {
  const { name, directory } = /^(?:(?<name>[^=/\\]*)=)?(?<directory>.+)$/.exec(written)?.groups ?? {};
  if (directory === undefined || name === "") {
    throw usage(say`--dir ${{ written }} does not name a folder`, "Write it as cluster1=manifests/cluster1.");
  }
  return { directory, ...(name === undefined ? {} : { name }) };
}

function narrowed(intents: Intents, chosen: readonly string[] | undefined): Intents {
  if (chosen === undefined) return intents;
  const found = new Set(chosen.map((name) => findDeclaredCluster(name, intents.clusters)));
  return { ...intents, clusters: intents.clusters.filter((cluster) => found.has(cluster)) };
}
