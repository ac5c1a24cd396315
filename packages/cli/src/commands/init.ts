import { resolve } from "node:path";
import { say, starterMesh, usage } from "@isthmus/core";
import { findGateways } from "@isthmus/engine";
import { listContexts } from "@isthmus/kube";
import { exitCodes } from "../exit.ts";
import { isInteractive } from "../io.ts";
import { terminalText } from "../render/terminalText.ts";
import type { Session } from "../session.ts";
import { writeText } from "../writeText.ts";

export interface InitOptions {
  readonly context?: readonly string[];
  readonly force?: boolean;
}

/** Writes a first mesh.yaml from contexts of the kubeconfig. Replaces no file unless forced. Throws USAGE. */
export async function init(session: Session, options: InitOptions): Promise<number> {
  const file = session.options.filename[0] ?? "mesh.yaml";
  const { ways } = session;
  const { names } = await listContexts(ways.kubeconfig && resolve(ways.cwd, ways.kubeconfig));
  if (names.length === 0) throw usage(say`the kubeconfig has no contexts`, "name one with --kubeconfig or $KUBECONFIG");
  const chosen = options.context ?? (await askForContexts(session, names));
  if (chosen === undefined) return exitCodes.interrupted;
  const unknown = chosen.find((context) => !names.includes(context));
  if (unknown !== undefined) {
    throw usage(say`the kubeconfig has no context ${{ unknown }}`, `it has ${names.join(", ")}`);
  }
  session.note(`Looking for east-west gateways in ${chosen.join(", ")} …\n`);
  const { clusters, problems } = await findGateways([...new Set(chosen)], { ...ways, signal: session.signal });
  // An unreachable cluster can be declared all the same.
  session.report(problems);
  await writeText(session, file, starterMesh(clusters), { replace: options.force === true });
  session.note(
    [
      `Wrote ${file}.`,
      "Next: isthmus status, then for a service that another cluster should reach",
      "      isthmus connect <service>.<namespace> --from <cluster> --to <cluster>/<namespace>",
      "",
    ].join("\n"),
  );
  return exitCodes.ok;
}

async function askForContexts(session: Session, names: readonly string[]): Promise<readonly string[] | undefined> {
  const { io, signal } = session;
  if (!isInteractive(io)) {
    throw usage(say`which contexts are the clusters of the mesh?`, `give --context for each of: ${names.join(", ")}`);
  }
  const prompts = await import("@clack/prompts");
  const answer = await prompts.multiselect({
    message: "Which clusters form the mesh? (space chooses, enter accepts)",
    options: names.map((value) => ({ value, label: terminalText(value, { colored: false, ascii: false }) })),
    required: true,
    input: io.stdin,
    output: io.stderr,
    signal,
  });
  return prompts.isCancel(answer) ? undefined : answer;
}
