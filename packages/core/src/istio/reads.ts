/**
 * What a computation over clusters read of them, so that it is done again only where that is another: parts of the world, and what
 * was found of a cluster (`kept`, `askBy`, `rowOf`), which by itself stays the same through most changes.
 */
export type Reads = ReadonlySet<string>;

interface Frame {
  readonly parts: Set<string>;
  /** Nothing is added twice. */
  readonly taken: Set<Reads>;
}

/** Set only while something is recorded: facts are reached through many functions, and none of them waits. */
let frame: Frame | undefined;

export function isRecording(): boolean {
  return frame !== undefined;
}

export function noteRead(part: string): void {
  frame?.parts.add(part);
}

/** The same for all that a derived fact was made of. */
export function noteReads(reads: Reads): void {
  if (frame === undefined || frame.taken.has(reads)) return;
  frame.taken.add(reads);
  for (const part of reads) frame.parts.add(part);
}

/** Does some work and tells what it read. */
export function recordReads<T>(work: () => T): { readonly value: T; readonly reads: Reads } {
  const outer = frame;
  const own: Frame = { parts: new Set(), taken: new Set() };
  frame = own;
  try {
    return { value: work(), reads: own.parts };
  } finally {
    frame = outer;
  }
}

/** Whether two sets of parts have one in common. */
export function meet(left: ReadonlySet<string>, right: ReadonlySet<string>): boolean {
  const [few, many] = left.size < right.size ? [left, right] : [right, left];
  for (const each of few) if (many.has(each)) return true;
  return false;
}
