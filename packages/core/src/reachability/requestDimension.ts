import { memoisedBy } from "../istio/index.ts";
import type { TraceWorld } from "../trace/index.ts";
import { type TextPattern, textsApart } from "./textsApart.ts";

/** Something that is asked of a value: of a method, a path, one header. */
export interface Question extends TextPattern {
  /** As whoever asks decides it; of undefined: the value is not there. Undefined: it cannot be told. */
  readonly matches: (value: string | undefined) => boolean | undefined;
  /** `/admin*`, for people: the values that match. */
  readonly label: string;
}

/** Values that all questions treat alike, by one of them. */
export interface ValueClass {
  readonly value: string | undefined;
  /** `/admin*`, `other paths`, for people. */
  readonly label: string;
  /** The places of questions that it is a match of. */
  readonly matched: readonly number[];
}

/** What values there are. */
export interface Values {
  /** Those that make the best examples; undefined: none. */
  readonly usual: readonly (string | undefined)[];
  /** All of them, as a regular expression; absent: the usual ones are all that there are. */
  readonly domain?: string;
  /** What those are called that no question is about. */
  readonly rest: string;
}

export interface ValueClasses {
  readonly classes: readonly ValueClass[];
  /** Why there may be classes that no value stands for. */
  readonly untold: readonly string[];
}

/** One part of a request, with a value of each class that is told apart. */
export interface RequestDimension extends ValueClasses {
  readonly part: "method" | "path" | "header" | "query" | "host";
  /** Of a header or parameter. */
  readonly name: string;
}

/** A value for each combination of answers that the questions have: the usual ones where they will do, or else the shortest. */
export function valueClasses(world: TraceWorld, asked: readonly Question[], values: Values): ValueClasses {
  const questions = [...new Map(asked.map((each) => [JSON.stringify([each, each.matches(undefined)]), each])).values()];
  const { usual, domain, rest } = values;
  const patterns = questions.map(({ matches: _, label: __, ...pattern }): TextPattern => pattern);
  const apart = domain === undefined ? undefined : textsFor(world, JSON.stringify([patterns, domain]));
  const found = new Map<string, Omit<ValueClass, "label">>();
  const untold = new Set<string>();
  for (const value of [...usual, ...(apart?.texts ?? [])]) {
    const answers = questions.map(({ matches }) => matches(value));
    const key = [value === undefined, ...answers].join(" ");
    const matched = answers.flatMap((each, index) => (each === true ? [index] : []));
    if (!found.has(key)) found.set(key, { value, matched });
    for (const [index, each] of answers.entries()) {
      if (each === undefined) untold.add(`${questions[index]?.label} is not a regular expression that can be tried`);
    }
  }
  for (const index of apart?.unread ?? [])
    untold.add(`no value was looked for that ${questions[index]?.label} matches`);
  if (apart?.isWhole === false) untold.add("so much is asked that not each kind of value was found");
  return { classes: labelled([...found.values()], { questions, rest }), untold: [...untold].sort() };
}

/** The same questions are asked about many hosts. */
const textsFor = memoisedBy((_: TraceWorld, key: string) => {
  const [patterns, domain]: [readonly TextPattern[], string] = JSON.parse(key);
  return textsApart(patterns, domain);
});

/** By what it is a match of, but for what goes without saying: that `/admin/x` is one of `/admin*`. */
function labelled(
  classes: readonly Omit<ValueClass, "label">[],
  { questions, rest }: { readonly questions: readonly Question[]; readonly rest: string },
): readonly ValueClass[] {
  const of = questions.map((_, index) => classes.filter(({ matched }) => matched.includes(index)));
  const given = classes.filter(({ value }) => value !== undefined);
  const implies = (one: number, other: number) => {
    const [own = [], wider = []] = [of[one], of[other]];
    return own.every((each) => wider.includes(each)) && (own.length < wider.length || one < other);
  };
  const isTelling = (index: number) => !given.every((each) => of[index]?.includes(each));
  return classes.map(({ value, matched }) => {
    if (value === undefined) return { value, matched, label: "none" };
    const telling = matched.filter(isTelling);
    const least = telling.filter((index) => !telling.some((other) => other !== index && implies(other, index)));
    const labels = least.map((index) => questions[index]?.label ?? "");
    return { value, matched, label: labels.length > 1 ? `(${labels.join(" and ")})` : (labels[0] ?? rest) };
  });
}
