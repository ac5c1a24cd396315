/**
 * A set of texts, as a regular expression describes it, of which one may ask what is left after a character (Brzozowski's
 * derivative). Of one `Languages` equal expressions are one object.
 */
export interface Language {
  readonly id: number;
  /** Whether the empty text is one of it. */
  readonly hasEmpty: boolean;
  /** What texts that begin with this character may go on with. */
  readonly after: (character: string) => Language;
}

/** What texts are made of here, printable ASCII: those first that read best in an example. */
export const characters: readonly string[] = [
  ..."abcdefghijklmnopqrstuvwxyz0123456789-_/.~ABCDEFGHIJKLMNOPQRSTUVWXYZ",
  ..."!\"#$%&'()*+,:;<=>?@[\\]^`{|} ",
];

/** Makes languages that can be compared with each other. */
export class Languages {
  readonly #known = new Map<string, Language>();
  readonly #alternatives = new Map<Language, readonly Language[]>();
  readonly #sets: ReadonlySet<string>[] = [];
  readonly never: Language = this.#made("never", false, () => this.never);
  readonly empty: Language = this.#made("empty", true, () => this.never);
  readonly anything: Language = this.#made("anything", true, () => this.anything);

  /** One of each kind of characters that all languages made so far treat alike. */
  alphabet(): readonly string[] {
    const found = new Map<string, string>();
    for (const each of characters) {
      const key = this.#sets.map((set) => (set.has(each) ? "1" : "0")).join("");
      if (!found.has(key)) found.set(key, each);
    }
    return [...found.values()];
  }

  one(of: ReadonlySet<string>): Language {
    const key = `[${characters.filter((each) => of.has(each)).join("")}`;
    if (!this.#known.has(key)) this.#sets.push(of);
    return this.#made(key, false, (character) => (of.has(character) ? this.empty : this.never));
  }

  text(text: string): Language {
    return [...text].reduceRight((rest, each) => this.joined(this.one(new Set([each])), rest), this.empty);
  }

  joined(first: Language, rest: Language): Language {
    if (first === this.never || rest === this.never) return this.never;
    if (first === this.empty) return rest;
    if (rest === this.empty) return first;
    return this.#made(`${first.id}.${rest.id}`, first.hasEmpty && rest.hasEmpty, (character) => {
      const left = this.joined(first.after(character), rest);
      return first.hasEmpty ? this.either([left, rest.after(character)]) : left;
    });
  }

  either(all: readonly Language[]): Language {
    const parts = new Set(all.flatMap((each) => this.#alternatives.get(each) ?? [each]));
    parts.delete(this.never);
    if (parts.has(this.anything)) return this.anything;
    const some = [...parts].sort((one, other) => one.id - other.id);
    const [only = this.never] = some;
    if (some.length < 2) return only;
    const hasEmpty = some.some((each) => each.hasEmpty);
    const made = this.#made(some.map(({ id }) => id).join("|"), hasEmpty, (character) =>
      this.either(some.map((each) => each.after(character))),
    );
    this.#alternatives.set(made, some);
    return made;
  }

  /** Any number of them, also none. */
  many(of: Language): Language {
    if (of === this.never || of === this.empty) return this.empty;
    if (characters.every((each) => of.after(each).hasEmpty)) return this.anything;
    return this.#made(`${of.id}*`, true, (character) => this.joined(of.after(character), this.many(of)));
  }

  #made(key: string, hasEmpty: boolean, compute: Language["after"]): Language {
    const found = this.#known.get(key);
    if (found !== undefined) return found;
    const next = new Map<string, Language>();
    const after = (character: string): Language => {
      const known = next.get(character) ?? compute(character);
      next.set(character, known);
      return known;
    };
    const language = { id: this.#known.size, hasEmpty, after };
    this.#known.set(key, language);
    return language;
  }
}
