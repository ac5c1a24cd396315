/** Chance that a seed decides. */
export interface Dice {
  /** In 0..1. */
  next(): number;
  /** In 0..below-1. */
  below(below: number): number;
  isTrue(probability: number): boolean;
  of<T>(all: readonly T[]): T | undefined;
}

/** mulberry32: https://gist.github.com/tommyettinger/46a874533244883189143505d203312c */
export function createDice(seed: number): Dice {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
  const below = (limit: number) => Math.floor(next() * limit);
  return { next, below, isTrue: (probability) => next() < probability, of: (all) => all[below(all.length)] };
}
