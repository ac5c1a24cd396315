import type { CaKind } from "@isthmus/engine";
import { exitCodes } from "../exit.ts";
import type { PassphraseOptions } from "../passphrase.ts";
import { keyFileData, renderKeyFile } from "../render/certificates.ts";
import type { Session } from "../session.ts";
import { withCa } from "../withCa.ts";

export interface CaInitOptions extends PassphraseOptions {
  readonly external?: boolean;
  readonly key: "ecdsa" | "rsa4096";
  readonly days: number;
}

/** Makes a root in the key file that `spec.ca` names. Throws CA_EXISTS, CA_PASSPHRASE_MISSING. */
export async function caInit(session: Session, options: CaInitOptions): Promise<number> {
  return withCa(session, options, async ({ ca, functions, passphrases }) => {
    const kind: CaKind = options.external === true ? "external" : "mesh";
    const { name } = ca.keyFile(kind);
    const made = await functions.initCa(ca, kind, { ...options, newPassphrase: () => passphrases.fresh(name) });
    session.note(renderKeyFile(made));
    session.note(`Next: isthmus ca issue --all${kind === "external" ? " --external" : ""}\n`);
    if (session.format !== undefined) session.printData("KeyFile", keyFileData(made));
    return exitCodes.ok;
  });
}
