import { say, usage } from "@isthmus/core";

type Labels = Readonly<Record<string, string>>;

/** Not what every object inherits: `constructor`. */
function labelOf(labels: Labels, key: string): string | undefined {
  return Object.hasOwn(labels, key) ? labels[key] : undefined;
}

/** What kubectl takes after `-l`: `tier=web,env!=test`, `env in (a, b)`, `env notin (a)`, `tier`, `!tier`. Throws USAGE. */
export function labelSelector(text: string): (labels: Labels) => boolean {
  // Commas within parentheses part values.
  const terms = text.split(/,(?![^(]*\))/).map((term) => requirement(term.trim(), text));
  return (labels) => terms.every((isMet) => isMet(labels));
}

function requirement(term: string, whole: string): (labels: Labels) => boolean {
  const [, negated, key = "", , operator, value = ""] =
    /^(!?)\s*([\w./-]+)\s*((==|=|!=)\s*([\w.-]*))?$/.exec(term) ?? [];
  if (key !== "" && negated === "!" && operator === undefined) return (labels) => labelOf(labels, key) === undefined;
  if (key !== "" && negated === "") {
    if (operator === undefined) return (labels) => labelOf(labels, key) !== undefined;
    return (labels) => (labelOf(labels, key) === value) === (operator !== "!=");
  }
  const [, member, word, list = ""] = /^([\w./-]+)\s+(in|notin)\s+\(([\w.,\s-]*)\)$/.exec(term) ?? [];
  if (member === undefined) {
    const hint = "as kubectl takes them: tier=web,env!=test, or 'env in (a, b)'";
    throw usage(say`${{ whole }} is not a selection of labels`, hint);
  }
  const values = new Set(list.split(",").map((each) => each.trim()));
  return (labels) => {
    const label = labelOf(labels, member);
    return (label !== undefined && values.has(label)) === (word === "in");
  };
}
