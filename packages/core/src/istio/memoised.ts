import { isRecording, noteReads, type Reads, recordReads } from "./reads.ts";

/**
 * `compute`, done once for each object that it is asked about. What it gives must depend on that object alone, so that there is
 * nothing to invalidate: another object, as of a changed cluster, is another question. All that is kept of a cluster is kept
 * here, and no map is filled beside: what a fact was made of would be lost to whoever asks second.
 */
export function memoised<Of extends object, T>(compute: (of: Of) => T): (of: Of) => T {
  const known = new WeakMap<Of, T>();
  const recorded: Memo<Of> = new WeakMap();
  return (of) => {
    if (isRecording()) return recalled(recorded, of, () => compute(of));
    const found = known.get(of);
    if (found !== undefined || known.has(of)) return found as T;
    const value = compute(of);
    known.set(of, value);
    return value;
  };
}

/** The same for an object and something besides: another object, by its identity, or a text or number, by its value. */
export function memoisedBy<Of extends object, By, T>(compute: (of: Of, by: By) => T): (of: Of, by: By) => T {
  const answersOf = memoised((_: Of) => new Answers<By, T>());
  const recordedOf = memoised((_: Of): Memo<By> => new Answers());
  return (of, by) => {
    if (isRecording()) return recalled(recordedOf(of), by, () => compute(of, by));
    const known = answersOf(of);
    const found = known.get(by);
    if (found !== undefined || known.has(by)) return found as T;
    const value = compute(of, by);
    known.set(by, value);
    return value;
  };
}

/** What is known by a key, with what it was made of where that was recorded. */
export interface Memo<Key> {
  get(key: Key): Made | undefined;
  set(key: Key, made: Made): unknown;
}

export interface Made {
  readonly value: unknown;
  readonly reads?: Reads;
}

/** Made once; while reads are recorded whoever asks reads all that it was made of. */
export function recalled<Key, T>(memo: Memo<Key>, key: Key, compute: () => T): T {
  const found = memo.get(key);
  if (!isRecording()) {
    if (found !== undefined) return found.value as T;
    const value = compute();
    memo.set(key, { value });
    return value;
  }
  const made: Made = found?.reads === undefined ? recordReads(compute) : found;
  memo.set(key, made);
  if (made.reads !== undefined) noteReads(made.reads);
  return made.value as T;
}

/** A map that holds no object only because it was asked about. A map for each object asked about: made only once it holds something. */
class Answers<By, T> {
  #values: Map<By, T> | undefined;
  #objects: WeakMap<object, T> | undefined;

  get(by: By): T | undefined {
    return isObject(by) ? this.#objects?.get(by) : this.#values?.get(by);
  }

  has(by: By): boolean {
    return (isObject(by) ? this.#objects?.has(by) : this.#values?.has(by)) === true;
  }

  set(by: By, value: T): void {
    if (isObject(by)) {
      this.#objects ??= new WeakMap();
      this.#objects.set(by, value);
    } else {
      this.#values ??= new Map();
      this.#values.set(by, value);
    }
  }
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}
