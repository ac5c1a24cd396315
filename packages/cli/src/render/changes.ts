import type { Action, FieldChange } from "@isthmus/core/plan";
import { renderYaml } from "./data.ts";
import type { Style } from "./style.ts";

/** Below an action's line: the whole object where it is new, else field by field what changes. */
export function renderChanges(action: Action, style: Style): string {
  if (action.verb === "create") return indent(renderYaml(action.desired), style.add);
  // What a kept object would change is not going to happen.
  if (action.verb !== "update") return "";
  return action.changes.map((change) => renderChange(change, style)).join("");
}

function renderChange(change: FieldChange, style: Style): string {
  const { path, before, after } = change;
  if (before === undefined) return indent(`+ ${field(path, after)}`, style.add);
  if (after === undefined) return indent(`- ${field(path, before)}`, style.remove);
  if (isScalar(before) && isScalar(after)) {
    const values = `${style.remove(scalar(before))} ${style.faint("→")} ${style.add(scalar(after))}`;
    return `      ${style.change("~")} ${path}: ${values}\n`;
  }
  return indent(`- ${field(path, before)}`, style.remove) + indent(`+ ${field(path, after)}`, style.add);
}

function field(path: string, value: unknown): string {
  if (isScalar(value)) return `${path}: ${scalar(value)}`;
  return `${path}:\n${renderYaml(value).replace(/^(?=.)/gm, "    ")}`;
}

function isScalar(value: unknown): boolean {
  return typeof value !== "object" || value === null;
}

function scalar(value: unknown): string {
  return renderYaml(value).trimEnd();
}

function indent(text: string, paint: (line: string) => string): string {
  return text
    .trimEnd()
    .split("\n")
    .map((line) => `      ${paint(line)}\n`)
    .join("");
}
