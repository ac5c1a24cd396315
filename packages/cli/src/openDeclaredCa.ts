import { type Ca, type DeclaredMesh, loadCa } from "@isthmus/engine";
import type { Passphrases } from "./passphrase.ts";
import type { Session } from "./session.ts";

/** The CA that the declarations describe. Asks nobody yet; holds connections: close it. */
export async function openDeclaredCa(
  session: Session,
  { intents, sources }: Pick<DeclaredMesh, "intents" | "sources">,
  { of: passphrase }: Pick<Passphrases, "of">,
): Promise<Ca> {
  const { openCa } = await loadCa();
  return openCa({
    ...session.ways,
    ...{ intents, env: session.io.env, passphrase },
    sources,
    now: () => new Date(),
    signal: session.signal,
  });
}
