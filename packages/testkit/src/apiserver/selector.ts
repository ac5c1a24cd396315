/** `a=b,c!=d,e,!f,g in (h,i)`, as in a list's labelSelector. */
export function matchesSelector(labels: Readonly<Record<string, unknown>>, selector: string): boolean {
  const terms = selector.split(/,(?![^(]*\))/).map((term) => term.trim());
  return terms.filter((term) => term !== "").every((term) => matchesTerm(labels, term));
}

function matchesTerm(labels: Readonly<Record<string, unknown>>, term: string): boolean {
  const set = /^(\S+)\s+(in|notin)\s+\(([^)]*)\)$/.exec(term);
  if (set !== null) {
    const [, key = "", word, list = ""] = set;
    const isIn = list.split(",").some((value) => value.trim() === labels[key]);
    return word === "in" ? isIn : !isIn;
  }
  const comparison = /^([^=!]+?)\s*(==|=|!=)\s*(.*)$/.exec(term);
  if (comparison !== null) {
    const [, key = "", operator, value] = comparison;
    return operator === "!=" ? labels[key] !== value : labels[key] === value;
  }
  return term.startsWith("!") ? !(term.slice(1).trim() in labels) : term in labels;
}

/** `metadata.name=x` and `metadata.namespace=y`: the fields that every kind can be selected by. */
export function matchesFields(metadata: Readonly<Record<string, unknown>>, selector: string): boolean {
  return selector
    .split(",")
    .filter((term) => term !== "")
    .every((term) => {
      const [field = "", value] = term.split(/==?/);
      return metadata[field.replace("metadata.", "")] === value;
    });
}
