/** What matchers of one part of a request (its method, its path, one header) make of a value; undefined: it is not there. */
export type Matcher = (value: string | undefined) => boolean | undefined;

/** Values that all matchers treat alike, by one of them. */
export interface ValueClass {
  readonly value: string | undefined;
  /** `/admin*`, `other paths`, for people. */
  readonly label: string;
}

/** One part of a request, with a value of each class that its matchers tell apart. */
export interface RequestDimension {
  readonly part: "method" | "path" | "header" | "query";
  /** Of a header or parameter. */
  readonly name: string;
  readonly classes: readonly ValueClass[];
  /** Why there may be classes that no value stands for. */
  readonly untold: readonly string[];
}

export interface Sample {
  readonly value: string | undefined;
  readonly label: string;
  /** Its label says more of its class than that of a value before it. */
  readonly isTelling?: boolean;
}

/** What is told of a part's matchers, from which its classes are made. */
export interface DimensionDraft {
  readonly matchers: { readonly matches: Matcher; readonly written: string; readonly isRegex: boolean }[];
  readonly samples: Sample[];
}

/** The samples that stand for a class of their own: the first of those of which all matchers say the same. */
export function classesOf({ matchers, samples }: DimensionDraft): Pick<RequestDimension, "classes" | "untold"> {
  const found = new Map<string, Sample>();
  const met = new Set<string>();
  const untold = new Set<string>();
  for (const sample of samples) {
    const results = matchers.map(({ matches }) => matches(sample.value));
    const key = results.map((each) => (each === undefined ? "?" : each ? "1" : "0")).join("");
    const before = found.get(key);
    if (before === undefined) found.set(key, sample);
    else if (sample.isTelling === true) found.set(key, { ...before, label: sample.label });
    for (const [index, { written }] of matchers.entries()) {
      if (results[index] === true) met.add(written);
      if (results[index] === undefined) untold.add(`${written} is not a regular expression that can be tried`);
    }
  }
  for (const { written, isRegex } of matchers) {
    if (isRegex && !met.has(written)) untold.add(`no value was found that ${written} matches`);
  }
  return { classes: [...found.values()], untold: [...untold].sort() };
}
