const longest = 60;

/** A value for a message: scalars as written, cut where long; of collections only that they are one. */
export function showValue(value: unknown, source?: string): string {
  if (value === null || value === undefined) return "nothing";
  if (typeof value === "string") return JSON.stringify(cut(value));
  if (typeof value === "number") return `the number ${cut(source ?? String(value))}`;
  if (typeof value === "boolean") return cut(source ?? String(value));
  const empty = Object.keys(value).length === 0;
  return `${empty ? "an empty" : "a"} ${Array.isArray(value) ? "list" : "mapping"}`;
}

function cut(text: string): string {
  return text.length <= longest ? text : `${text.slice(0, longest - 1)}…`;
}

/** `spec.consumers[0].clusters[0]` */
export function showPath(path: readonly (string | number)[]): string {
  return path.reduce<string>(
    (text, step) => (typeof step === "number" ? `${text}[${step}]` : text === "" ? step : `${text}.${step}`),
    "",
  );
}
