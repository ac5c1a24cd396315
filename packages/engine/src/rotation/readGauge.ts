/** The value of a metric without labels, or of its first series, in Prometheus' text format; undefined where it is not there. */
export function readGauge(metrics: string, name: string): number | undefined {
  for (const line of metrics.split("\n")) {
    if (!line.startsWith(name)) continue;
    const [, value = ""] = /^(?:\{[^}]*\})?\s+(\S+)/.exec(line.slice(name.length)) ?? [];
    if (value !== "" && Number.isFinite(Number(value))) return Number(value);
  }
  return undefined;
}
