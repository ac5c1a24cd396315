/** The choice of each axis, by its place. */
export type Box = readonly number[];

interface Named {
  readonly noun: string;
  readonly labels: readonly string[];
}

/**
 * A set of combinations in as few words as it takes: an axis of which any choice will do is left out, and choices that go with the
 * same of the others stand together. `POST /admin*; GET`, `any request`.
 */
export function describeBoxes(axes: readonly Named[], boxes: readonly Box[]): string {
  const phrases = phrasesOf(axes, boxes);
  return phrases.map((phrase) => (phrase === "" ? "any request" : phrase)).join("; ");
}

function phrasesOf(axes: readonly Named[], boxes: readonly Box[]): readonly string[] {
  const [axis, ...others] = axes;
  if (axis === undefined) return boxes.length === 0 ? [] : [""];
  const byRest = new Map<string, number[]>();
  for (const [choice] of axis.labels.entries()) {
    const rest = boxes.filter(([first]) => first === choice).map((box) => box.slice(1));
    if (rest.length === 0) continue;
    const key = JSON.stringify(rest.sort());
    byRest.set(key, [...(byRest.get(key) ?? []), choice]);
  }
  return [...byRest].flatMap(([key, choices]) => {
    const words = choices.length === axis.labels.length ? "" : wordsOf(axis, choices);
    return phrasesOf(others, JSON.parse(key)).map((rest) => [words, rest].filter((each) => each !== "").join(" "));
  });
}

function wordsOf({ noun, labels }: Named, choices: readonly number[]): string {
  const chosen = choices.map((choice) => labels[choice] ?? "");
  const left = labels.filter((_, index) => !choices.includes(index));
  switch (noun) {
    case "method":
      return chosen.includes("OTHER") ? `any method but ${left.join(", ")}` : chosen.join(", ");
    case "path":
      return chosen.includes("other paths") && left.length <= chosen.length
        ? `any path but ${left.join(", ")}`
        : chosen.join(", ");
    case "token":
      return chosen.includes("without a token") && left.length < chosen.length
        ? `not ${left.join(" nor ")}`
        : chosen.join(" or ");
    case "certificate":
      return chosen.join(" or ");
    default:
      if (chosen.includes("another") && left.length <= chosen.length) return `${noun} not ${left.join(", ")}`;
      return `${noun}: ${chosen.join(" or ")}`;
  }
}
