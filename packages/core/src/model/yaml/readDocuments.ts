import { Composer, type CST, type Document, LineCounter, type Node, type ParsedNode, Parser } from "yaml";
import { type FilePlace, say } from "../../findings/index.ts";
import type { Problem } from "../../problem.ts";
import { makeProblem } from "../../problem.ts";
import { checkTree } from "./checkTree.ts";
import { type PlainDocument, readPlainYaml } from "./readPlainYaml.ts";
import type { InputFile } from "./readTokens.ts";
import { maxSyntaxErrors, readTokens } from "./readTokens.ts";

/** One YAML document of a file. */
export interface SourceDocument {
  readonly file: string;
  readonly root: Node;
  /** The offset of its first word or sign. */
  readonly start: number;
  readonly value: unknown;
  /** Of an offset that `root` or `start` has. */
  readonly place: (offset: number) => FilePlace;
  /** Of the file's problems those that are about single keys of this document. */
  readonly problems: readonly Problem[];
}

export interface ReadDocuments {
  /** Those that have a value. */
  readonly documents: readonly SourceDocument[];
  readonly problems: readonly Problem[];
  /** Whether each document has a value: if not, nobody knows what the others would have declared. */
  readonly complete: boolean;
}

/**
 * The documents of a YAML (or JSON) file; each that has a problem is left out. YAML 1.2 core schema with merge keys;
 * tags beyond it are refused, so a value is always JSON-like.
 */
export function readDocuments(file: InputFile): ReadDocuments {
  const text = file.text.startsWith("\uFEFF") ? file.text.slice(1) : file.text;
  const plain = readPlainYaml(text);
  if (plain === undefined) return readByTree(file.name, text);
  const place = placesIn(file.name, text);
  const documents = plain.map((document) => withTree(document, file.name, place));
  return { documents, problems: [], complete: true };
}

/** A tree only where somebody asks for a place, and of this document only. */
function withTree({ text, start, value }: PlainDocument, file: string, place: PlaceOf): SourceDocument {
  let root: Node | null | undefined;
  return {
    get root() {
      root ??= [...compose([...new Parser().parse(text)])][0]?.contents;
      if (!root) throw new Error("the library finds nothing in a document that was read as plain");
      return root;
    },
    file,
    value,
    problems: [],
    start: text.search(/^[^ #\n]/m),
    place: (offset) => place(start + offset),
  };
}

type PlaceOf = (offset: number) => FilePlace;

function placesIn(file: string, text: string): PlaceOf {
  // Counted when a place is asked for: a text without problems needs no lines.
  let lines: LineCounter | undefined;
  return (offset) => {
    lines ??= lineCounter(text);
    const { line, col } = lines.linePos(offset);
    return { file, line, column: col };
  };
}

/** By the YAML library, which knows all of it. */
export function readByTree(file: string, text: string): ReadDocuments {
  const place = placesIn(file, text);
  const { tokens, refusal } = readTokens({ name: file, text }, place);
  if (tokens === undefined) return { documents: [], problems: [refusal], complete: false };

  const quotes = !mayHoldSecret(text);
  const documents: SourceDocument[] = [];
  const problems: Problem[] = [];
  let complete = true;
  for (const document of compose(tokens)) {
    const syntax = syntaxProblems(document, place, quotes);
    problems.push(...syntax);
    const tree = syntax.length > 0 ? undefined : checkTree(document, place, quotes);
    for (const problem of tree?.problems ?? []) problems.push(problem);
    if (tree?.hasValue !== true) complete = false;
    if (tree?.hasValue !== true || document.contents === null) continue;
    const read = toValue(document, place, quotes);
    if (read.problem !== undefined) {
      problems.push(read.problem);
      complete = false;
    } else if (read.value !== null) {
      const own = tree.isClear ? tree.problems : [];
      const root = document.contents;
      documents.push({ file, root, start: root.range[0], value: read.value, place, problems: own });
    }
  }
  return { documents, problems, complete };
}

/**
 * Whether a word of the text may be secret, so that messages say where something is wrong, and not what is there. A text that does
 * not say its kind may be an item of a list of Secrets.
 */
function mayHoldSecret(text: string): boolean {
  return /\bSecret(List)?\b/.test(text) || !/\bkind\b/.test(text);
}

/** The library throws where a merge key leads, by an alias or under a tag, to something that is not a mapping. */
function toValue(
  document: Document.Parsed,
  place: PlaceOf,
  quotes: boolean,
): { readonly value: unknown; readonly problem?: Problem } {
  try {
    // Aliases are counted by checkTree, which sees merge keys as well.
    return { value: document.toJS({ maxAliasCount: -1 }) };
  } catch (error) {
    const reason = !quotes ? "a merge or an alias" : error instanceof Error ? error.message : String(error);
    const message = say`not valid YAML: ${{ reason }}`;
    const at = place(document.contents?.range[0] ?? 0);
    return { value: undefined, problem: makeProblem({ code: "YAML_INVALID", at, message, hint: "write <<: *anchor" }) };
  }
}

/** Not filled by the parser, which misses line breaks within some broken scalars. */
function lineCounter(text: string): LineCounter {
  const lines = new LineCounter();
  lines.addNewLine(0);
  for (let end = text.indexOf("\n"); end >= 0; end = text.indexOf("\n", end + 1)) lines.addNewLine(end + 1);
  return lines;
}

function compose(tokens: readonly CST.Token[]): Iterable<Document.Parsed> {
  // uniqueKeys compares each key with each other key; checkTree finds repeated keys in linear time.
  return new Composer<ParsedNode>({
    schema: "core",
    merge: true,
    prettyErrors: false,
    resolveKnownTags: false,
    uniqueKeys: false,
    logLevel: "silent",
  }).compose(tokens as CST.Token[]);
}

function syntaxProblems(document: Document.Parsed, place: PlaceOf, quotes: boolean): readonly Problem[] {
  // Warnings are unknown tags and directives: what they mean would be lost.
  return [...document.errors, ...document.warnings].slice(0, maxSyntaxErrors).map(({ code, message, pos }) =>
    makeProblem({
      code: "YAML_INVALID",
      at: place(pos[0]),
      // The library's messages quote tags, escapes and words; its codes are made of no word of the text.
      message: say`not valid YAML: ${{ reason: quotes ? message : code.toLowerCase().replaceAll("_", " ") }}`,
      hint: code === "TAB_AS_INDENT" ? "indent with spaces" : "",
    }),
  );
}
