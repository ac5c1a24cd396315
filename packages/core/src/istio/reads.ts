import type { KubeObject } from "../kinds/index.ts";
import { isSameSet, keepEqual } from "../world/index.ts";
import type { IstioCluster } from "./istioCluster.ts";
import type { Workload } from "./workload.ts";

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
  /** Undefined where only parts are recorded: what a question is about is read then. */
  readonly questions: Set<Question> | undefined;
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
  for (const part of reads.parts) frame.parts.add(part);
  if (frame.questions === undefined) for (const part of reads.asked) frame.parts.add(part);
  else for (const question of reads.questions) frame.questions.add(question);
}

/** Does some work and tells what it read. */
export function recordReads<T>(work: () => T): { readonly value: T; readonly reads: Reads } {
  const asked = new Set<Question>();
  const { value, parts } = inFrame(work, asked);
  const questions = [...asked];
  return { value, reads: { parts, questions, asked: partsOf(questions) } };
}

/** More than these are not asked again one by one. */
const mostQuestions = 16;

/** The same for a derived fact: whoever uses it reads what it was made of, and of one that asks much all that this is about. */
export function recordFact<T>(work: () => T): { readonly value: T; readonly reads: Reads } {
  const { value, reads } = recordReads(work);
  if (reads.questions.length <= mostQuestions) return { value, reads };
  return { value, reads: { parts: new Set([...reads.parts, ...reads.asked]), questions: [], asked: new Set() } };
}

/** The same where only parts count. */
export function recordParts<T>(work: () => T): { readonly value: T; readonly parts: ReadonlySet<string> } {
  return inFrame(work, undefined);
}

function inFrame<T>(work: () => T, questions: Set<Question> | undefined) {
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
 * A question of which only the answer is read: yes or no, a text, or values that hold nothing of the cluster but objects and
 * workloads. It may know nothing of the cluster but what it is handed, since it is asked again of the cluster as it is then.
 */
export function ask<T extends Answer>(cluster: IstioCluster, question: (of: IstioCluster) => T): T {
  if (frame?.questions === undefined) return question(cluster);
  const { value, parts } = recordParts(() => question(cluster));
  frame.questions.add({ cluster: cluster.name, parts, ask: question, answer: value });
  return value;
}

type Answer = boolean | string | Workload | KubeObject | readonly (KubeObject | Workload | Target)[] | undefined;

/** What a workload's port is told by. */
interface Target {
  readonly object: KubeObject;
  readonly port: number;
}

/** The same of a cluster and something besides, for what many ask alike: it is asked again once for all of them. */
export function askBy<By, T extends Answer>(
  question: (of: IstioCluster, by: By) => T,
): (cluster: IstioCluster, by: By) => T {
  const asked = new WeakMap<IstioCluster, Map<By, Question>>();
  return (cluster, by) => {
    if (frame?.questions === undefined) return question(cluster, by);
    const ofCluster = asked.get(cluster) ?? new Map<By, Question>();
    asked.set(cluster, ofCluster);
    let found = ofCluster.get(by);
    if (found === undefined) {
      const { value, parts } = recordParts(() => question(cluster, by));
      found = { cluster: cluster.name, parts, ask: (of) => question(of, by), answer: value };
      ofCluster.set(by, found);
    }
    frame.questions.add(found);
    return found.answer as T;
  };
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
  let isSame = true;
  for (const question of reads.questions) {
    const again = answeredAgain(question, changed, clusters);
    if (again === undefined) return undefined;
    isSame &&= again === question;
    questions.push(again);
  }
  return isSame ? reads : { ...reads, questions, asked: partsOf(questions) };
}

/** Of each state of the clusters, since one question may stand in the reads of many. */
const again = new WeakMap<ReadonlyMap<string, IstioCluster>, Map<Question, Question | undefined>>();

function answeredAgain(
  question: Question,
  changed: ReadonlySet<string>,
  clusters: ReadonlyMap<string, IstioCluster>,
): Question | undefined {
  const known = again.get(clusters) ?? new Map<Question, Question | undefined>();
  again.set(clusters, known);
  if (known.has(question)) return known.get(question);
  const found = meet(question.parts, changed) ? asked(question, clusters) : question;
  known.set(question, found);
  return found;
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
  // To the order of fields, in which they would be written.
  if (keepEqual(question.answer, value) !== question.answer) return undefined;
  return isSameSet(parts, question.parts) ? question : { ...question, parts };
}

/** Whether two sets of parts have one in common. */
export function meet(left: ReadonlySet<string>, right: ReadonlySet<string>): boolean {
  const [few, many] = left.size < right.size ? [left, right] : [right, left];
  for (const each of few) if (many.has(each)) return true;
  return false;
}
