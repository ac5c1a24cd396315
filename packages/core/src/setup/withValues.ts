import { isFields } from "../shape/index.ts";

/** `current` with all of `wanted`: maps are merged, everything else is replaced. */
export function withValues(current: unknown, wanted: unknown): unknown {
  if (Array.isArray(current) && Array.isArray(wanted)) return mergeNamed(current, wanted);
  if (!isFields(current) || !isFields(wanted)) return wanted;
  const merged: Record<string, unknown> = { ...current };
  for (const [key, value] of Object.entries(wanted)) merged[key] = withValues(current[key], value);
  return merged;
}

/** Ports, gateways: those with the same name are merged, in the order in which they are; others are added at the end. */
function mergeNamed(current: readonly unknown[], wanted: readonly unknown[]): readonly unknown[] {
  const nameOf = (item: unknown) => (isFields(item) ? item.name : undefined);
  if (![...current, ...wanted].every((item) => typeof nameOf(item) === "string")) return wanted;
  const kept = current.map((item) => {
    const same = wanted.find((each) => nameOf(each) === nameOf(item));
    return same === undefined ? item : withValues(item, same);
  });
  const names = new Set(current.map(nameOf));
  return [...kept, ...wanted.filter((item) => !names.has(nameOf(item)))];
}
