import { type Place, showPlace } from "../../findings/index.ts";
import { movedTo, type Problem } from "../../problem.ts";
import { type Intent, showDeclared } from "../intents.ts";
import type { Path } from "../schema/fieldSchema.ts";
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
   * A place as `at` makes it with its file, line and column; of an absent field those of its nearest ancestor.
   * As it was where no resource of that name was read.
   */
  locate(place: Place): Place;
  /** The name of the file that declares a resource: what relative paths in it are relative to. */
  fileOf(intent: Intent): string | undefined;
}

export function createSources(declared: readonly Declared[]): Sources {
  const byName = new Map(declared.map((each) => [showDeclared(each.intent), each]));
  return {
    locate(place) {
      const { file, cluster, field = "", ...name } = place;
      const found = file === undefined && cluster === undefined ? byName.get(showPlace(name)) : undefined;
      if (found === undefined) return place;
      const { document, base } = found;
      const offset = offsetAt(document.root, [...base, ...pathIn(nodeAt(document.root, base), field)]);
      return { ...document.place(offset), ...place };
    },
    fileOf: (intent) => byName.get(showDeclared(intent))?.document.file,
  };
}

/** The problems with file, line and column wherever `sources` knows them. */
export function withPositions(problems: readonly Problem[], sources: Sources): readonly Problem[] {
  return problems.map((problem) => movedTo(problem, sources.locate(problem.place)));
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
