import { Composer, type CST, type Document, LineCounter, type Node, type ParsedNode, Parser } from "yaml";
import type { Problem } from "../problem.ts";
import { checkTree } from "./checkTree.ts";

export interface InputFile {
  readonly name: string;
  readonly text: string;
}

/** One YAML document of a file. */
export interface SourceDocument {
  readonly file: string;
  readonly root: Node;
  readonly value: unknown;
  /** `file:line:column` of an offset in the file's text. */
  readonly place: (offset: number) => string;
}

export interface ReadDocuments {
  /** Those that have a value. */
  readonly documents: readonly SourceDocument[];
  readonly problems: readonly Problem[];
  /** Whether each document has a value: if not, nobody knows what the others would have declared. */
  readonly complete: boolean;
}

/** UTF-16 code units. A thousand shared services take 250,000. */
export const maxFileLength = 5_000_000;
/** Our deepest field lies 9 levels down. Beyond some 700 levels the YAML library exhausts the stack. */
export const maxDepth = 100;
/** A broken file can yield an error for each character. */
export const maxSyntaxErrors = 100;

/**
 * The documents of a YAML (or JSON) file; each that has a problem is left out. YAML 1.2 core schema with merge keys;
 * tags beyond it are refused, so a value is always JSON-like.
 */
export function readDocuments(file: InputFile): ReadDocuments {
  const text = file.text.startsWith("\uFEFF") ? file.text.slice(1) : file.text;
  const lines = lineCounter(text);
  const place = (offset: number) => {
    const { line, col } = lines.linePos(offset);
    return `${file.name}:${line}:${col}`;
  };
  if (text.length > maxFileLength) {
    const message = `the file has ${text.length} characters; at most ${maxFileLength} are read`;
    const hint = "split it into several files";
    const problem: Problem = { code: "FILE_TOO_LARGE", at: `${file.name}:1:1`, message, hint };
    return { documents: [], problems: [problem], complete: false };
  }
  const tokens = [...new Parser().parse(text)];
  const refused = notText(text, place) ?? tooDeep(tokens, place);
  if (refused !== undefined) return { documents: [], problems: [refused], complete: false };

  const documents: SourceDocument[] = [];
  const problems: Problem[] = [];
  let complete = true;
  for (const document of compose(tokens)) {
    const syntax = syntaxProblems(document, place);
    problems.push(...syntax);
    const tree = syntax.length > 0 ? undefined : checkTree(document, place);
    problems.push(...(tree?.problems ?? []));
    if (tree?.hasValue !== true) complete = false;
    if (tree?.hasValue !== true || document.contents === null) continue;
    const read = toValue(document, place(document.contents.range[0]));
    if (read.problem !== undefined) {
      problems.push(read.problem);
      complete = false;
    } else if (read.value !== null) {
      documents.push({ file: file.name, root: document.contents, value: read.value, place });
    }
  }
  return { documents, problems, complete };
}

/** The library throws where a merge key leads, by an alias or under a tag, to something that is no mapping. */
function toValue(document: Document.Parsed, at: string): { readonly value: unknown; readonly problem?: Problem } {
  try {
    // Aliases are counted by checkTree, which sees merge keys as well.
    return { value: document.toJS({ maxAliasCount: -1 }) };
  } catch (error) {
    const message = `not valid YAML: ${error instanceof Error ? error.message : String(error)}`;
    return { value: undefined, problem: { code: "YAML_INVALID", at, message, hint: "write <<: *anchor" } };
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

function notText(text: string, place: (offset: number) => string): Problem | undefined {
  // U+FFFD is what a decoder leaves where the bytes were not UTF-8.
  const offset = text.search(/[\uFFFD\0]/);
  if (offset < 0) return undefined;
  const message = "the file is not UTF-8 text";
  return { code: "YAML_INVALID", at: place(offset), message, hint: "save it in UTF-8, without NUL bytes" };
}

function tooDeep(tokens: readonly CST.Token[], place: (offset: number) => string): Problem | undefined {
  const open: { readonly token: CST.Token; readonly depth: number }[] = tokens.map((token) => ({ token, depth: 0 }));
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { token, depth } = next;
    if (token.type === "document" && token.value !== undefined) open.push({ token: token.value, depth });
    if (!("items" in token)) continue;
    if (depth === maxDepth) {
      const message = `nested deeper than ${maxDepth} levels`;
      return { code: "YAML_INVALID", at: place(token.offset), message, hint: "" };
    }
    for (const { key, value } of token.items) {
      if (key) open.push({ token: key, depth: depth + 1 });
      if (value) open.push({ token: value, depth: depth + 1 });
    }
  }
  return undefined;
}

function syntaxProblems(document: Document.Parsed, place: (offset: number) => string): readonly Problem[] {
  // Warnings are unknown tags and directives: what they mean would be lost.
  return [...document.errors, ...document.warnings].slice(0, maxSyntaxErrors).map(({ code, message, pos }) => ({
    code: "YAML_INVALID",
    at: place(pos[0]),
    message: `not valid YAML: ${message}`,
    hint: code === "TAB_AS_INDENT" ? "indent with spaces" : "",
  }));
}
