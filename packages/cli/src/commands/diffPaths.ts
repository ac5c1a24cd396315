import { type GivenCluster, isPartial, type Problem, say, undeclaredMesh, usage } from "@isthmus/core";
import { type PathChange, pathChanges } from "@isthmus/core/reachability";
import { type TraceWorld, traceWorld } from "@isthmus/core/trace";
import { observe, readRange, readState, type State, showRevision, withTargets } from "@isthmus/engine";
import { exitCodes, failureCode } from "../exit.ts";
import { changesData, changesJunit, changesMarkdown, changesTable } from "../render/pathChanges.ts";
import type { Session } from "../session.ts";

/** What changes of who reaches what, between two states of one cluster: folders, dumps, revisions, a context. */
export async function diffPaths(session: Session, words: readonly string[]): Promise<number> {
  const [before, after] = await statesOf(words, session);
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

type Given = State | { readonly context: string };

/** `HEAD~1..` and a folder, or two of folder, file, `REV:PATH` and `context:NAME`. Throws USAGE. */
async function statesOf(
  [first, second, ...more]: readonly string[],
  { ways: { cwd }, signal }: Session,
): Promise<readonly [Given, Given]> {
  const git = { cwd, signal };
  const range = first === undefined ? undefined : await readRange(first, second ?? ".", git);
  if (range !== undefined && more.length === 0) return range;
  if (first === undefined || second === undefined || more.length > 0) {
    throw usage(
      say`diff-paths takes two states`,
      "isthmus diff-paths OLD NEW, or isthmus diff-paths HEAD~1.. -- FOLDER",
    );
  }
  const given = async (word: string) =>
    word.startsWith("context:") ? { context: word.slice("context:".length) } : readState(word, git);
  return [await given(first), await given(second)];
}

interface ReadState {
  readonly world: TraceWorld;
  readonly problems: readonly Problem[];
}

/** Both states are of one cluster, by whatever name. */
const name = "cluster";

async function read(session: Session, given: Given): Promise<ReadState> {
  const revision = "revision" in given ? given.revision : undefined;
  const intents = undeclaredMesh([{ ...clusterOf(given), name }]);
  const dumps = { complete: true, stdin: session.io.stdin, revision };
  return withTargets(intents, { ...session.ways, trustAccess: true, dumps }, async (targets) => {
    const { observed, problems } = await observe(targets, session.reading);
    return { world: traceWorld(observed, intents), problems };
  });
}

function clusterOf(given: Given): GivenCluster {
  if ("context" in given) return given;
  return { directory: "path" in given ? given.path : showRevision(given.revision) };
}

function print(session: Session, changes: readonly PathChange[]): void {
  if (session.ownFormat === "markdown") session.print(changesMarkdown(changes));
  else if (session.ownFormat === "junit") session.print(changesJunit(changes));
  else if (session.format === undefined) session.print(changesTable(changes, session.out));
  else session.printData("PathChanges", changesData(changes));
}
