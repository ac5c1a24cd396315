import type { ProofStatus } from "@isthmus/core/verify";
import type { Latency, Probe } from "@isthmus/engine";
import { renderHopStatus } from "./hopStatus.ts";
import { renderPath } from "./paths.ts";
import type { Style } from "./style.ts";

/** The probes of each path, and a summary. */
export function renderProbes(probes: readonly Probe[], style: Style): string {
  if (probes.length === 0) return "Nothing to probe: no path is declared, or no gateway has an address.\n";
  const paths = [...new Set(probes.map(({ path }) => path))];
  const width = Math.max(...probes.map(({ kind }) => kind.length));
  const blocks = paths.map((path) => {
    const lines = probes
      .filter((probe) => probe.path === path)
      .map(
        ({ kind, at, status, detail, latency }) =>
          `  ${renderHopStatus(status, style)} ${style.faint(kind.padEnd(width))}  ${at}: ${detail}${renderLatency(latency)}\n`,
      );
    return `${renderPath(path, style)}\n${lines.join("")}\n`;
  });
  return `${blocks.join("")}${renderSummary(probes, style)}\n`;
}

function renderLatency(latency: Latency | undefined): string {
  if (latency === undefined) return "";
  const { calls, p50, p90, p99 } = latency;
  return calls === 1 ? ` in ${p50} ms` : ` (${calls} calls: p50 ${p50} ms, p90 ${p90} ms, p99 ${p99} ms)`;
}

function renderSummary(probes: readonly Probe[], style: Style): string {
  const count = (status: ProofStatus) => probes.filter((probe) => probe.status === status).length;
  const [ok, broken, unknown] = [count("ok"), count("broken"), count("unknown")];
  const all = `${probes.length} ${probes.length === 1 ? "probe" : "probes"}`;
  if (ok === probes.length) return style.good(`${all}, all as they should be.`);
  return style.strong(`${all}: ${ok} as they should be, ${broken} broken, ${unknown} unknown.`);
}
