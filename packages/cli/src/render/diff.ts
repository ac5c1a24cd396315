import { type KubeObject, showRef } from "@isthmus/core";
import { type Action, changedObject, type Plan } from "@isthmus/core/plan";
import { createTwoFilesPatch, FILE_HEADERS_ONLY } from "diff";
import { stringify } from "yaml";
import type { Style } from "./style.ts";

/** A place to look up the object that an action changes or deletes. */
export type FindLive = (action: Action) => KubeObject | undefined;

/** A write as two manifests; the one that is not there is empty. */
export interface Difference {
  readonly action: Action;
  readonly before: string;
  readonly after: string;
}

/** What each write of a plan changes, without what a server keeps for itself. */
export function differences(plan: Pick<Plan, "actions">, findLive: FindLive): readonly Difference[] {
  return plan.actions
    .filter(({ verb }) => verb !== "noop")
    .map((action) => {
      const { verb, desired, changes } = action;
      const live = verb === "create" ? undefined : findLive(action);
      const after = live === undefined || desired === undefined ? desired : changedObject(live, desired, changes);
      return { action, before: manifest(live), after: manifest(after) };
    });
}

/** Unified diff, with context, from what is there to what is declared, object by object. */
export function renderDiff(plan: Pick<Plan, "actions">, findLive: FindLive, style: Style): string {
  return differences(plan, findLive)
    .map((each) => paintDiff(patchOf(each), style))
    .join("");
}

function patchOf({ action: { cluster, ref, verb }, before, after }: Difference): string {
  const name = `${cluster}: ${showRef(ref)}`;
  return createTwoFilesPatch(
    verb === "create" ? "/dev/null" : name,
    verb === "delete" ? "/dev/null" : name,
    before,
    after,
    verb === "create" ? "" : "live",
    verb === "delete" ? "" : "declared",
    { headerOptions: FILE_HEADERS_ONLY, context: 3 },
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

/** Its fields by name, so that their order is no difference. */
function manifest(object: KubeObject | undefined): string {
  if (object === undefined) return "";
  const { status: _, ...declared } = object;
  const metadata = Object.fromEntries(Object.entries(object.metadata).filter(([key]) => !serverMetadata.has(key)));
  return stringify({ ...declared, metadata }, { lineWidth: 0, aliasDuplicateObjects: false, sortMapEntries: true });
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
