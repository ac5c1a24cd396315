import { readRegex } from "./readRegex.ts";
import { type Language, Languages } from "./textLanguage.ts";

/** What regular expressions tell apart. */
export interface TextsApart {
  /** Of each combination of those that match some text a text, in the domain. */
  readonly texts: readonly string[];
  /** False where there may be more. */
  readonly isWhole: boolean;
  /** The places of expressions that are beyond us, as if they were not there. */
  readonly unread: readonly number[];
}

export interface TextPattern {
  readonly regex: string;
  readonly ignoreCase: boolean;
  /** What comes after it is what the other matches after `text`. */
  readonly next?: { readonly text: string; readonly pattern: TextPattern };
}

const mostStates = 20_000;

/**
 * Goes through all that may follow, the shortest first: a state is what each expression has yet to see, of which there are finitely
 * many.
 */
export function textsApart(patterns: readonly TextPattern[], domain: string): TextsApart {
  const languages = new Languages();
  const within = readRegex(languages, domain) ?? languages.anything;
  const read = patterns.map((each) => readPattern(languages, each));
  const start = read.filter((each): each is Language => each !== undefined);
  const alphabet = languages.alphabet();
  const isSettled = (each: Language) => each === languages.never || each === languages.anything;
  const found = new Map<string, string>();
  const seen = new Set<string>();
  let states = [{ text: "", within, left: start }];
  while (states.length > 0 && seen.size < mostStates) {
    const next: typeof states = [];
    for (const state of states) {
      const matched = state.left.map(({ hasEmpty }) => (hasEmpty ? "1" : "0")).join("");
      if (state.within.hasEmpty && !found.has(matched)) found.set(matched, state.text);
      if (found.has(matched) && state.left.every(isSettled)) continue;
      for (const character of alphabet) {
        const rest = state.within.after(character);
        if (rest === languages.never) continue;
        const left = state.left.map((each) => each.after(character));
        const key = [rest, ...left].map(({ id }) => id).join(" ");
        if (seen.has(key)) continue;
        seen.add(key);
        next.push({ text: state.text + character, within: rest, left });
      }
    }
    states = next;
  }
  const unread = read.flatMap((each, index) => (each === undefined ? [index] : []));
  return { texts: [...found.values()], isWhole: states.length === 0, unread };
}

function readPattern(languages: Languages, { regex, ignoreCase, next }: TextPattern): Language | undefined {
  const first = readRegex(languages, regex, ignoreCase);
  if (next === undefined) return first;
  const whole = readPattern(languages, next.pattern);
  if (first === undefined || whole === undefined) return undefined;
  return languages.joined(
    first,
    [...next.text].reduce((left, each) => left.after(each), whole),
  );
}
