/** Values in the order of their keys, each key once but where `sorted` was given it twice. */
export interface Sorted<T> {
  readonly keys: readonly string[];
  readonly values: readonly T[];
}

/** What is another now, by key; undefined: gone. */
type Changes<T> = ReadonlyMap<string, T | undefined>;

export function sorted<T>(entries: Iterable<readonly [key: string, value: T]>): Sorted<T> {
  const inOrder = [...entries].sort(([a], [b]) => (a < b ? -1 : 1));
  return { keys: inOrder.map(([key]) => key), values: inOrder.map(([, value]) => value) };
}

/** Undefined where a key would be there twice. */
export function changesOf<T>(
  { keys }: Sorted<T>,
  gone: Iterable<string>,
  come: Iterable<readonly [key: string, value: T]>,
): Changes<T> | undefined {
  const changes = new Map<string, T | undefined>([...gone].map((key) => [key, undefined]));
  for (const [key, value] of come) {
    const isThere = changes.has(key) ? changes.get(key) !== undefined : keys[placeOf(keys, key)] === key;
    if (isThere) return undefined;
    changes.set(key, value);
  }
  return changes;
}

/** The same with changes; what keeps its keys keeps the very list of them. */
export function sortedAfter<T>({ keys, values }: Sorted<T>, changes: Changes<T>): Sorted<T> {
  const places = [...changes.keys()].sort().map((key) => ({ key, at: placeOf(keys, key), value: changes.get(key) }));
  if (places.every(({ key, at, value }) => value !== undefined && keys[at] === key)) {
    const after = [...values];
    for (const { at, value } of places) if (value !== undefined) after[at] = value;
    return { keys, values: after };
  }
  const after = { keys: [] as string[], values: [] as T[] };
  let from = 0;
  const keepUntil = (end: number) => {
    for (; from < end; from++) {
      after.keys.push(keys[from] as string);
      after.values.push(values[from] as T);
    }
  };
  for (const { key, at, value } of places) {
    keepUntil(at);
    if (keys[at] === key) from += 1;
    if (value === undefined) continue;
    after.keys.push(key);
    after.values.push(value);
  }
  keepUntil(keys.length);
  return after;
}

/** Of a key that is among them, or where it belongs. */
function placeOf(keys: readonly string[], key: string): number {
  let [low, high] = [0, keys.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((keys[middle] ?? "") < key) low = middle + 1;
    else high = middle;
  }
  return low;
}
