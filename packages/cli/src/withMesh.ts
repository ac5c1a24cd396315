import type { Intents, Problem, Sources } from "@isthmus/core";
import { type DeclaredMesh, withTargets } from "@isthmus/engine";
import { failureCode } from "./exit.ts";
import { problemsJunit } from "./reportFailure.ts";
import type { Session } from "./session.ts";

export interface Declarations {
  /** Undefined where they cannot be understood. */
  readonly intents: Intents | undefined;
  readonly sources?: Sources;
  readonly problems: readonly Problem[];
  /** The clusters are named on the command line, so that their files are trusted wherever they are. */
  readonly isGivenByHand?: true;
  /** What their dumps do not hold does not exist. */
  readonly isComplete?: boolean;
}

/**
 * Has `work` done with what is declared and the ways to the clusters; its result is the exit code. Where the declarations
 * cannot be understood, that is reported and no cluster is asked.
 */
export async function withMesh(
  session: Session,
  { intents, problems, sources, isGivenByHand, isComplete = false }: Declarations,
  work: (mesh: DeclaredMesh) => Promise<number>,
): Promise<number> {
  if (intents === undefined) return notUnderstood(session, problems);
  const places = sources === undefined ? {} : { sources };
  const given = { trustAccess: true, dumps: { complete: isComplete, stdin: session.io.stdin } };
  const ways = isGivenByHand === true ? { ...session.ways, ...given } : session.ways;
  return withTargets(intents, { ...ways, ...places }, (targets) => work({ intents, targets, problems, ...places }));
}

/** Tells what is wrong with what was given; the exit code. */
export function notUnderstood(session: Session, problems: readonly Problem[]): number {
  session.report(problems);
  if (session.format !== undefined) session.printData("Problems", { problems });
  if (session.ownFormat === "junit") session.print(problemsJunit(session.command, problems));
  return failureCode(session.command);
}
