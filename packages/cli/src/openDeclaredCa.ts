import { resolve } from "node:path";
import type { Intents, Sources } from "@isthmus/core";
import { type Ca, loadCa } from "@isthmus/engine";
import type { Passphrases } from "./passphrase.ts";
import type { Session } from "./session.ts";

/** The CA that the declarations describe. Asks nobody yet; holds connections: close it. */
export async function openDeclaredCa(
  session: Session,
  { intents, sources }: { readonly intents: Intents; readonly sources: Sources },
  { of: passphrase }: Pick<Passphrases, "of">,
): Promise<Ca> {
  const { openCa } = await loadCa();
  const { kubeconfig } = session.options;
  const { cwd, env } = session.io;
  return openCa({
    ...{ intents, sources, cwd, env, passphrase },
    now: () => new Date(),
    signal: session.signal,
    ...(kubeconfig === undefined ? {} : { kubeconfig: resolve(cwd, kubeconfig) }),
  });
}
