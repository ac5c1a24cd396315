import { maxDepth, maxLexemes } from "./readTokens.ts";

/** One document of a text: from its first line to before the next `---`. */
export interface PlainDocument {
  readonly text: string;
  /** Of its text in the whole. */
  readonly start: number;
  readonly value: unknown;
}

/**
 * The documents of a text as nearly everybody writes declarations: mappings and lists by indentation, words, whole numbers, simple quotes, and
 * brackets within a line. The YAML library takes ten times as long, since it makes a tree of all words and signs. Undefined as soon as
 * anything is otherwise: what is wrong, rare or in doubt (anchors, tags, blocks of text, escapes, repeated keys) is the library's.
 */
export function readPlainYaml(text: string): readonly PlainDocument[] | undefined {
  // There are at most three words and signs for two characters.
  if (text.length * 1.5 > maxLexemes || notPlain.test(text)) return undefined;
  const documents: PlainDocument[] = [];
  let start = 0;
  for (const part of text.split(/^---\n/m)) {
    const lines = linesOf(part);
    const value = lines.length === 0 ? null : readLines(lines);
    if (value === undefined) return undefined;
    if (value !== null) documents.push({ text: part, start, value });
    start += part.length + "---\n".length;
  }
  return documents;
}

/** Tabs, carriage returns and other control characters, and what some take for a line's end. */
const notPlain = /[^\n -~\u00A1-\u1FFF\u2010-\u2027\u2030-\uD7FF]/;

interface Line {
  readonly indent: number;
  /** Without the indentation, a comment, and the spaces before it. */
  readonly words: string;
}

/** Those that hold something. Within quotes, too, ` #` ends the words, which then are not plain. */
function linesOf(text: string): Line[] {
  const lines: Line[] = [];
  for (const line of text.split("\n")) {
    const comment = line.startsWith("#") ? 0 : line.indexOf(" #");
    const told = (comment < 0 ? line : line.slice(0, comment)).trimEnd();
    const words = told.trimStart();
    if (words !== "") lines.push({ indent: told.length - words.length, words });
  }
  return lines;
}

function readLines(lines: Line[]): unknown {
  const reader = new LineReader(lines);
  try {
    return reader.document();
  } catch (error) {
    if (error instanceof NotPlain) return undefined;
    throw error;
  }
}

class NotPlain extends Error {}

const dash = /-(?: +|$)/y;
const key = /([A-Za-z_][\w./-]{0,200}):(?: +|$)/y;
const word = /[A-Za-z0-9_/](?:[\w./@%+=,()*-]|:(?! |$)| )*/y;
/** Within brackets. */
const shortWord = /[A-Za-z0-9_/][\w./@%+=*-]*/y;
const quoted = /"([^"\\]*)"|'([^']*)'/y;
const spaces = / */y;

/** What the core schema does not take for text. */
const notText = /^(?:null|Null|NULL|true|True|TRUE|false|False|FALSE)$/;
const number = /^(?:0[ox].*|\d+\.?\d*(?:[eE].*)?)$/;
const wholeNumber = /^(?:0|[1-9]\d{0,14})$/;

/** Reads a document from its first line to its last. Throws NotPlain. */
class LineReader {
  readonly #lines: Line[];
  #next = 0;

  constructor(lines: Line[]) {
    this.#lines = lines;
  }

  document(): unknown {
    if (this.#indent() !== 0) throw new NotPlain();
    const value = this.#block(0);
    if (this.#next < this.#lines.length) throw new NotPlain();
    return value;
  }

  /** The indentation of the next line; -1 behind the last one. */
  #indent(): number {
    return this.#lines[this.#next]?.indent ?? -1;
  }

  #words(): string {
    return this.#lines[this.#next]?.words ?? "";
  }

  #block(depth: number): unknown {
    if (depth > maxDepth / 2) throw new NotPlain();
    const indent = this.#indent();
    return endOf(dash, this.#words(), 0) === undefined ? this.#mapping(indent, depth) : this.#list(indent, depth);
  }

  #list(indent: number, depth: number): unknown[] {
    const items: unknown[] = [];
    while (this.#indent() === indent) {
      const words = this.#words();
      const begin = endOf(dash, words, 0);
      if (begin === undefined) break;
      if (begin < words.length && endOf(key, words, begin) === undefined) items.push(this.#rest(begin));
      else {
        // A mapping may begin behind the dash.
        if (begin < words.length) {
          this.#lines[this.#next] = { indent: indent + begin, words: words.slice(begin) };
        } else this.#next += 1;
        if (this.#indent() <= indent) throw new NotPlain();
        items.push(this.#block(depth + 1));
      }
      if (this.#indent() > indent) throw new NotPlain();
    }
    return items;
  }

  #mapping(indent: number, depth: number): object {
    const fields: Record<string, unknown> = {};
    while (this.#indent() === indent) {
      const words = this.#words();
      const begin = endOf(key, words, 0);
      if (begin === undefined) throw new NotPlain();
      const name = nameOf(words, begin, fields);
      if (begin < words.length) fields[name] = this.#rest(begin);
      else {
        this.#next += 1;
        // The dashes of a list may stand below their key.
        const isList = this.#indent() === indent && endOf(dash, this.#words(), 0) !== undefined;
        if (isList) fields[name] = this.#list(indent, depth + 1);
        else fields[name] = this.#indent() > indent ? this.#block(depth + 1) : null;
      }
      if (this.#indent() > indent) throw new NotPlain();
    }
    return fields;
  }

  /** What stands in the line behind a dash or a key. */
  #rest(begin: number): unknown {
    const words = this.#words();
    this.#next += 1;
    const { value, end } = /[[{]/.test(words.charAt(begin)) ? inBrackets(words, begin, 0) : scalar(word, words, begin);
    if (end < words.length) throw new NotPlain();
    return value;
  }
}

interface Read {
  readonly value: unknown;
  readonly end: number;
}

function inBrackets(words: string, begin: number, depth: number): Read {
  const isList = words.charAt(begin) === "[";
  if (!isList && words.charAt(begin) !== "{") return scalar(shortWord, words, begin);
  if (depth > maxDepth / 4) throw new NotPlain();
  const close = isList ? "]" : "}";
  const items: unknown[] = [];
  const fields: Record<string, unknown> = {};
  let end = endOf(spaces, words, begin + 1) ?? begin;
  if (words.charAt(end) === close) return { value: isList ? items : fields, end: end + 1 };
  for (;;) {
    const from = isList ? end : (endOf(key, words, end) ?? words.length);
    const name = isList ? "" : nameOf(words.slice(end), from - end, fields);
    const read = inBrackets(words, from, depth + 1);
    items.push(read.value);
    if (!isList) fields[name] = read.value;
    end = endOf(spaces, words, read.end) ?? read.end;
    if (words.charAt(end) === close) return { value: isList ? items : fields, end: end + 1 };
    if (words.charAt(end) !== ",") throw new NotPlain();
    end = endOf(spaces, words, end + 1) ?? end;
  }
}

function scalar(plain: RegExp, words: string, begin: number): Read {
  const end = endOf(quoted, words, begin);
  if (end !== undefined) return { value: words.slice(begin + 1, end - 1), end };
  const wordEnd = endOf(plain, words, begin);
  if (wordEnd === undefined) throw new NotPlain();
  const text = words.slice(begin, wordEnd);
  if (wholeNumber.test(text)) return { value: Number(text), end: wordEnd };
  if (/^(?:true|false)$/.test(text)) return { value: text === "true", end: wordEnd };
  if (notText.test(text) || number.test(text)) throw new NotPlain();
  return { value: text, end: wordEnd };
}

/** Of the key that ends, with its colon and spaces, at `end`. */
function nameOf(words: string, end: number, others: object): string {
  const name = words.slice(0, end).trimEnd().slice(0, -1);
  if (name === "__proto__" || notText.test(name) || Object.hasOwn(others, name)) throw new NotPlain();
  return name;
}

/** Where the pattern, which is sticky, stops; undefined where it does not match from `begin`. */
function endOf(pattern: RegExp, text: string, begin: number): number | undefined {
  pattern.lastIndex = begin;
  return pattern.test(text) ? pattern.lastIndex : undefined;
}
