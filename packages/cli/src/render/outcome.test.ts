import { makeProblem, say } from "@isthmus/core";
import type { Action } from "@isthmus/core/plan";
import { expect, test } from "vitest";
import type { Written } from "../writeTeller.ts";
import { renderElapsed } from "./elapsed.ts";
import { renderOutcome } from "./outcome.ts";
import { renderEvent } from "./progress.ts";
import { createStyle } from "./style.ts";

const plain = createStyle(false);

const action: Action = {
  verb: "create",
  cluster: "cluster2",
  ref: { group: "networking.istio.io", kind: "Gateway", namespace: "bar", name: "httpbin" },
  owner: "SharedService.bar.httpbin",
  side: "server",
  phase: 1,
  changes: [],
};

const problem = makeProblem({
  code: "WRITE_FAILED",
  at: { cluster: "cluster2", kind: "Gateway", namespace: "bar", name: "httpbin" },
  message: say`the connection broke`,
  hint: "apply again",
});

const done: Written = { action, result: "done" };
const failed: Written = { action, result: "failed", problem };
const skipped: Written = { action: { ...action, verb: "delete" }, result: "skipped", problem };

test.each([
  [
    [done, done, { ...done, action: { ...action, verb: "delete" } }],
    {},
    "Applied in 1.5 s: 2 created, 0 updated, 1 deleted.\n",
  ],
  [[done, failed, skipped], {}, "1 of 3 changes applied in 1.5 s, 1 failed, 1 skipped.\n"],
  [[done], { dryRun: true }, "Every change would be accepted (checked in 1.5 s). Nothing was applied.\n"],
  [[done, failed], { dryRun: true }, "1 of 2 changes would be accepted in 1.5 s, 1 failed, 0 skipped.\n"],
] as const)("the last word of an apply counts how its writes ended", (written, options, text) => {
  const outcome = renderOutcome(written, { elapsed: 1500, ...options }, plain);

  expect(outcome).toBe(text);
});

test("each write is told with its cluster, name and end", () => {
  const lines = [
    renderEvent({ type: "done", action }, plain),
    renderEvent({ type: "done", action }, plain, { dryRun: true }),
    renderEvent({ type: "failed", action, problem }, plain),
    renderEvent({ type: "skipped", action, problem }, plain),
  ];

  expect(lines).toEqual([
    "  ✔ cluster2 Gateway bar/httpbin created\n",
    "  ✔ cluster2 Gateway bar/httpbin create accepted\n",
    "  ✖ cluster2 Gateway bar/httpbin: the connection broke\n",
    "  ○ cluster2 Gateway bar/httpbin skipped: the connection broke\n",
  ]);
});

test.each([
  [12.4, "12 ms"],
  [3400, "3.4 s"],
  [125_000, "2 min 5 s"],
])("%d ms is shown as %s", (milliseconds, text) => {
  expect(renderElapsed(milliseconds)).toBe(text);
});
