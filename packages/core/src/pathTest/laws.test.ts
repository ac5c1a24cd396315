import { surroundedMesh } from "@isthmus/testkit";
import fc from "fast-check";
import { expect, test } from "vitest";
import { compile } from "../compile/index.ts";
import { afterPlan, plan } from "../plan/index.ts";
import { seenBranches, type Trace, traceWorld } from "../trace/index.ts";
import { callersOf } from "./callers.ts";
import { hostsOf } from "./hosts.ts";
import { parsePathTests, requestsOf, runPathTest } from "./index.ts";
import type { PathTestVerdict } from "./pathTest.ts";

/** More by LAW_RUNS. */
const runs = Number(process.env.LAW_RUNS ?? 30);

function testOf(spec: object) {
  const text = JSON.stringify({ apiVersion: "isthmus.io/v1alpha1", kind: "PathTest", metadata: { name: "it" }, spec });
  const { tests, problems } = parsePathTests([{ name: "it.json", text }]);
  const [only] = tests;
  if (only === undefined) throw new Error(problems.map(({ message }) => message).join("; "));
  return only;
}

/** What a trace answers, as an expectation; undefined where it does not tell. */
function answerOf({ verdict, branches }: Trace): object | undefined {
  const outcomes = seenBranches(branches).map(({ outcome }) => outcome);
  if (outcomes.some(({ kind }) => kind === "unknown")) return undefined;
  if (verdict === "reaches") {
    const ends = outcomes.flatMap((outcome) =>
      outcome.kind === "answered" && outcome.by.type === "workload" ? [outcome.by] : [],
    );
    const clusters = new Set(ends.map(({ cluster }) => cluster));
    const [only] = clusters;
    return { reaches: clusters.size === 1 && ends.length === outcomes.length ? { cluster: only } : {} };
  }
  const isAll = outcomes.every(({ kind }) => kind !== "answered");
  return verdict === "broken" && isAll
    ? { refused: outcomes.some(({ kind }) => kind === "no-such-host") ? { by: "host" } : {} }
    : undefined;
}

test("a test made of a trace's own answer passes, and its negation fails; what is not told never passes both ways", () => {
  const tried = { told: 0, untold: 0 };
  fc.assert(
    fc.property(surroundedMesh, fc.nat(), ({ intents, observed }, seed) => {
      const compiled = compile(intents, observed);
      const planned = plan(compiled, observed, { prune: true, adopt: false }).plan;
      const world = traceWorld(afterPlan(observed, planned), intents);
      const callers = callersOf(world, { every: {} }).found;
      const caller = callers[seed % Math.max(1, callers.length)];
      if (caller === undefined || "outside" in caller) return;
      const { cluster, namespace, workload } = caller;
      const from = { workload, namespace, cluster };
      const any = testOf({ from, to: { every: {} }, expect: { reaches: {} } });
      if (requestsOf(world, testOf({ from, to: { url: "http://a" }, expect: { reaches: {} } })).length !== 1) return;
      for (const url of hostsOf(world, any.to, caller).found.slice(0, 6)) {
        const to = { url: `${url.scheme}://${url.host}:${url.port}/` };
        const verdict = (expected: object, by: object = from): PathTestVerdict =>
          runPathTest(world, testOf({ from: by, to, expect: expected })).verdict;
        const found = runPathTest(world, testOf({ from, to, expect: { reaches: {} } })).example?.trace;
        const answer = found === undefined ? undefined : answerOf(found);
        if (answer === undefined) {
          expect([verdict({ refused: {} }), verdict({ reaches: {} })]).not.toEqual(["pass", "pass"]);
          tried.untold += 1;
          continue;
        }
        const opposite = "reaches" in answer ? { refused: {} } : { reaches: {} };
        expect([to.url, answer, verdict(answer), verdict(opposite)]).toEqual([to.url, answer, "pass", "fail"]);
        tried.told += 1;
      }
    }),
    { numRuns: runs },
  );
  // A law about nothing would always hold.
  expect(tried.told).toBeGreaterThan(runs);
});
