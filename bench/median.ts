/** Median milliseconds of `runs` runs. */
export function median(runs: number, work: () => unknown): number {
  return middle(Array.from({ length: runs }, () => timed(work)));
}

export function timed(work: () => unknown): number {
  const start = performance.now();
  work();
  return performance.now() - start;
}

export function middle(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}
