/**
 * Texts that a regular expression probably matches, made by reading it: each alternative with every repetition done once. Whoever uses
 * one tries it; what this cannot read gives a text that does not match.
 */
export function regexSamples(regex: string, fresh: string): readonly string[] {
  const reader = new Reader(regex.replace(/^\(\?[a-z]+\)/, ""), fresh);
  return [...new Set(reader.alternatives())].slice(0, mostSamples);
}

const mostSamples = 12;

class Reader {
  readonly #text: string;
  readonly #fresh: string;
  #at = 0;

  constructor(text: string, fresh: string) {
    this.#text = text;
    this.#fresh = fresh;
  }

  alternatives(): readonly string[] {
    const found: string[] = [];
    let current: readonly string[] = [""];
    while (this.#at < this.#text.length && this.#text[this.#at] !== ")") {
      if (this.#text[this.#at] === "|") {
        this.#at += 1;
        found.push(...current);
        current = [""];
        continue;
      }
      const atom = this.#repeated(this.#atom());
      current = current.flatMap((before) => atom.map((each) => before + each)).slice(0, mostSamples);
    }
    return [...found, ...current];
  }

  #atom(): readonly string[] {
    const character = this.#text[this.#at] ?? "";
    this.#at += 1;
    switch (character) {
      case "(": {
        const marker = /^\?(:|P?<[^>]*>)/.exec(this.#text.slice(this.#at));
        this.#at += marker?.[0].length ?? 0;
        const inner = this.alternatives();
        this.#at += 1;
        return inner;
      }
      case "[":
        return [this.#ofSet()];
      case "\\": {
        const escaped = this.#text[this.#at] ?? "";
        this.#at += 1;
        return [({ d: "1", w: "a", s: " ", D: "a", W: "-", S: "a", b: "" } as const)[escaped] ?? escaped];
      }
      case ".":
        return [this.#fresh];
      case "^":
      case "$":
        return [""];
      default:
        return [character];
    }
  }

  /** A letter, digit or sign that `[a-z]` has; of `[^/]` one that it has not. */
  #ofSet(): string {
    const end = this.#text.indexOf("]", this.#at + 1);
    const set = this.#text.slice(this.#at, end < 0 ? undefined : end);
    this.#at = end < 0 ? this.#text.length : end + 1;
    try {
      const pattern = new RegExp(`[${set}]`);
      return (
        [this.#fresh.slice(0, 1), "a", "1", "A", "-", "_", "/", ".", ...set].find((each) => pattern.test(each)) ?? ""
      );
    } catch {
      return "";
    }
  }

  #repeated(atoms: readonly string[]): readonly string[] {
    const [whole = "", sign = "", least = "1"] =
      /^(?:([*+?])|\{(\d+)[^}]*\})\??/.exec(this.#text.slice(this.#at)) ?? [];
    this.#at += whole.length;
    if (whole === "" || sign === "+") return atoms;
    if (sign !== "") return [...atoms, ""];
    return atoms.map((each) => each.repeat(Math.min(Number(least), 100)));
  }
}
