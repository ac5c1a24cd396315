import { type CheckRow, type CheckStatus, checkStatuses } from "@isthmus/core/check";
import { explainCommand } from "./problems.ts";
import type { Style } from "./style.ts";

/** The rows by category, what is wrong with its code and hint, and a summary. Skipped ones are counted, and shown if asked for. */
export function renderChecks(
  all: readonly CheckRow[],
  style: Style,
  { skipped }: { readonly skipped: boolean },
): string {
  const rows = skipped ? all : all.filter(({ status }) => status !== "skipped");
  const width = Math.max(0, ...rows.map(({ cluster = "" }) => cluster.length));
  const categories = [...new Set(rows.map(({ category }) => category))];
  const blocks = categories.map((category) => {
    const lines = rows.filter((row) => row.category === category).map((row) => renderRow(row, width, style));
    return `${style.strong(category)}\n${lines.join("")}\n`;
  });
  return `${blocks.join("")}${renderSummary(all, style, skipped)}\n`;
}

export function countRows(rows: readonly CheckRow[]): Readonly<Record<CheckStatus, number>> {
  const count = (status: CheckStatus) => rows.filter((row) => row.status === status).length;
  return { ok: count("ok"), warning: count("warning"), failed: count("failed"), skipped: count("skipped") };
}

function renderRow(row: CheckRow, width: number, style: Style): string {
  const { status, cluster = "", title, message, code, at = "", hint = "" } = row;
  const start = `  ${mark(status, style)} ${style.accent(cluster.padEnd(width))}${width === 0 ? "" : "  "}`;
  if (code === undefined) {
    const text = status === "skipped" ? style.faint(`${title}: skipped, ${message}`) : title;
    return `${start}${text}${status === "skipped" || message === "" ? "" : style.faint(`: ${message}`)}\n`;
  }
  const paint = status === "failed" ? style.error : style.warning;
  const lines = [
    `${start}${title}`,
    `      ${paint(`[${code}]`)} ${message}`,
    ...(at === "" || at === cluster ? [] : [`      ${style.accent("-->")} ${at}`]),
    ...(hint === "" ? [] : [`      ${hint}`]),
  ];
  return `${lines.join("\n")}\n`;
}

function mark(status: CheckStatus, style: Style): string {
  switch (status) {
    case "ok":
      return style.good("✔");
    case "warning":
      return style.warning("‼");
    case "failed":
      return style.error("✖");
    case "skipped":
      return style.faint("○");
  }
}

function renderSummary(rows: readonly CheckRow[], style: Style, isAllShown: boolean): string {
  const counts = countRows(rows);
  const parts = checkStatuses.filter((status) => counts[status] > 0).map((status) => `${counts[status]} ${status}`);
  const hidden = counts.skipped > 0 && !isAllShown ? " (-v shows them)" : "";
  const summary = `${rows.length} checks: ${parts.join(", ")}${hidden}.`;
  const codes = rows.flatMap(({ code, status }) => (status === "failed" ? (code ?? []) : []));
  if (counts.failed > 0) return style.error(`${summary} More: ${explainCommand(codes)}`);
  return counts.warning > 0 ? style.warning(summary) : style.good(summary);
}
