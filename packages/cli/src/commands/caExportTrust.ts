import { say, usage } from "@isthmus/core";
import { joinBundles } from "@isthmus/pki";
import { exitCodes } from "../exit.ts";
import type { Session } from "../session.ts";
import { type CaWork, withCa } from "../withCa.ts";
import { writeText } from "../writeText.ts";

export interface CaExportTrustOptions {
  readonly external?: boolean;
  readonly fromClusters?: boolean;
  readonly out?: string;
}

/** Prints the roots as PEM; there is no secret in them. Throws USAGE where only the clusters know them. */
export async function caExportTrust(session: Session, options: CaExportTrustOptions): Promise<number> {
  return withCa(session, {}, async (work) => {
    const bundle = options.fromClusters === true ? await rootsOfClusters(work) : await rootsOfCa(work, options);
    if (options.out === undefined) session.print(bundle);
    else await writeText(session, options.out, bundle);
    return exitCodes.ok;
  });
}

async function rootsOfCa({ ca, functions }: CaWork, { external }: CaExportTrustOptions): Promise<string> {
  const isExternal = external === true;
  const root = await ca.knownRoot(isExternal ? "external" : "mesh");
  const bundle = joinBundles(root ?? "", isExternal ? "" : await functions.declaredRoots(ca));
  if (bundle !== "") return bundle;
  throw usage(
    say`only the signer knows its root`,
    "isthmus ca export-trust --from-clusters prints what the clusters trust.",
  );
}

async function rootsOfClusters({ ca, functions, intents }: CaWork): Promise<string> {
  const live = intents.clusters.filter(({ spec }) => spec.access.directory === undefined);
  const bundles = await Promise.all(
    live.map(async (cluster) =>
      functions.publishedRoots(await ca.client(cluster), {
        cluster: cluster.metadata.name,
        namespace: intents.mesh.spec.istioNamespace,
        ...(ca.signal && { signal: ca.signal }),
      }),
    ),
  );
  return joinBundles(...bundles);
}
