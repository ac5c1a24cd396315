import type { Problem } from "../problem.ts";
import type { Path } from "./fieldSchema.ts";
import { at, type Intent } from "./intents.ts";
import { keysOf, nodeAt, offsetAt } from "./offsetAt.ts";
import type { SourceDocument } from "./readDocuments.ts";

/** Where a resource was declared: `base` leads to it within its document, as for the items of a List. */
export interface Declared {
  readonly intent: Intent;
  readonly document: SourceDocument;
  readonly base: Path;
}

/** Knows where each declared resource stands. */
export interface Sources {
  /**
   * `file:line:column` for a place as `at` writes it; for an absent field that of its nearest ancestor.
   * Undefined where no resource of that name was read.
   */
  locate(place: string): string | undefined;
  /** The name of the file that declares a resource: what relative paths in it are relative to. */
  fileOf(intent: Intent): string | undefined;
}

export function createSources(declared: readonly Declared[]): Sources {
  const byName = new Map(declared.map((each) => [at(each.intent), each]));
  return {
    locate(place) {
      const [kind, name, ...rest] = place.split(" ");
      const found = byName.get(`${kind} ${name}`);
      if (found === undefined) return undefined;
      const { document, base } = found;
      return document.place(offsetAt(document.root, [...base, ...pathIn(nodeAt(document.root, base), rest.join(" "))]));
    },
    fileOf: (intent) => byName.get(at(intent))?.document.file,
  };
}

/** The problems with `at` as `file:line:column` wherever `sources` knows it, in the order of the files. */
export function withPositions(problems: readonly Problem[], sources: Sources): readonly Problem[] {
  return problems.map((problem) => ({ ...problem, at: sources.locate(problem.at) ?? problem.at }));
}

/**
 * The path that `showPath` wrote, read along the nodes that are there: a label's key may hold dots as well.
 * It ends where the nodes do.
 */
function pathIn(root: unknown, shown: string): Path {
  const path: (string | number)[] = [];
  let node = root;
  for (let rest = shown; rest !== ""; ) {
    const step = stepIn(node, rest);
    if (step === undefined) break;
    path.push(step);
    rest = typeof step === "number" ? rest.slice(`[${step}]`.length) : rest.slice(step.length);
    if (rest.startsWith(".")) rest = rest.slice(1);
    node = nodeAt(node, [step]);
  }
  return path;
}

function stepIn(node: unknown, rest: string): string | number | undefined {
  const index = /^\[(\d+)\]/.exec(rest)?.[1];
  if (index !== undefined) return Number(index);
  return keysOf(node)
    .filter((key) => rest === key || rest.startsWith(`${key}.`) || rest.startsWith(`${key}[`))
    .reduce<string | undefined>((longest, key) => (key.length > (longest?.length ?? 0) ? key : longest), undefined);
}
