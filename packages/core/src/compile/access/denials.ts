/** One set of calls that is allowed. A list that is absent allows all of its kind. */
export interface AllowedCalls {
  /** Principals in Istio's form, `*` for every authenticated caller. */
  readonly principals: readonly string[];
  readonly methods?: readonly string[];
  readonly paths?: readonly string[];
}

/** Calls to deny: those that are in none of the lists. An empty list says nothing; all empty: every call. */
export interface Denial {
  readonly principals: readonly string[];
  readonly methods: readonly string[];
  readonly paths: readonly string[];
}

const kinds = ["principals", "methods", "paths"] as const;

/**
 * What is left when everything in `allowed` is taken away, as rules of a DENY policy: a call is in none of the sets when it
 * breaks one of the lists of each, so there is a rule for every way to pick one list a set (De Morgan). Rules that another
 * one covers are left out at every step, which keeps the common case at one rule. Undefined: more than `limit` rules.
 */
export function denials(allowed: readonly AllowedCalls[], limit: number): readonly Denial[] | undefined {
  let rules: readonly Denial[] = [{ principals: [], methods: [], paths: [] }];
  for (const set of allowed) {
    rules = withoutCovered(
      rules.flatMap((rule) =>
        kinds.flatMap((kind) => {
          const list = set[kind];
          return list === undefined ? [] : [{ ...rule, [kind]: [...new Set([...rule[kind], ...list])].sort() }];
        }),
      ),
    );
    if (rules.length > limit) return undefined;
  }
  return rules;
}

/** A rule whose lists hold all that another one's hold denies only calls that the other denies as well. */
function withoutCovered(rules: readonly Denial[]): readonly Denial[] {
  const distinct = [...new Map(rules.map((rule) => [JSON.stringify(kinds.map((kind) => rule[kind])), rule])).entries()]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, rule]) => rule);
  return distinct.filter((rule) => !distinct.some((other) => other !== rule && covers(other, rule)));
}

function covers(wider: Denial, narrower: Denial): boolean {
  return kinds.every((kind) => wider[kind].every((entry) => narrower[kind].includes(entry)));
}
