import { keepEqual } from "../world/index.ts";
import type { IstioCluster } from "./istioCluster.ts";
import { isRecording, meet, noteRead, type Reads, recordReads } from "./reads.ts";

/** What was found of a cluster, and what it was made of. The next state of the cluster has it where that is the same. */
export interface Found {
  readonly value: unknown;
  /** Undefined where nobody recorded them: it is of this state alone. */
  readonly reads?: Reads;
  /** Of another state of the cluster; undefined where that is left to whoever asks for it. */
  readonly again?: (of: IstioCluster) => unknown;
  /** Of a table: those that somebody read. */
  readonly rows?: Set<string>;
}

/** By name. What was made of others comes after them. */
export type AllFound = Map<string, Found>;

/** What questions are about besides the cluster: texts and numbers by their value, objects by their identity, or several of these. */
type By = string | number | boolean | object | undefined | readonly By[];

let questions = 0;
let objects = 0;
const numbers = new WeakMap<object, number>();

function nameOf(by: By): string {
  if (typeof by !== "object") return by === undefined ? "" : String(by);
  if (Array.isArray(by)) return JSON.stringify(by.map(nameOf));
  const number = numbers.get(by) ?? ++objects;
  numbers.set(by, number);
  return `#${number}`;
}

function nextQuestion(): (cluster: IstioCluster, by: By) => string {
  const number = ++questions;
  return ({ name }, by) => `${name} ?${number} ${nameOf(by)}`;
}

/** Made once for a state of a cluster; while reads are recorded, whoever asks reads this alone. */
export function foundIn<T>(
  { found }: IstioCluster,
  name: string,
  { compute, ...how }: { readonly compute: () => T } & Pick<Found, "again" | "rows">,
): T {
  const known = found.get(name);
  if (!isRecording()) {
    if (known !== undefined) return known.value as T;
    const value = compute();
    found.set(name, { value });
    return value;
  }
  if (known?.reads !== undefined) {
    noteRead(name);
    return known.value as T;
  }
  const made = recordReads(compute);
  // After what it was made of.
  found.delete(name);
  found.set(name, { ...made, ...how });
  noteRead(name);
  return made.value;
}

/**
 * A fact of a cluster that holds nothing of it but objects: another state of the cluster has it from the one before, as long as what
 * it was made of is the same.
 */
export function kept<T>(compute: (of: IstioCluster) => T): (of: IstioCluster) => T {
  const named = nextQuestion();
  return (of) => foundIn(of, named(of, undefined), { compute: () => compute(of) });
}

/** The same for a cluster and something besides. */
export function keptBy<B extends By, T>(compute: (of: IstioCluster, by: B) => T): (of: IstioCluster, by: B) => T {
  const named = nextQuestion();
  return (of, by) => foundIn(of, named(of, by), { compute: () => compute(of, by) });
}

/**
 * A question of which only the answer is read, and that is asked again of the next state: it may know nothing of the cluster but what
 * it is handed, and its answer holds nothing of it but objects and workloads.
 */
export function askBy<B extends By, T>(question: (of: IstioCluster, by: B) => T): (of: IstioCluster, by: B) => T {
  const named = nextQuestion();
  return (of, by) =>
    isRecording()
      ? foundIn(of, named(of, by), { compute: () => question(of, by), again: (next) => question(next, by) })
      : question(of, by);
}

/** One row of a table of which others are not read: an answer each, as those of questions. */
export function rowOf<B extends By, T>(
  table: (of: IstioCluster, by: B) => ReadonlyMap<string, T>,
): (of: IstioCluster, by: B, row: string) => T | undefined {
  const named = nextQuestion();
  return (of, by, row) => {
    if (!isRecording()) return table(of, by).get(row);
    const name = named(of, by);
    const again = (next: IstioCluster) => table(next, by);
    const { value } = recordReads(() => foundIn(of, name, { compute: () => table(of, by), again, rows: new Set() }));
    of.found.get(name)?.rows?.add(row);
    noteRead(rowName(name, row));
    return value.get(row);
  };
}

function rowName(table: string, row: string): string {
  return `${table} ${row}`;
}

/**
 * Fills what was found of a cluster's next state with what holds still, and `changed`, the parts that are others now, with what does
 * not.
 */
export function foundAgain(before: AllFound, next: IstioCluster, changed: Set<string>): void {
  for (const [name, known] of before) {
    const { value, reads, again, rows } = known;
    const there = next.found.get(name);
    if (reads === undefined || rows?.size === 0) continue;
    if (!meet(reads, changed)) {
      if (there === undefined) next.found.set(name, known);
      else for (const row of rows ?? []) there.rows?.add(row);
      continue;
    }
    if (again === undefined) {
      changed.add(name);
      continue;
    }
    // What was asked for by another question already keeps its place before that.
    const now =
      there?.reads === undefined ? recordReads(() => again(next)) : { value: there.value, reads: there.reads };
    if (rows === undefined) {
      const same = keepEqual(value, now.value);
      // Who asked asks again, or for something else.
      if (same !== value) changed.add(name);
      else next.found.set(name, { ...known, reads: now.reads });
    } else {
      const left = rowsLeft(name, { rows, before: value as Table, after: now.value as Table }, changed);
      for (const row of there?.rows ?? []) left.add(row);
      next.found.set(name, { ...known, ...now, rows: left });
    }
  }
}

type Table = ReadonlyMap<string, unknown>;

/** The rows that somebody read and that are as they were; the others join `changed`. */
function rowsLeft(
  name: string,
  { rows, before, after }: { readonly rows: Set<string>; readonly before: Table; readonly after: Table },
  changed: Set<string>,
): Set<string> {
  const left = new Set<string>();
  for (const row of rows) {
    const last = before.get(row);
    if (keepEqual(last, after.get(row)) === last) left.add(row);
    else changed.add(rowName(name, row));
  }
  return left;
}
