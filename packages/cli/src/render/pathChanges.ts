import { type ChangedCaller, type PathChange, showCallerName } from "@isthmus/core/reachability";
import { renderJunit } from "./junit.ts";
import { markdownCell } from "./markdownCell.ts";
import { answerWords, listed, placesOf } from "./pathMatrix.ts";
import type { Style } from "./style.ts";
import { renderTable } from "./table.ts";
import { lineText } from "./terminalText.ts";

const noChange = "Nobody reaches anything else than before.\n";

/** What changes, for people. */
export function changesTable(changes: readonly PathChange[], style: Style): string {
  if (changes.length === 0) return noChange;
  const isNamed = changes.some(({ object }) => object !== undefined);
  const rows = changes.map((change) => {
    const { kind, callers, requests } = change;
    return [
      kind,
      callerWords(callers, 3),
      targetOf(change),
      requests,
      `${before(change)} → ${after(change)}`,
      ...(isNamed ? [objectOf(change)] : []),
    ].map(lineText);
  });
  const head = ["CHANGE", "FROM", "TO", "REQUESTS", "ANSWER", ...(isNamed ? ["OBJECT"] : [])];
  return renderTable(head, rows, style);
}

/** The same for a pull request. */
export function changesMarkdown(changes: readonly PathChange[]): string {
  if (changes.length === 0) return noChange;
  const lines = changes.map((change) => {
    const { kind, callers, requests } = change;
    const cells = [
      callerWords(callers, 5),
      targetOf(change),
      requests,
      before(change),
      after(change),
      objectOf(change),
    ];
    return `| **${kind}** | ${cells.map(markdownCell).join(" | ")} |\n`;
  });
  return `### What this changes of who reaches what\n\n| | from | to | requests | before | after | object |\n|---|---|---|---|---|---|---|\n${lines.join("")}`;
}

/** Each change is a failed test: what CI is to tell of. */
export function changesJunit(changes: readonly PathChange[]): string {
  const cases = changes.map((change) => ({
    name: `${callerWords(change.callers, 5)} to ${targetOf(change)}: ${change.requests}`,
    classname: change.kind,
    failure: {
      type: change.kind,
      text: `${change.kind}: ${before(change)}, now ${after(change)}${change.object === undefined ? "" : `; ${objectOf(change)}`}`,
    },
  }));
  return renderJunit("isthmus diff-paths", [{ name: "paths", cases }]);
}

export function changesData(changes: readonly PathChange[]): object {
  return {
    changes: changes.map(({ callers, examples: _, ...change }) => ({
      ...change,
      callers: callers.map(showCallerName),
    })),
  };
}

/** `sleep.foo@cluster`, `web.foo@cluster (1 of 3 pods)`. */
function callerWords(callers: readonly ChangedCaller[], most: number): string {
  const names = callers.map((caller) => {
    const { pods, podsOfWorkload } = caller;
    const part = pods > 0 && pods < podsOfWorkload ? ` (${pods} of ${podsOfWorkload} pods)` : "";
    return `${showCallerName(caller)}${part}`;
  });
  return listed(names, most);
}

function targetOf({ target: { host, port } }: PathChange): string {
  return `${host}:${port}`;
}

function before(change: PathChange): string {
  return [answerWords(change.before), placesOf(change.before)].filter((each) => each !== "").join(" by ");
}

function after(change: PathChange): string {
  return [answerWords(change.after), placesOf(change.after)].filter((each) => each !== "").join(" by ");
}

function objectOf({ object }: PathChange): string {
  return object === undefined
    ? ""
    : `${object.kind} ${object.namespace === undefined ? "" : `${object.namespace}/`}${object.name}`;
}
