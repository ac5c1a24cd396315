import { say, showPlace } from "../findings/index.ts";
import type { Problem } from "../problem.ts";
import { makeProblem } from "../problem.ts";
import { checkIntents } from "./checkIntents.ts";
import { collectIntents } from "./collectIntents.ts";
import { isKind, isTestKind } from "./declaredKinds.ts";
import { type Intents, showDeclared } from "./intents.ts";
import { secondMesh } from "./mesh/secondMesh.ts";
import { apiVersion } from "./resource.ts";
import type { Mistake } from "./schema/explainIssues.ts";
import { valueAt } from "./schema/fieldSchema.ts";
import { readIntent } from "./schema/readIntent.ts";
import { offsetAt, sourceAt } from "./yaml/offsetAt.ts";
import { readDocuments } from "./yaml/readDocuments.ts";
import type { InputFile } from "./yaml/readTokens.ts";
import { problemOfItem, type ResourceItem, resourcesIn } from "./yaml/resourceItem.ts";
import { createSources, type Declared, type Sources, withPositions } from "./yaml/sources.ts";

export interface ParsedIntents {
  /** Undefined where there is any problem. */
  readonly intents: Intents | undefined;
  readonly sources: Sources;
  /** All of all files, in the order of files, lines and columns. */
  readonly problems: readonly Problem[];
}

export interface ParseOptions {
  /** Whether `files` are all that the user gave; if not, what they refer to may be declared in the others. True unless told. */
  readonly isComplete?: boolean;
}

/**
 * Reads what the user declares from YAML or JSON files of any number of documents, `kind: List` among them.
 * Never throws: whatever is wrong is a problem with `at` as `file:line:column`. Without a Mesh its defaults hold.
 */
export function parseIntents(files: readonly InputFile[], { isComplete = true }: ParseOptions = {}): ParsedIntents {
  const read = files.map(readDocuments);
  const problems = read.flatMap((file) => file.problems);
  const declared = new Map<string, Declared>();
  const broken: ResourceItem[] = [];
  for (const item of read.flatMap(({ documents }) => documents.flatMap(resourcesIn))) {
    if (isTest(valueAt(item.document.value, item.base))) continue;
    const found = declare(item, declared);
    for (const problem of found) problems.push(problem);
    if (found.length > 0) broken.push(item);
  }
  const sources = createSources([...declared.values()]);
  const intents = collectIntents([...declared.values()].map(({ intent }) => intent));
  const lost = broken.map(({ document, base }) => valueAt(document.value, base)).filter(mayBeCluster);
  const lostNames = lost.map((value) => valueAt(value, ["metadata", "name"]));
  const semantic = checkIntents(intents, {
    lostClusters: new Set(lostNames.filter((name) => typeof name === "string")),
    complete:
      isComplete && read.every(({ complete }) => complete) && lostNames.every((name) => typeof name === "string"),
    fileOf: sources.fileOf,
  });
  for (const problem of withPositions(semantic, sources)) problems.push(problem);
  if (isComplete && problems.length === 0 && declared.size === 0) problems.push(nothingDeclared(files));
  return { intents: problems.length === 0 ? intents : undefined, sources, problems: inOrder(problems, files) };
}

/** `isthmus test` reads it, and what is wrong with it is told there. */
function isTest(value: unknown): boolean {
  return valueAt(value, ["apiVersion"]) === apiVersion && isTestKind(valueAt(value, ["kind"]));
}

/** Adds the resource to `declared`, or tells why not. */
function declare(item: ResourceItem, declared: Map<string, Declared>): readonly Problem[] {
  const { document, base } = item;
  const { intent, mistakes } = readIntent(valueAt(document.value, base), (path) =>
    sourceAt(document.root, [...base, ...path]),
  );
  if (intent === undefined) return mistakes.map((mistake) => problemOfItem(item, mistake));
  const name = showDeclared(intent);
  const first = declared.get(name);
  if (first !== undefined) return [problemOfItem(item, duplicate(name, placeOf(first)))];
  const mesh = intent.kind === "Mesh" ? [...declared.values()].find((each) => each.intent.kind === "Mesh") : undefined;
  if (mesh !== undefined) return [problemOfItem(item, secondMesh(name, say`at ${{ first: placeOf(mesh) }}`))];
  declared.set(name, { intent, document, base });
  return [];
}

/** A MeshCluster, or something that was perhaps meant as one. */
function mayBeCluster(value: unknown): boolean {
  const kind = valueAt(value, ["kind"]);
  return kind === "MeshCluster" || !isKind(kind);
}

function duplicate(name: string, first: string): Mistake {
  const message = say`${{ name }} is declared twice; first at ${{ first }}`;
  const hint = "keep one of the two, or rename one";
  return { code: "RESOURCE_DUPLICATE", path: ["metadata", "name"], part: "value", message, hint };
}

function placeOf({ document, base }: ResourceItem): string {
  return showPlace(document.place(offsetAt(document.root, [...base, "metadata", "name"])));
}

function nothingDeclared(files: readonly InputFile[]): Problem {
  const names = files.map(({ name }) => name);
  return makeProblem({
    code: "NO_INTENTS",
    at: { file: names[0] ?? "input", line: 1, column: 1 },
    message: names.length === 0 ? say`no input files` : say`no Isthmus resource in ${{ names }}`,
    hint: say`declare a MeshCluster for each cluster and a SharedService, of apiVersion ${{ apiVersion }}`,
  });
}

function inOrder(problems: readonly Problem[], files: readonly InputFile[]): readonly Problem[] {
  const ranks = new Map(files.map(({ name }, index) => [name, index]));
  const placed = problems.map((problem) => {
    const { file = "", line = 0, column = 0 } = problem.place;
    return { problem, order: [ranks.get(file) ?? files.length, line, column] as const };
  });
  placed.sort(({ order: one }, { order: other }) => one[0] - other[0] || one[1] - other[1] || one[2] - other[2]);
  return placed.map(({ problem }) => problem);
}
