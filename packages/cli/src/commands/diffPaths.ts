import { isPartial, type Problem, say, undeclaredMesh, usage } from "@isthmus/core";
import { type PathChange, pathChanges } from "@isthmus/core/reachability";
import { type TraceWorld, traceWorld } from "@isthmus/core/trace";
import { observe, withRevision, withTargets } from "@isthmus/engine";
import { exitCodes, failureCode } from "../exit.ts";
import { changesData, changesJunit, changesMarkdown, changesTable } from "../render/pathChanges.ts";
import type { Session } from "../session.ts";

/** What changes of who reaches what, between two states of one cluster: folders, dumps, revisions, a context. */
export async function diffPaths(session: Session, words: readonly string[]): Promise<number> {
  const { before, after } = statesOf(words);
  const [left, right] = [await read(session, before), await read(session, after)];
  const problems = [...left.problems, ...right.problems];
  if (isPartial(problems)) {
    session.report(problems);
    return failureCode("diff-paths");
  }
  const changes = pathChanges(left.world, right.world);
  print(session, changes);
  session.report(problems);
  return changes.length === 0 ? exitCodes.ok : exitCodes.different;
}

type State = { readonly path: string; readonly revision?: string } | { readonly context: string };

/** `HEAD~1..` and a folder, or two of folder, file and `context:NAME`. */
function statesOf([first = "", second, ...more]: readonly string[]): { readonly before: State; readonly after: State } {
  const [, from, to] = /^([^.\s/][^\s]*?)\.\.([^.\s]\S*)?$/.exec(first) ?? [];
  if (more.length > 0 || (from === undefined && second === undefined)) {
    throw usage(
      say`diff-paths takes two states`,
      "isthmus diff-paths OLD NEW, or isthmus diff-paths HEAD~1.. -- FOLDER",
    );
  }
  if (from === undefined) return { before: stateOf(first), after: stateOf(second ?? ".") };
  const path = second ?? ".";
  return { before: { path, revision: from }, after: to === undefined ? { path } : { path, revision: to } };
}

function stateOf(word: string): State {
  return word.startsWith("context:") ? { context: word.slice("context:".length) } : { path: word };
}

interface ReadState {
  readonly world: TraceWorld;
  readonly problems: readonly Problem[];
}

/** Both states are of one cluster, by whatever name: `mesh`. */
async function read(session: Session, state: State): Promise<ReadState> {
  if ("context" in state) return readCluster(session, { context: state.context, name: clusterName });
  const { path, revision } = state;
  if (revision === undefined) return readCluster(session, { directory: path, name: clusterName });
  return withRevision({ cwd: session.ways.cwd, revision, path, signal: session.signal }, (directory) =>
    readCluster(session, { directory, name: clusterName }),
  );
}

const clusterName = "cluster";

async function readCluster(session: Session, given: Parameters<typeof undeclaredMesh>[0][number]): Promise<ReadState> {
  const intents = undeclaredMesh([given]);
  const dumps = { complete: true, stdin: session.io.stdin };
  return withTargets(intents, { ...session.ways, trustAccess: true, dumps }, async (targets) => {
    const { observed, problems } = await observe(targets, session.reading);
    return { world: traceWorld(observed, intents), problems };
  });
}

function print(session: Session, changes: readonly PathChange[]): void {
  if (session.ownFormat === "markdown") session.print(changesMarkdown(changes));
  else if (session.ownFormat === "junit") session.print(changesJunit(changes));
  else if (session.format === undefined) session.print(changesTable(changes, session.out));
  else session.printData("PathChanges", changesData(changes));
}
