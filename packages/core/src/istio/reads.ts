import type { KubeObject } from "../kinds/index.ts";
import type { IstioCluster } from "./istioCluster.ts";

/**
 * What a computation over clusters read of them, so that it is done again only where that is another. A part is
 * a kind in a namespace of a cluster, or more; a question is finer: it is asked again, and only another answer counts.
 */
export interface Reads {
  readonly parts: ReadonlySet<string>;
  readonly questions: readonly Question[];
  /** All that the questions are about. */
  readonly asked: ReadonlySet<string>;
}

export interface Question {
  readonly cluster: string;
  readonly parts: ReadonlySet<string>;
  readonly ask: (cluster: IstioCluster) => unknown;
  readonly answer: unknown;
}

interface Frame {
  readonly parts: Set<string>;
  /** Of a derived fact there are none: whoever uses it reads all that it was made of. */
  readonly questions: Question[] | undefined;
  readonly taken: Set<ReadonlySet<string>>;
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
export function noteReads(parts: ReadonlySet<string>): void {
  if (frame === undefined || frame.taken.has(parts)) return;
  frame.taken.add(parts);
  for (const part of parts) frame.parts.add(part);
}

/** Does some work and tells what it read. */
export function recordReads<T>(work: () => T): { readonly value: T; readonly reads: Reads } {
  const questions: Question[] = [];
  const { value, parts } = inFrame(work, questions);
  return { value, reads: { parts, questions, asked: partsOf(questions) } };
}

/** The same for a derived fact. */
export function recordParts<T>(work: () => T): { readonly value: T; readonly parts: ReadonlySet<string> } {
  return inFrame(work, undefined);
}

function inFrame<T>(work: () => T, questions: Question[] | undefined) {
  const outer = frame;
  const own: Frame = { parts: new Set(), questions, taken: new Set() };
  frame = own;
  try {
    return { value: work(), parts: own.parts };
  } finally {
    frame = outer;
  }
}

/**
 * A question of which only the answer is read: yes or no, a text, or the very objects that are there. It may know nothing of
 * the cluster but what it is handed, since it is asked again of the cluster as it is then.
 */
export function ask<T extends boolean | string | KubeObject | readonly KubeObject[] | undefined>(
  cluster: IstioCluster,
  question: (of: IstioCluster) => T,
): T {
  if (frame?.questions === undefined) return question(cluster);
  const { value, parts } = recordParts(() => question(cluster));
  frame.questions.push({ cluster: cluster.name, parts, ask: question, answer: value });
  return value;
}

/** The reads where they give the same after a change, undefined where they do not. */
export function readsAfter(
  reads: Reads,
  changed: ReadonlySet<string>,
  clusters: ReadonlyMap<string, IstioCluster>,
): Reads | undefined {
  if (meet(reads.parts, changed)) return undefined;
  if (!meet(reads.asked, changed)) return reads;
  const questions: Question[] = [];
  for (const question of reads.questions) {
    const again = meet(question.parts, changed) ? asked(question, clusters) : question;
    if (again === undefined) return undefined;
    questions.push(again);
  }
  return { ...reads, questions, asked: partsOf(questions) };
}

function partsOf(questions: readonly Question[]): ReadonlySet<string> {
  const parts = new Set<string>();
  for (const question of questions) for (const part of question.parts) parts.add(part);
  return parts;
}

function asked(question: Question, clusters: ReadonlyMap<string, IstioCluster>): Question | undefined {
  const cluster = clusters.get(question.cluster);
  if (cluster === undefined) return undefined;
  const { value, parts } = recordParts(() => question.ask(cluster));
  return isSame(value, question.answer) ? { ...question, parts } : undefined;
}

function isSame(left: unknown, right: unknown): boolean {
  if (!Array.isArray(left) || !Array.isArray(right)) return left === right;
  return left.length === right.length && left.every((each, index) => each === right[index]);
}

/** Whether two sets of parts have one in common. */
export function meet(left: ReadonlySet<string>, right: ReadonlySet<string>): boolean {
  const [few, many] = left.size < right.size ? [left, right] : [right, left];
  for (const each of few) if (many.has(each)) return true;
  return false;
}
