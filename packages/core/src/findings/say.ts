import { type ClusterObject, showClusterObject } from "../kinds/index.ts";

/** Something that has a name: an object of a cluster, or a declaration, which is in none. */
export interface Named {
  readonly cluster?: string;
  readonly kind: string;
  readonly namespace?: string | undefined;
  readonly name: string;
}

/** What a sentence is made of, as JSON. A list is shown with commas, and what has a name by kind, namespace and name. */
export type Param = string | number | boolean | Named | readonly Param[];

/** A sentence with what it is made of. */
export interface Sentence {
  readonly text: string;
  readonly params: Readonly<Record<string, Param>>;
  /** The objects of clusters among them: what a reader may want to open. They exist. */
  readonly refs: readonly ClusterObject[];
}

export type Words = string | Sentence;

/**
 * Tag of a template whose facts have names, so that they stay data beside the text:
 *
 *     say`${{ service }} has no port ${{ port: 80 }}`
 *
 * `service` and `port` are then the sentence's params, and a service of a cluster one of its refs. What has no name is words:
 * text that only sometimes is there, or another sentence.
 */
export function say(parts: TemplateStringsArray, ...values: readonly (Words | Fact)[]): Sentence {
  let text = parts[0] ?? "";
  const sentences: Sentence[] = [];
  for (const [index, value] of values.entries()) {
    const said = typeof value === "string" || isSentence(value) ? sentenceOf(value) : factOf(value);
    sentences.push(said);
    text += said.text + (parts[index + 1] ?? "");
  }
  return { text, ...factsOf(sentences) };
}

/** So that a sentence about each of thousands of rivals does not name all of them: together they would fill the memory. */
const mostNamed = 10;

/** Names for a sentence, joined by "and"; of many the first ten, and how many more there are. */
export function joinNames(names: readonly string[]): string {
  const more = names.length - mostNamed;
  return more <= 0 ? names.join(" and ") : `${names.slice(0, mostNamed).join(", ")} and ${more} more`;
}

export function sentenceOf(words: Words): Sentence {
  return typeof words === "string" ? { text: words, params: {}, refs: [] } : words;
}

/** What several sentences are made of. Two facts of one name that differ are both kept, the later one numbered. */
export function factsOf(sentences: readonly Sentence[]): Pick<Sentence, "params" | "refs"> {
  const params: Record<string, Param> = {};
  const refs = new Map<string, ClusterObject>();
  for (const sentence of sentences) {
    for (const [name, value] of Object.entries(sentence.params)) {
      let free = name;
      for (let number = 2; free in params && !isSame(params[free], value); number += 1) free = `${name}${number}`;
      params[free] = value;
    }
    for (const ref of sentence.refs) refs.set(`${ref.cluster}: ${showClusterObject(ref)}`, ref);
  }
  return { params, refs: [...refs.values()] };
}

/** A name and the value; one with several names is a mistake that no sentence shows. */
type Fact = Readonly<Record<string, Param | undefined>>;

/** What the types let be absent, as a namespace, and is there: nothing is said of it otherwise. */
function factOf(fact: Fact): Sentence {
  const params: Record<string, Param> = {};
  for (const [name, value] of Object.entries(fact)) if (value !== undefined) params[name] = value;
  const values = Object.values(params);
  return { text: values.map(show).join(", "), params, refs: values.flatMap(refsIn) };
}

function isSentence(value: Sentence | Fact): value is Sentence {
  return "refs" in value && "params" in value && "text" in value;
}

function show(value: Param): string {
  if (isList(value)) return value.map(show).join(", ");
  if (typeof value !== "object") return String(value);
  const { kind, namespace, name } = value;
  return showClusterObject({ kind, ...(namespace === undefined ? {} : { namespace }), name });
}

function refsIn(value: Param): readonly ClusterObject[] {
  if (isList(value)) return value.flatMap(refsIn);
  if (typeof value !== "object" || value.cluster === undefined) return [];
  const { cluster, kind, namespace, name } = value;
  return [{ cluster, kind, ...(namespace === undefined ? {} : { namespace }), name }];
}

/** Array.isArray does not see a readonly array. */
function isList(value: Param): value is readonly Param[] {
  return Array.isArray(value);
}

function isSame(one: Param | undefined, other: Param): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}
