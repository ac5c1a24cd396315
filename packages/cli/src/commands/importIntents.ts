import { formatIntents, hasErrors, type Problem, say, shellWord, usage } from "@isthmus/core";
import { importEmco } from "@isthmus/core/setup";
import { readInputFiles } from "@isthmus/engine";
import { exitCodes } from "../exit.ts";
import type { Session } from "../session.ts";
import { writeText } from "../writeText.ts";

export interface ImportOptions {
  readonly namespace?: string;
  /** `app=cluster` */
  readonly place?: readonly string[];
  readonly out?: string;
  readonly force?: boolean;
}

/** Prints another system's declarations as ours, or writes them to a file. Nothing where there is a mistake. */
export async function importIntents(
  session: Session,
  _system: "emco",
  paths: readonly string[],
  options: ImportOptions,
): Promise<number> {
  const { io, signal } = session;
  const read = await readInputFiles(paths, { cwd: io.cwd, stdin: io.stdin, signal });
  const found = importEmco(read.files, {
    clusters: placesOf(options.place ?? []),
    ...(options.namespace === undefined ? {} : { namespace: options.namespace }),
  });
  const problems: readonly Problem[] = [...read.problems, ...found.problems];
  session.report(problems);
  if (hasErrors(problems)) return exitCodes.failed;
  if (session.format === "json") {
    session.printManifests(found.intents);
    return exitCodes.ok;
  }
  const text = formatIntents(found.intents);
  if (options.out === undefined) session.print(text);
  else {
    await writeText(session, options.out, text, { replace: options.force === true });
    session.note(`Wrote ${options.out}.\n`);
  }
  const clusters = found.intents.flatMap(({ kind, metadata }) => (kind === "MeshCluster" ? [metadata.name] : []));
  session.note(
    `Next: see that ${clusters.join(", ")} ${clusters.length === 1 ? "is a context" : "are contexts"} of your kubeconfig (spec.access.context), then isthmus plan${options.out === undefined ? "" : ` -f ${shellWord(options.out)}`}\n`,
  );
  return exitCodes.ok;
}

/** Throws USAGE. */
function placesOf(places: readonly string[]): ReadonlyMap<string, readonly string[]> {
  const clusters = new Map<string, readonly string[]>();
  for (const place of places) {
    const [app = "", cluster = "", ...rest] = place.split("=");
    if (app === "" || cluster === "" || rest.length > 0) {
      const message = say`--place ${{ place }} is not app=cluster`;
      throw usage(message, "such as --place httpbin=cluster2");
    }
    clusters.set(app, [...(clusters.get(app) ?? []), cluster]);
  }
  return clusters;
}
