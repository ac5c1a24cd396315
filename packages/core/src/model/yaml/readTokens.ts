import { type CST, Lexer, Parser } from "yaml";
import { type FilePlace, type Sentence, say } from "../../findings/index.ts";
import type { Problem } from "../../problem.ts";
import { makeProblem } from "../../problem.ts";

/** UTF-16 code units. A thousand shared services take 250,000. */
export const maxFileLength = 5_000_000;
/** Words and signs of a file, as they take memory where a length does not tell: some 13,000 shared services. */
export const maxLexemes = 1_500_000;
/** Our deepest field lies 9 levels down. Beyond some 700 levels the YAML library exhausts the stack. */
export const maxDepth = 100;
/** A broken file can yield an error for each character. */
export const maxSyntaxErrors = 100;

export type ReadTokens =
  | { readonly tokens: readonly CST.Token[]; readonly refusal?: never }
  | { readonly tokens?: never; readonly refusal: Problem };

/** The syntax tree of a file, or why the file is not one to compose values from. Uses no recursion and bounded memory. */
export function readTokens({ name, text }: InputFile, place: (offset: number) => FilePlace): ReadTokens {
  if (text.length > maxFileLength) {
    return {
      refusal: tooLarge(
        name,
        say`the file has ${{ length: text.length }} characters; at most ${{ maxFileLength }} are read`,
      ),
    };
  }
  // U+FFFD is what a decoder leaves where the bytes were not UTF-8.
  const offset = text.search(/[\uFFFD\0]/);
  if (offset >= 0) {
    const hint = "save it in UTF-8, without NUL bytes";
    return {
      refusal: makeProblem({ code: "YAML_INVALID", at: place(offset), message: say`the file is not UTF-8 text`, hint }),
    };
  }
  const tokens = hasTooMany(text) ? undefined : parse(text);
  if (tokens === undefined)
    return { refusal: tooLarge(name, say`the file has more than ${{ maxLexemes }} words and signs`) };
  const deep = tooDeep(tokens);
  if (deep === undefined) return { tokens };
  const message = say`nested deeper than ${{ maxDepth }} levels`;
  return { refusal: makeProblem({ code: "YAML_INVALID", at: place(deep), message, hint: "" }) };
}

/** Before a tree is made of them. Not of a file that is too short for so many, and `parse` counts as well. */
function hasTooMany(text: string): boolean {
  if (text.length < maxLexemes / 3) return false;
  let lexemes = 0;
  for (const _lexeme of new Lexer().lex(text)) {
    lexemes += 1;
    if (lexemes > maxLexemes) return true;
  }
  return false;
}

/** What `Parser.parse` does, but with an end to words, and to a text of nothing but errors. */
function parse(text: string): readonly CST.Token[] | undefined {
  const parser = new Parser();
  const tokens: CST.Token[] = [];
  let lexemes = 0;
  let errors = 0;
  for (const lexeme of new Lexer().lex(text)) {
    lexemes += 1;
    if (lexemes > maxLexemes) return undefined;
    for (const token of parser.next(lexeme)) {
      tokens.push(token);
      if (token.type === "error") errors += 1;
    }
    if (errors >= maxSyntaxErrors) break;
  }
  for (const token of parser.end()) tokens.push(token);
  return tokens;
}

/** The offset of a collection that lies too deep. */
function tooDeep(tokens: readonly CST.Token[]): number | undefined {
  const open: { readonly token: CST.Token; readonly depth: number }[] = tokens.map((token) => ({ token, depth: 0 }));
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { token, depth } = next;
    if (token.type === "document" && token.value !== undefined) open.push({ token: token.value, depth });
    if (!("items" in token)) continue;
    if (depth === maxDepth) return token.offset;
    for (const { key, value } of token.items) {
      if (key) open.push({ token: key, depth: depth + 1 });
      if (value) open.push({ token: value, depth: depth + 1 });
    }
  }
  return undefined;
}

function tooLarge(name: string, message: Sentence): Problem {
  return makeProblem({
    code: "FILE_TOO_LARGE",
    at: { file: name, line: 1, column: 1 },
    message,
    hint: "split it into several files",
  });
}

export interface InputFile {
  readonly name: string;
  readonly text: string;
}
