import { fitsWildcard, type Problem, say, usage } from "@isthmus/core";
import { type PathTest, type PathTestResult, type PathTestVerdict, verdictOfResults } from "@isthmus/core/pathTest";
import { type DeclaredMesh, labelSelector, planMesh, readPathTests, testMesh } from "@isthmus/engine";
import { exitCodes, failureCode } from "../exit.ts";
import { givenMesh, tellAbsentKinds } from "../givenMesh.ts";
import type { GivenOptions } from "../givenOptions.ts";
import { renderPathTest, renderPathTestSummary, renderPathTests } from "../render/pathTests.ts";
import { pathTestsData } from "../render/pathTestsData.ts";
import type { Session } from "../session.ts";
import { watch } from "../watch.ts";
import { type Declarations, notUnderstood, withMesh } from "../withMesh.ts";

export interface TestOptions extends GivenOptions {
  readonly planned?: boolean;
  readonly wire?: boolean;
  readonly filter?: string;
  readonly selector?: string;
  readonly watch?: boolean;
}

/** Runs PathTests over the clusters as they are, or as they would be after an apply. */
export async function test(session: Session, paths: readonly string[], options: TestOptions): Promise<number> {
  const read = () => readTests(session, paths, options);
  const { tests, problems } = await read();
  if (problems.length > 0) return notUnderstood(session, problems);
  const given = await givenMesh(session, options);
  if (options.planned === true && options.wire === true)
    throw usage(say`--wire calls what is there now, not what is planned`, "Leave out the one or the other.");
  return withMesh(session, given, async (declared) => {
    if (options.watch !== true) return runOnce(session, given, { declared, tests, options });
    await watch(session, async () => {
      const now = await read();
      if (now.problems.length > 0) return { text: "", problems: now.problems };
      const found = await run(session, { declared, tests: now.tests, options });
      return { text: await textOf(session, found), problems: found.unseen };
    });
    return exitCodes.ok;
  });
}

interface Run {
  readonly declared: DeclaredMesh;
  readonly tests: readonly PathTest[];
  readonly options: TestOptions;
}

async function runOnce(session: Session, given: Declarations, toRun: Run): Promise<number> {
  // Results come line by line, and the rest below them.
  const isLive = session.format === undefined && session.ownFormat === undefined;
  const onResult = isLive ? (result: PathTestResult) => session.print(renderPathTest(result, session.out)) : undefined;
  const found = await run(session, toRun, onResult);
  const { results, unseen, observed } = found;
  if (isLive) session.print(renderPathTestSummary(results, session.out));
  else session.printText(await textOf(session, found));
  tellAbsentKinds(session, given, observed);
  session.report(unseen);
  return codeOf(verdictOfResults(results));
}

async function run(session: Session, { declared, tests, options }: Run, onResult?: (result: PathTestResult) => void) {
  const mesh = await planMesh(declared, session.reading);
  const results = await testMesh(mesh, tests, {
    when: options.planned === true ? "planned" : "now",
    wire: options.wire === true,
    signal: session.signal,
    ...(onResult === undefined ? {} : { onResult }),
  });
  return { results, unseen: mesh.unseen, observed: mesh.observed };
}

/** Throws USAGE where the words choose none of the tests. */
async function readTests(session: Session, paths: readonly string[], { filter, selector }: TestOptions) {
  const { io, signal } = session;
  const read = await readPathTests(paths, { cwd: io.cwd, stdin: io.stdin, signal });
  const isLabelled = selector === undefined ? () => true : labelSelector(selector);
  const tests = read.tests.filter(
    ({ name, labels }) => (filter === undefined || isMeant(filter, name)) && isLabelled(labels),
  );
  if (tests.length === 0 && read.tests.length > 0) {
    const words = [filter, selector].filter((each) => each !== undefined).join(" ");
    throw usage(
      say`${{ words }} chooses none of the ${{ count: read.tests.length }} tests`,
      "Leave it out to see them all.",
    );
  }
  return { tests, problems: read.problems };
}

/** `payments`, or with `*` for any text: `payments/*-cannot-*`. */
function isMeant(word: string, name: string): boolean {
  return word.includes("*") ? fitsWildcard(word, name) : name.includes(word);
}

async function textOf(
  session: Session,
  { results, unseen: problems }: { readonly results: readonly PathTestResult[]; readonly unseen: readonly Problem[] },
): Promise<string> {
  switch (session.ownFormat) {
    case "junit": {
      const { renderJunit } = await import("../render/junit.ts");
      const { pathTestSuites } = await import("../render/pathTestSuites.ts");
      return renderJunit("isthmus test", pathTestSuites(results));
    }
    case "tap":
      return (await import("../render/tap.ts")).renderTap(results);
    case "sarif":
      return (await import("../render/sarif.ts")).renderSarif(results);
    default:
      return session.format === undefined
        ? renderPathTests(results, session.out)
        : session.dataOf("PathTests", pathTestsData(results, problems));
  }
}

function codeOf(verdict: PathTestVerdict): number {
  switch (verdict) {
    case "pass":
      return exitCodes.ok;
    case "fail":
      return exitCodes.broken;
    case "untold":
      return failureCode("test");
  }
}
