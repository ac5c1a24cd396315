/** By identity: what is in one of two lists only, that of the first one first. Of lists that differ in few places this looks at little else. */
export function changedItems<T>(before: readonly T[], after: readonly T[]): readonly T[] {
  if (before === after) return [];
  let start = 0;
  while (start < before.length && start < after.length && before[start] === after[start]) start += 1;
  let [endBefore, endAfter] = [before.length, after.length];
  while (endBefore > start && endAfter > start && before[endBefore - 1] === after[endAfter - 1]) {
    endBefore -= 1;
    endAfter -= 1;
  }
  const known = new Set(before.slice(start, endBefore));
  const come = after.slice(start, endAfter).filter((item) => !known.delete(item));
  return [...known, ...come];
}
