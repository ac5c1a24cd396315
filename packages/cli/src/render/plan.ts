import { type DeclaredPath, showRef } from "@isthmus/core";
import {
  type Action,
  type ActionVerb,
  type GoingPath,
  isLeftOut,
  leftOut,
  type Plan,
  type PlanLosses,
  summarize,
} from "@isthmus/core/plan";
import type { PathEffect } from "@isthmus/core/trace";
import { renderChanges } from "./changes.ts";
import { renderPath } from "./paths.ts";
import type { Style } from "./style.ts";

export interface PlanView {
  readonly plan: Plan;
  readonly paths: readonly DeclaredPath[];
  /** Owners whose objects stay as they are, and why. */
  readonly held: ReadonlyMap<string, string>;
  /** What the plan does to each of `paths`; absent where nothing was traced. */
  readonly effects?: readonly PathEffect[];
  /** What the plan takes away. */
  readonly losses?: PlanLosses;
}

export interface PlanRendering {
  /** Show objects that are right as well. */
  readonly unchanged?: boolean;
  /** Only the names of the objects. */
  readonly brief?: boolean;
}

/** A plan for people: per cluster what changes and how, what is kept, the paths that it leads to, and the summary. */
export function renderPlan(view: PlanView, style: Style, options: PlanRendering = {}): string {
  const shown = view.plan.actions.filter(
    (action) =>
      action.verb !== "noop" || (action.reason !== undefined && !isLeftOut(action)) || options.unchanged === true,
  );
  const clusters = [...new Set(shown.map((action) => action.cluster))];
  const sections = clusters.map((cluster) => {
    const actions = shown.filter((action) => action.cluster === cluster);
    return `${style.strong(cluster)}\n${actions.map((action) => renderAction(action, style, options)).join("")}`;
  });
  return [
    ...sections,
    renderHeld(view.held, style),
    renderUndeclared(view.losses?.undeclared ?? [], style),
    renderPaths(view, style),
    renderLeftOut(view.plan, style),
    renderSummary(view.plan, style),
  ]
    .filter((section) => section !== "")
    .join("\n");
}

const signs: Readonly<Record<ActionVerb, string>> = { create: "+", update: "~", delete: "-", noop: "=" };

/** The sign and word of an action in its colour: `+ create`. */
export function renderVerb(verb: ActionVerb, style: Style): string {
  const text = `${signs[verb]} ${verb === "noop" ? "keep" : verb}`;
  switch (verb) {
    case "create":
      return style.add(text);
    case "update":
      return style.change(text);
    case "delete":
      return style.remove(text);
    case "noop":
      return style.faint(text);
  }
}

function renderAction(action: Action, style: Style, { brief = false }: PlanRendering): string {
  const reason = action.reason === undefined ? "" : `      ${style.faint(action.reason)}\n`;
  const details = brief ? "" : `      ${style.faint(`for ${action.owner}`)}\n${renderChanges(action, style)}`;
  return `  ${renderVerb(action.verb, style)} ${showRef(action.ref)}\n${reason}${details}`;
}

function renderHeld(held: ReadonlyMap<string, string>, style: Style): string {
  if (held.size === 0) return "";
  const lines = [...held].map(([owner, reason]) => `  ${style.warning("=")} ${owner}: ${reason}\n`);
  return `${style.strong("Pending: left as it is for now")}\n${lines.join("")}`;
}

function renderLeftOut(plan: Plan, style: Style): string {
  const owners = leftOut(plan);
  if (owners.length === 0) return "";
  const lines = owners.map(({ owner, writes }) => `  ${owner}: ${writes} change${writes === 1 ? "" : "s"}\n`);
  return `${style.strong("Left out of this plan, since it was asked for only a part")}\n${lines.join("")}`;
}

/** Whose objects are there although no file declares them; an apply deletes them. */
export function renderUndeclared(undeclared: PlanLosses["undeclared"], style: Style): string {
  if (undeclared.length === 0) return "";
  const lines = undeclared.map(({ owner, objects }) => {
    const what = `${objects} object${objects === 1 ? "" : "s"}, which an apply deletes`;
    return `  ${style.remove("-")} ${owner}: ${what}\n`;
  });
  return `${style.strong("No file declares any longer")}\n${lines.join("")}`;
}

function renderPaths({ paths, effects = [], losses }: PlanView, style: Style): string {
  const going = losses?.goingPaths ?? [];
  if (paths.length + going.length === 0) return "";
  const byPath = new Map(effects.map((effect) => [effect.path, effect]));
  const lines = paths.map((path) => `  ${renderPath(path, style)}\n${renderEffect(byPath.get(path), style)}`);
  const gone = going.map((path) => `  ${renderGoing(path, style)}\n    ${style.remove("- will be gone")}\n`);
  return `${style.strong("Paths")}\n${lines.join("")}${gone.join("")}`;
}

function renderGoing({ cluster, namespace, host }: GoingPath, style: Style): string {
  const caller = namespace === undefined ? "outside" : namespace === "*" ? cluster : `${namespace}@${cluster}`;
  return `${caller} ${style.faint("→")} ${style.accent(host)}`;
}

function renderEffect(effect: PathEffect | undefined, style: Style): string {
  const why = effect?.why === undefined ? "" : `: ${effect.why}`;
  const line = (text: string) => `    ${text}\n`;
  switch (effect?.kind) {
    case "makes":
      return line(style.add("+ will work"));
    case "changes":
      return line(style.change("~ will be answered otherwise"));
    case "breaks":
      return line(style.error(`✖ will break${why}`));
    case "leaves broken":
      return line(style.warning(`✖ stays broken${why}`));
    case "hides":
      return line(style.warning(`? it works now, and afterwards that cannot be told${why}`));
    case "unclear":
      return line(style.warning(`? whether it works cannot be told${why}`));
    case "keeps":
    case undefined:
      return "";
  }
}

/** `Plan: 3 to create, 0 to update, 0 to delete, 12 unchanged.` */
export function renderSummary(plan: Plan, style: Style): string {
  const { create, update, delete: removed, noop } = summarize(plan);
  const part = (count: number, text: string, paint: (text: string) => string) =>
    count === 0 ? `${count} ${text}` : paint(`${count} ${text}`);
  const parts = [
    part(create, "to create", style.add),
    part(update, "to update", style.change),
    part(removed, "to delete", style.remove),
    `${noop} unchanged`,
  ];
  return `${style.strong("Plan:")} ${parts.join(", ")}.\n`;
}
