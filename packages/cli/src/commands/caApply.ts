import { resolve } from "node:path";
import { exitCodes } from "../exit.ts";
import { renderOutcomes } from "../render/certificates.ts";
import type { Session } from "../session.ts";
import { clusterNamed, withCa } from "../withCa.ts";

export interface CaApplyOptions {
  readonly from: string;
  readonly adopt?: boolean;
  readonly replaceRoot?: boolean;
}

/** Writes files into a cluster's Secret cacerts. Throws CERTIFICATE_INVALID, OBJECT_NOT_OURS, CA_ROOT_CHANGES … */
export async function caApply(session: Session, name: string, options: CaApplyOptions): Promise<number> {
  return withCa(session, {}, async ({ ca, functions, intents }) => {
    const cluster = clusterNamed(name, intents);
    const folder = { name: options.from, path: resolve(session.io.cwd, options.from) };
    const outcome = await functions.applyCaCerts(ca, cluster, await functions.readCaCertsFolder(folder), {
      adopt: options.adopt === true,
      replaceRoot: options.replaceRoot === true,
    });
    const problems = outcome.restart ? [functions.restartNeeded(outcome)] : [];
    if (session.format !== undefined) session.printData("Certificates", { certificates: [outcome], problems });
    else session.print(renderOutcomes([outcome], session.out));
    session.report(problems);
    return exitCodes.ok;
  });
}
