import { say, usage } from "@isthmus/core";
import type { PathChange } from "@isthmus/core/reachability";
import { type ClusterState, meshPathChanges, readRange, readState } from "@isthmus/engine";
import { exitCodes, failureCode } from "../exit.ts";
import { changesData, changesJunit, changesMarkdown, changesTable } from "../render/pathChanges.ts";
import type { Session } from "../session.ts";

/** What changes of who reaches what, between two states of one cluster: folders, dumps, revisions, a context. */
export async function diffPaths(session: Session, words: readonly string[]): Promise<number> {
  const states = await statesOf(words, session);
  const { ways, reading, io } = session;
  const { changes, problems } = await meshPathChanges(states, { ways, stdin: io.stdin, ...reading });
  if (changes === undefined) {
    session.report(problems);
    return failureCode("diff-paths");
  }
  print(session, changes);
  session.report(problems);
  return changes.length === 0 ? exitCodes.ok : exitCodes.different;
}

/** `HEAD~1..` and a folder, or two of folder, file, `REV:PATH` and `context:NAME`. Throws USAGE. */
async function statesOf(
  [first, second, ...more]: readonly string[],
  { ways: { cwd }, signal }: Session,
): Promise<readonly [ClusterState, ClusterState]> {
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

function print(session: Session, changes: readonly PathChange[]): void {
  if (session.ownFormat === "markdown") session.print(changesMarkdown(changes));
  else if (session.ownFormat === "junit") session.print(changesJunit(changes));
  else if (session.format === undefined) session.print(changesTable(changes, session.out));
  else session.printData("PathChanges", changesData(changes));
}
