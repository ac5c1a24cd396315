import type { Problem } from "@isthmus/core";
import type { Diagnosis, Evidence } from "@isthmus/core/doctor";
import { showCaller, showUrl } from "@isthmus/core/trace";
import type { Style } from "./style.ts";

/** What was tried, the cause, and what stands beside it. */
export function renderDiagnosis(evidence: Evidence, { wire, findings, unseen }: Diagnosis, style: Style): string {
  const { method, url } = evidence.request;
  const asked = `${showCaller(evidence.request)} ${style.faint("→")} ${method} ${style.accent(showUrl(url))}\n`;
  const [cause, ...others] = findings;
  const parts = [
    `${asked}  ${style.faint("on paper")}     ${paperLine(evidence, style)}\n  ${style.faint("on the wire")}  ${wireLine(evidence, wire, style)}\n`,
    ...(cause === undefined || wire === "works" ? [] : [`${style.strong("Cause")}\n${finding(cause, style)}`]),
    ...section(wire === "works" ? "It works, but" : "Also", wire === "works" ? findings : others, style),
    ...(unseen.length === 0 ? [] : [`${style.strong("Not seen")}\n${unseen.map((line) => `  ${line}\n`).join("")}`]),
    ...(cause === undefined && wire !== "works" ? [nothingFound(wire, evidence)] : []),
  ];
  return parts.join("\n");
}

function paperLine({ paper }: Evidence, style: Style): string {
  switch (paper.verdict) {
    case "reaches":
      return style.good("it gets there");
    case "partly":
      return style.warning("it gets there sometimes");
    case "broken":
      return style.error("it does not get there");
    case "unknown":
      return style.warning("it cannot be told");
  }
}

function wireLine({ wire }: Evidence, verdict: Diagnosis["wire"], style: Style): string {
  if ("unseen" in wire) return style.warning("not tried");
  const seconds = `in ${Math.round(wire.seconds * 1000)} ms`;
  if (verdict === "works") return style.good(`answered ${wire.status} ${seconds}`);
  const what = wire.exitCode === 0 ? `${wire.status} ${wire.body.trim().split("\n")[0] ?? ""}` : wire.error;
  return style.error(`${what} ${seconds}`);
}

function section(title: string, problems: readonly Problem[], style: Style): readonly string[] {
  if (problems.length === 0) return [];
  return [`${style.strong(title)}\n${problems.map((each) => finding(each, style)).join("")}`];
}

function finding({ code, at, message, hint }: Problem, style: Style): string {
  return `  ${style.error(code)} ${at}\n    ${message}\n${hint === "" ? "" : `    ${style.faint(hint)}\n`}`;
}

function nothingFound(wire: Diagnosis["wire"], { request: { from } }: Evidence): string {
  return wire === "untold"
    ? "It could not be tried, and on paper nothing stands in its way.\n"
    : `Nothing was found that explains it. Look at the client's sidecar: istioctl --context ${from.cluster} proxy-config all ${from.workload}.${from.namespace}\n`;
}
