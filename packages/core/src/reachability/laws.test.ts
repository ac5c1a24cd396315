import { randomMesh, surroundedMesh } from "@isthmus/testkit";
import fc from "fast-check";
import { expect, test } from "vitest";
import { compile } from "../compile/index.ts";
import { afterPlan, plan } from "../plan/index.ts";
import { type TraceWorld, trace, traceWorld } from "../trace/index.ts";
import { answerKey, answerOf } from "./answer.ts";
import { requestOf } from "./answersOf.ts";
import { type Caller, isOutside, workloadCallers } from "./callers.ts";
import { pathRows } from "./pathRows.ts";
import { type Reachability, reachability } from "./reachability.ts";

/** `npm run laws` draws 5,000 meshes. */
const runs = Math.ceil(Number(process.env.LAW_RUNS ?? 100) / 4);

const worlds = fc.oneof(randomMesh, surroundedMesh).map(({ intents, observed }) => {
  const planned = plan(compile(intents, observed), observed, { prune: true, adopt: false }).plan;
  return traceWorld(afterPlan(observed, planned), intents);
});

/** Every cell with one request of each of its classes, as a trace of that very caller has it. */
function checkCells(world: TraceWorld, { targets }: Reachability): number {
  let cells = 0;
  for (const { target, groups } of targets) {
    for (const { callers, answers } of groups) {
      for (const caller of callers) {
        for (const { answer, examples, requests } of answers) {
          for (const parts of examples) {
            const request = requestOf(caller, target, parts);
            const traced = answerOf(world, trace(world, request));
            expect(answerKey(traced), `${requests} ${JSON.stringify(request)}`).toBe(answerKey(answer));
            cells += 1;
          }
        }
      }
    }
  }
  return cells;
}

test("every cell is a trace of its caller and request, and callers in one group are answered alike", () => {
  let cells = 0;
  fc.assert(
    fc.property(worlds, (world) => {
      cells += checkCells(world, reachability(world));
    }),
    { numRuns: runs },
  );
  expect(cells).toBeGreaterThan(runs * 10);
});

test("a row says of each of its callers and targets what the matrix says of them", () => {
  fc.assert(
    fc.property(worlds, (world) => {
      const reach = reachability(world);
      const answers = new Map<string, string[]>();
      for (const { target, groups } of reach.targets) {
        for (const { callers, answers: own } of groups) {
          for (const caller of callers) {
            const said = own.map(({ requests, answer }) => JSON.stringify([requests, answer]));
            answers.set(JSON.stringify([caller, target]), said.sort());
          }
        }
      }
      const shown = new Map<string, string[]>();
      for (const { callers, targets, requests, answer } of pathRows(reach)) {
        for (const key of callers.flatMap((caller) => targets.map((target) => JSON.stringify([caller, target])))) {
          shown.set(key, [...(shown.get(key) ?? []), JSON.stringify([requests, answer])].sort());
        }
      }
      expect(shown).toEqual(answers);
    }),
    { numRuns: runs },
  );
});

test("every caller is in one group of each target that is called from inside", () => {
  fc.assert(
    fc.property(worlds, (world) => {
      const { targets, callers } = reachability(world);
      const inside = callers.filter((each) => !isOutside(each));
      for (const { groups } of targets) {
        const found = groups.flatMap(({ callers: own }) => own).filter((each) => !isOutside(each));
        if (found.length > 0) expect(new Set(found).size).toBe(inside.length);
        expect(found.length).toBe(found.length === 0 ? 0 : inside.length);
      }
    }),
    { numRuns: runs },
  );
});

test("a caller stands for pods that are answered alike", () => {
  fc.assert(
    fc.property(worlds, (world) => {
      const { targets } = reachability(world);
      for (const cluster of world.clusters.values()) {
        for (const pod of cluster.workloads.filter(({ proxy, isImagined }) => proxy !== "gateway" && !isImagined)) {
          const from = { cluster: cluster.name, namespace: pod.namespace, workload: pod.name };
          const isIts = (each: Caller) =>
            each.workload === pod.name && each.namespace === pod.namespace && each.cluster === cluster.name;
          const caller = workloadCallers(world, cluster).find(isIts);
          if (caller === undefined) continue;
          for (const { target, groups } of targets) {
            const answer = groups.find(({ callers }) => callers.includes(caller))?.answers[0];
            const [parts] = answer?.examples ?? [];
            if (answer === undefined || parts === undefined) continue;
            const traced = trace(world, requestOf({ ...caller, from }, target, parts));
            expect(answerKey(answerOf(world, traced))).toBe(answerKey(answer.answer));
          }
        }
      }
    }),
    { numRuns: runs },
  );
});
