import { type ClusterObject, showHostPort } from "@isthmus/core";
import {
  type BrokenHop,
  isReached,
  showCaller,
  showOutcome,
  type Trace,
  type TraceBranch,
  type TraceCode,
  type TraceHop,
  type TraceVerdict,
  tellingBranch,
} from "@isthmus/core/trace";
import { renderHopStatus } from "./hopStatus.ts";
import type { Style } from "./style.ts";
import { lineText } from "./terminalText.ts";

/** The request with its verdict, the way that it takes hop by hop, and what to fix. */
export function renderTrace(trace: Trace, style: Style, allBranches: boolean): string {
  const { request, verdict, branches } = trace;
  const { url, method } = request;
  const path = url.scheme === "tcp" ? "" : url.path;
  const verb = url.scheme === "tcp" ? "" : `${method} `;
  const title = `${showCaller(request)} → ${verb}${url.scheme}://${showHostPort(url.host, url.port)}${path}`;
  const shown = allBranches ? branches : [tellingBranch(trace)];
  const blocks = shown.map(
    (branch) => `${branches.length > 1 ? shareLine(branch, style) : ""}${renderBranch(branch, style)}`,
  );
  const others = branches.filter((branch) => !shown.includes(branch));
  return [
    `${verdictSign(verdict, style)} ${style.strong(title)}\n`,
    blocks.join("\n"),
    others.length === 0
      ? ""
      : `\nother ways:\n${others.map((branch) => `  ${shareOf(branch)} ${showOutcome(branch.outcome)}${retriedNote(branch)}\n`).join("")}`,
    `\n${verdictLine(trace, style)}\n`,
    assumptionLine(trace, style),
  ].join("");
}

function verdictSign(verdict: TraceVerdict, style: Style): string {
  switch (verdict) {
    case "reaches":
      return renderHopStatus("ok", style);
    case "partly":
    case "broken":
      return renderHopStatus("broken", style);
    case "unknown":
      return renderHopStatus("unknown", style);
  }
}

function shareOf({ probability }: TraceBranch): string {
  return `${Math.round(probability * 1000) / 10} %`;
}

function shareLine(branch: TraceBranch, style: Style): string {
  return `${style.faint(`${shareOf(branch)} of the requests:`)}\n`;
}

/** A way of a request, hop by hop. */
export function renderBranch(branch: TraceBranch, style: Style): string {
  const { hops, outcome } = branch;
  const width = Math.max(...hops.map(({ name }) => name.length), 0);
  const lines = hops.map((hop) => {
    const where = hop.cluster === undefined ? "" : style.faint(`  [${hop.cluster}]`);
    const line = `  ${renderHopStatus(hop.status, style)} ${style.faint(hop.name.padEnd(width))}  ${lineText(hop.detail)}${where}\n`;
    if (hop.status === "broken") return line + renderBlame(hop, style);
    return line + (hop.code === undefined ? renderOthers(hop, style) : renderDoubt(hop, hop.code, style));
  });
  return `${lines.join("")}  ${style.accent("→")} ${showOutcome(outcome)}${retriedNote(branch)}\n`;
}

function retriedNote({ isRetried }: TraceBranch): string {
  return isRetried === true ? "; a proxy then tries another endpoint, which answers" : "";
}

/** What is in the way of telling. */
function renderDoubt(hop: TraceHop, code: TraceCode, style: Style): string {
  const place = placeOf(hop);
  return [
    ...(place === "" ? [] : [`      at    ${style.strong(place)}\n`]),
    renderOthers(hop, style),
    `      code  ${code} ${style.faint(`(isthmus explain ${code})`)}\n`,
  ].join("");
}

function renderBlame(hop: BrokenHop, style: Style): string {
  const place = placeOf(hop);
  return [
    ...(place === "" ? [] : [`      at    ${style.strong(place)}\n`]),
    renderOthers(hop, style),
    `      fix   ${hop.fix}\n`,
    `      code  ${hop.code} ${style.faint(`(isthmus explain ${hop.code})`)}\n`,
    `      rule  ${style.faint(hop.source)}\n`,
  ].join("");
}

/** What else has a part in it, a line each. */
function renderOthers({ others = [] }: TraceHop, style: Style): string {
  return others.map((other) => `      also  ${style.strong(placeOf(other))}: ${other.part}\n`).join("");
}

/** `ServiceEntry foo/httpbin in cluster1  spec.hosts`; empty where a hop names no object. */
export function placeOf({ object, field }: Pick<TraceHop, "object" | "field">): string {
  if (object === undefined) return "";
  return `${showObject(object)}${field === undefined ? "" : `  ${field}`}`;
}

function showObject({ kind, namespace, name, cluster }: ClusterObject): string {
  return `${kind} ${namespace === undefined ? "" : `${namespace}/`}${name} in ${cluster}`;
}

/** What the verdict rests on and no configuration shows. */
function assumptionLine({ assumes }: Trace, style: Style): string {
  if (assumes.length === 0) return "";
  return style.faint(`Assumes that ${assumes.map(({ detail }) => detail).join("; ")}.\n`);
}

function verdictLine({ verdict, branches }: Trace, style: Style): string {
  const reached = branches
    .filter((branch) => isReached(branch) || branch.isRetried === true)
    .reduce((sum, { probability }) => sum + probability, 0);
  switch (verdict) {
    case "reaches":
      return style.good("The request gets there.");
    case "partly":
      return style.error(`The request gets there in ${Math.round(reached * 1000) / 10} % of the cases only.`);
    case "broken":
      return style.error("The request does not get there.");
    case "unknown":
      return style.warning("Whether the request gets there cannot be told.");
  }
}
