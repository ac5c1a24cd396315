import { type KubeObject, showRef } from "@isthmus/core";
import type { Action, FieldChange, Plan } from "@isthmus/core/plan";
import { createTwoFilesPatch, FILE_HEADERS_ONLY } from "diff";
import { renderYaml } from "./data.ts";
import type { Style } from "./style.ts";

/** A place to look up the object that an action deletes. */
export type FindLive = (action: Action) => KubeObject | undefined;

/**
 * Unified diff from what is there to what is declared, object by object. A new or removed object is shown whole, a changed
 * one by the fields that change: those that the server adds are no difference.
 */
export function renderDiff(plan: Pick<Plan, "actions">, findLive: FindLive, style: Style): string {
  return plan.actions
    .filter(({ verb }) => verb !== "noop")
    .map((action) => paintDiff(diffOf(action, findLive), style))
    .join("");
}

function diffOf(action: Action, findLive: FindLive): string {
  const name = `${action.cluster}: ${showRef(action.ref)}`;
  const before = action.verb === "delete" ? wholeObject(findLive(action)) : changedFields(action.changes, "before");
  const after = action.verb === "create" ? wholeObject(action.desired) : changedFields(action.changes, "after");
  return createTwoFilesPatch(
    action.verb === "create" ? "/dev/null" : name,
    action.verb === "delete" ? "/dev/null" : name,
    before,
    after,
    action.verb === "create" ? "" : "live",
    action.verb === "delete" ? "" : "declared",
    { headerOptions: FILE_HEADERS_ONLY },
  );
}

// Kept by the server for itself; nobody declares it.
const serverMetadata: ReadonlySet<string> = new Set([
  "managedFields",
  "uid",
  "resourceVersion",
  "generation",
  "creationTimestamp",
]);

function wholeObject(object: KubeObject | undefined): string {
  if (object === undefined) return "";
  const { status: _, ...declared } = object;
  const metadata = Object.fromEntries(Object.entries(object.metadata).filter(([key]) => !serverMetadata.has(key)));
  return renderYaml({ ...declared, metadata });
}

function changedFields(changes: readonly FieldChange[], side: "before" | "after"): string {
  const fields = changes.flatMap((change) =>
    change[side] === undefined ? [] : [[change.path, change[side]] as const],
  );
  return fields.length === 0 ? "" : renderYaml(Object.fromEntries(fields));
}

/** Coloured line by line. */
export function paintDiff(patch: string, style: Style): string {
  const lines = patch.trimEnd().split("\n");
  return lines.map((line) => `${paintLine(line, style)}\n`).join("");
}

function paintLine(line: string, style: Style): string {
  if (line.startsWith("+++") || line.startsWith("---")) return style.strong(line);
  if (line.startsWith("@@")) return style.accent(line);
  if (line.startsWith("+")) return style.add(line);
  if (line.startsWith("-")) return style.remove(line);
  return line;
}
