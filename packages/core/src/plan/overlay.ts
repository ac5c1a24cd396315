/** A map that never changes, and shares with the one that it was made of what both hold. */
export class Overlay<V> {
  readonly #base: ReadonlyMap<string, V>;
  /** Undefined: gone. */
  readonly #over: ReadonlyMap<string, V | undefined>;
  readonly size: number;

  private constructor(base: ReadonlyMap<string, V>, over: ReadonlyMap<string, V | undefined>, size: number) {
    this.#base = base;
    this.#over = over;
    this.size = size;
  }

  static of<V>(entries: Iterable<readonly [string, V]>): Overlay<V> {
    const base = new Map(entries);
    return new Overlay(base, new Map(), base.size);
  }

  get(key: string): V | undefined {
    return this.#over.has(key) ? this.#over.get(key) : this.#base.get(key);
  }

  /** Undefined: what is gone. */
  with(changes: Iterable<readonly [string, V | undefined]>): Overlay<V> {
    const over = new Map(this.#over);
    let { size } = this;
    for (const [key, value] of changes) {
      const before = over.has(key) ? over.get(key) : this.#base.get(key);
      size += (value === undefined ? 0 : 1) - (before === undefined ? 0 : 1);
      over.set(key, value);
    }
    const after = new Overlay(this.#base, over, size);
    // Copied as seldom as pays: each change would copy what changed before it.
    return over.size * over.size > 64 * this.#base.size + 1024 ? Overlay.of(after.entries()) : after;
  }

  *entries(): Iterable<readonly [string, V]> {
    for (const [key, value] of this.#base) if (!this.#over.has(key)) yield [key, value];
    for (const [key, value] of this.#over) if (value !== undefined) yield [key, value];
  }
}
