import { type Intents, type MeshCluster, MeshError, nearestName, say } from "@isthmus/core";
import { type Ca, loadCa } from "@isthmus/engine";
import { failureCode } from "./exit.ts";
import { openDeclaredCa } from "./openDeclaredCa.ts";
import { type PassphraseOptions, type Passphrases, passphrases } from "./passphrase.ts";
import { readDeclarations } from "./readDeclarations.ts";
import type { Session } from "./session.ts";

export type CaFunctions = Awaited<ReturnType<typeof loadCa>>;

export interface CaWork {
  readonly ca: Ca;
  readonly functions: CaFunctions;
  readonly intents: Intents;
  readonly passphrases: Passphrases;
}

/** Has `work` done with the CA that the declarations describe; its result is the exit code. Mistakes in them are reported. */
export async function withCa(
  session: Session,
  options: PassphraseOptions,
  work: (given: CaWork) => Promise<number>,
): Promise<number> {
  const { intents, sources, problems } = await readDeclarations(session);
  session.report(problems);
  if (intents === undefined) {
    if (session.format !== undefined) session.printData("Problems", { problems });
    return failureCode(`ca ${session.command}`);
  }
  const functions = await loadCa();
  const asking = passphrases(session, options);
  const ca = await openDeclaredCa(session, { intents, sources }, asking);
  try {
    return await work({ ca, functions, intents, passphrases: asking });
  } finally {
    await ca.close();
  }
}

/** The declared cluster of a name. Throws CLUSTER_UNKNOWN. */
export function clusterNamed(name: string, { clusters }: Intents): MeshCluster {
  const found = clusters.find(({ metadata }) => metadata.name === name);
  if (found !== undefined) return found;
  const names = clusters.map(({ metadata }) => metadata.name);
  const near = nearestName(name, names);
  throw new MeshError({
    code: "CLUSTER_UNKNOWN",
    at: { kind: "MeshCluster", name },
    message: say`no cluster ${{ name }} is declared`,
    hint: near === undefined ? `Declared are ${names.join(", ") || "none"}.` : `Did you mean ${near}?`,
  });
}
