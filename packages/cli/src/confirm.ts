import { MeshError, say } from "@isthmus/core";
import { isInteractive } from "./io.ts";
import { terminalText } from "./render/terminalText.ts";
import type { Session } from "./session.ts";

/** Asks on the terminal. Throws CONFIRMATION_NEEDED where nobody can answer. */
export async function confirm(
  session: Session,
  question: string,
  hint = "look at `isthmus plan`, then apply with --yes; or save it with `isthmus plan --out FILE` and apply that",
): Promise<"yes" | "no" | "cancelled"> {
  const { io, signal } = session;
  if (!isInteractive(io)) {
    throw new MeshError({
      code: "CONFIRMATION_NEEDED",
      at: {},
      message: say`there is no terminal to ask on`,
      hint,
    });
  }
  const prompts = await import("@clack/prompts");
  // Not on stdout, which is for data.
  const answer = await prompts.confirm({
    message: terminalText(question, { colored: false, ascii: false }),
    initialValue: false,
    input: io.stdin,
    output: io.stderr,
    signal,
  });
  if (prompts.isCancel(answer)) return "cancelled";
  return answer ? "yes" : "no";
}
