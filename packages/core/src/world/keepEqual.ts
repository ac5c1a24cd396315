/**
 * `after`, with what equals what was there before replaced by that very value, so that what did not change is seen by identity.
 * Fields in another order are another value: it would be written otherwise.
 */
export function keepEqual<T>(before: unknown, after: T): T {
  return keep(before, after) as T;
}

function keep(before: unknown, after: unknown): unknown {
  if (Object.is(before, after)) return before;
  if (Array.isArray(before) && Array.isArray(after)) return keepList(before, after);
  if (before instanceof Map && after instanceof Map) {
    const entries = [...before];
    const kept = keepList(entries, [...after]);
    return kept === entries ? before : new Map(kept as readonly (readonly [unknown, unknown])[]);
  }
  if (isPlain(before) && isPlain(after)) return keepFields(before, after);
  return after;
}

function keepList(before: readonly unknown[], after: readonly unknown[]): readonly unknown[] {
  let isSame = before.length === after.length;
  const kept = after.map((each, index) => {
    const value = keep(before[index], each);
    isSame &&= Object.is(value, before[index]);
    return value;
  });
  return isSame ? before : kept;
}

function keepFields(before: Fields, after: Fields): Fields {
  const names = Object.keys(after);
  const known = Object.keys(before);
  let isSame = names.length === known.length;
  const kept: Record<string, unknown> = {};
  for (const [index, name] of names.entries()) {
    const value = Object.hasOwn(before, name) ? keep(before[name], after[name]) : after[name];
    isSame &&= known[index] === name && Object.is(value, before[name]);
    // Not by assignment: a label may be called `__proto__`.
    if (name === "__proto__")
      Object.defineProperty(kept, name, { value, enumerable: true, configurable: true, writable: true });
    else kept[name] = value;
  }
  return isSame ? before : kept;
}

type Fields = Readonly<Record<string, unknown>>;

function isPlain(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}
