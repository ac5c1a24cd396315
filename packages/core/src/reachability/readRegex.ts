import { characters, type Language, type Languages } from "./textLanguage.ts";

/**
 * The texts that a regular expression matches as a whole, as RE2 has them. Undefined for what is beyond this reader: anchors and
 * borders within, what looks ahead, and whatever is not a regular expression.
 */
export function readRegex(languages: Languages, regex: string, ignoreCase = false): Language | undefined {
  const [, flags = "", rest = regex] = /^\(\?([is]+)\)(.*)$/s.exec(regex) ?? [];
  try {
    return new Reader(languages, rest.replace(/^\^/, ""), ignoreCase || flags.includes("i")).whole();
  } catch (error) {
    if (error instanceof Unread) return undefined;
    throw error;
  }
}

class Unread extends Error {}

const all: ReadonlySet<string> = new Set(characters);
const setOf = (pattern: RegExp): ReadonlySet<string> => new Set(characters.filter((each) => pattern.test(each)));
const named: Readonly<Record<string, ReadonlySet<string>>> = {
  d: setOf(/\d/),
  D: setOf(/\D/),
  w: setOf(/\w/),
  W: setOf(/\W/),
  s: setOf(/\s/),
  S: setOf(/\S/),
};
/** Of counted repetitions; RE2 takes up to 1,000. */
const mostCopies = 200;

class Reader {
  readonly #languages: Languages;
  readonly #text: string;
  readonly #ignoreCase: boolean;
  #at = 0;

  constructor(languages: Languages, text: string, ignoreCase: boolean) {
    this.#languages = languages;
    this.#text = text;
    this.#ignoreCase = ignoreCase;
  }

  whole(): Language {
    const found = this.#alternatives();
    if (this.#at < this.#text.length) throw new Unread();
    return found;
  }

  #alternatives(): Language {
    const found: Language[] = [];
    let current: Language[] = [];
    const sequence = () =>
      current.reduceRight((rest, each) => this.#languages.joined(each, rest), this.#languages.empty);
    for (;;) {
      const next = this.#text[this.#at];
      if (next !== undefined && next !== ")" && next !== "|") {
        current.push(this.#repeated(this.#atom()));
        continue;
      }
      found.push(sequence());
      if (next !== "|") return this.#languages.either(found);
      this.#at += 1;
      current = [];
    }
  }

  #atom(): Language {
    const character = this.#text[this.#at] ?? "";
    this.#at += 1;
    switch (character) {
      case "(": {
        const [mark = ""] = /^\?(:|P?<\w+>)/.exec(this.#text.slice(this.#at)) ?? [];
        if (mark === "" && this.#text[this.#at] === "?") throw new Unread();
        this.#at += mark.length;
        const inner = this.#alternatives();
        if (this.#text[this.#at] !== ")") throw new Unread();
        this.#at += 1;
        return inner;
      }
      case "[":
        return this.#languages.one(this.#set());
      case "\\":
        return this.#languages.one(this.#cased(this.#escaped()));
      case ".":
        return this.#languages.one(all);
      case "$":
        if (this.#at < this.#text.length) throw new Unread();
        return this.#languages.empty;
      case "^":
      case "*":
      case "+":
      case "?":
        throw new Unread();
      default:
        return this.#languages.one(this.#cased(new Set([character])));
    }
  }

  #escaped(): ReadonlySet<string> {
    const character = this.#text[this.#at] ?? "";
    this.#at += 1;
    const known = named[character];
    if (known !== undefined) return known;
    if (character === "" || /[a-zA-Z0-9]/.test(character)) throw new Unread();
    return new Set([character]);
  }

  /** `[^a-z\d]` after its first bracket. */
  #set(): ReadonlySet<string> {
    const isNot = this.#text[this.#at] === "^";
    if (isNot) this.#at += 1;
    const found = new Set<string>();
    for (let isFirst = true; this.#text[this.#at] !== "]" || isFirst; isFirst = false) {
      const from = this.#member();
      if (this.#text[this.#at] !== "-" || this.#text[this.#at + 1] === "]") {
        for (const each of from) found.add(each);
        continue;
      }
      this.#at += 1;
      const to = this.#member();
      const [[first = ""], [last = ""]] = [[...from], [...to]];
      if (from.size !== 1 || to.size !== 1) throw new Unread();
      for (const each of characters) if (each >= first && each <= last) found.add(each);
    }
    this.#at += 1;
    const cased = this.#cased(found);
    return isNot ? new Set(characters.filter((each) => !cased.has(each))) : cased;
  }

  #member(): ReadonlySet<string> {
    const character = this.#text[this.#at];
    this.#at += 1;
    if (character === undefined || (character === "[" && this.#text[this.#at] === ":")) throw new Unread();
    return character === "\\" ? this.#escaped() : new Set([character]);
  }

  #cased(set: ReadonlySet<string>): ReadonlySet<string> {
    return this.#ignoreCase ? new Set([...set].flatMap((each) => [each.toLowerCase(), each.toUpperCase()])) : set;
  }

  #repeated(atom: Language): Language {
    const [whole = "", sign = "", least = "", comma = "", most = ""] =
      /^(?:([*+?])|\{(\d+)(,?)(\d*)\})\??/.exec(this.#text.slice(this.#at)) ?? [];
    this.#at += whole.length;
    if (whole === "") return atom;
    const languages = this.#languages;
    if (sign === "*") return languages.many(atom);
    if (sign === "+") return languages.joined(atom, languages.many(atom));
    if (sign === "?") return languages.either([atom, languages.empty]);
    const from = Number(least);
    const to = comma === "" || most === "" ? from : Number(most);
    if (Math.max(from, to) > mostCopies) throw new Unread();
    let rest = comma !== "" && most === "" ? languages.many(atom) : languages.empty;
    for (let copies = to; copies > 0; copies -= 1) {
      const more = languages.joined(atom, rest);
      rest = copies > from ? languages.either([more, languages.empty]) : more;
    }
    return rest;
  }
}
