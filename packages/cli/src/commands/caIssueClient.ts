import { isIP } from "node:net";
import { resolve } from "node:path";
import { say, usage } from "@isthmus/core";
import { exitCodes } from "../exit.ts";
import type { PassphraseOptions } from "../passphrase.ts";
import type { Session } from "../session.ts";
import { withCa } from "../withCa.ts";

export interface CaIssueClientOptions extends PassphraseOptions {
  readonly san: readonly string[];
  readonly days?: number;
  readonly out?: string;
}

/** Makes a certificate and key for a client outside the mesh, as files. Throws SIGNER_FAILED, CA_MISSING … */
export async function caIssueClient(session: Session, name: string, options: CaIssueClientOptions): Promise<number> {
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(name)) {
    const message = say`${{ name }} cannot be the name of a client`;
    throw usage(message, "Letters, digits, '.', '_' and '-', 64 at most.");
  }
  return withCa(session, options, async ({ ca, functions }) => {
    const { days, san, out = name } = options;
    const issued = await functions.issueForClient(ca, {
      name,
      names: {
        dns: san.filter((each) => isIP(each) === 0 && !each.includes("://")),
        ip: san.filter((each) => isIP(each) !== 0),
        uri: san.filter((each) => each.includes("://")),
      },
      ...(days !== undefined && { days }),
    });
    const folder = { name: out, path: resolve(session.io.cwd, out) };
    await functions.writeSecretFiles(folder, functions.credentialFiles(issued));
    const { subject, fingerprint, notAfter } = issued.facts;
    session.note(`Wrote ${out}/tls.crt, tls.key (mode 0600) and ca.crt: ${subject}, until ${notAfter.slice(0, 10)}.\n`);
    if (session.format !== undefined)
      session.printData("ClientCertificate", { folder: out, subject, fingerprint, notAfter, san });
    return exitCodes.ok;
  });
}
