import type { Dice } from "./dice.ts";

type Mutable = Record<string, unknown> | unknown[];

const odd: readonly unknown[] = [
  ...[null, 0, -1, 1.5, "", "x", true, [], {}, [null], [[]], { a: null }, "y".repeat(20_000), Number.NaN],
  ...[{ 8080: "x" }, ["a", 1], JSON.parse('{"__proto__": {"a": 1}}'), { constructor: {} }, "STRIKT", 1e20],
];

/** A copy of a manifest with one thing changed: dropped, null, of another type, empty, huge, repeated, wrongly nested, renamed. */
export function mutate(manifest: unknown, dice: Dice): unknown {
  const copy: unknown = structuredClone(manifest);
  const places = placesIn(copy);
  const place = dice.of(places);
  if (place === undefined) return dice.of(odd);
  change(place.holder, place.key, dice);
  return copy;
}

interface Place {
  readonly holder: Mutable;
  readonly key: string | number;
}

function placesIn(value: unknown): readonly Place[] {
  if (Array.isArray(value)) return value.flatMap((item, key) => [{ holder: value, key }, ...placesIn(item)]);
  if (typeof value !== "object" || value === null) return [];
  const holder = value as Record<string, unknown>;
  return Object.entries(holder).flatMap(([key, item]) => [{ holder, key }, ...placesIn(item)]);
}

function change(holder: Mutable, key: string | number, dice: Dice): void {
  const all = holder as Record<string | number, unknown>;
  const value = all[key];
  switch (dice.below(8)) {
    case 0:
      if (Array.isArray(holder)) holder.splice(Number(key), 1);
      else delete all[key];
      return;
    case 1:
      if (Array.isArray(value)) value.push(dice.of(odd));
      else all[key] = dice.of(odd);
      return;
    case 2:
      all[key] = [value];
      return;
    case 3:
      all[key] = { [String(key)]: value };
      return;
    case 4:
      if (Array.isArray(value) && value.length > 0) value.push(structuredClone(dice.of(value)));
      else all[key] = typeof value === "number" ? String(value) : dice.of(odd);
      return;
    case 5:
      if (typeof value === "object" && value !== null && !Array.isArray(value))
        Object.assign(value, { 8080: dice.of(odd) });
      else all[key] = dice.of(odd);
      return;
    default:
      all[key] = dice.of(odd);
  }
}
