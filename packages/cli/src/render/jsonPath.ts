import { say, usage } from "@isthmus/core";
import { JSONPath } from "jsonpath-plus";

/** A part of a template. */
type Part =
  | { readonly text: string }
  | { readonly path: string }
  | { readonly range: string; readonly parts: readonly Part[] };

/**
 * A value by kubectl's template (https://kubernetes.io/docs/reference/kubectl/jsonpath): text, `{.items[*].name}`, `{"\n"}`, and
 * `{range .items[*]}…{end}`. Several results are parted by spaces; what is not there is nothing. Throws USAGE.
 */
export function renderJsonPath(template: string, value: object): string {
  return rendered(parseTemplate(template), value, value);
}

/** Throws USAGE where it is not a template, or holds a path that is none. */
export function checkJsonPath(template: string): void {
  const parts = parseTemplate(template);
  rendered(parts, {}, {});
  // A condition is looked at only where there is an item: now, not once something is written.
  for (const path of pathsOf(parts)) {
    for (const [condition] of path.matchAll(/\[\?\(.*?\)\]/g)) found(condition, [{}], [{}]);
  }
}

function pathsOf(parts: readonly Part[]): readonly string[] {
  return parts.flatMap((part) => {
    if ("text" in part) return [];
    return "path" in part ? [part.path] : [part.range, ...pathsOf(part.parts)];
  });
}

function rendered(parts: readonly Part[], root: object, current: unknown): string {
  return parts
    .map((part) => {
      if ("text" in part) return part.text;
      if ("path" in part) return found(part.path, root, current).map(shown).join(" ");
      return found(part.range, root, current)
        .map((each) => rendered(part.parts, root, each))
        .join("");
    })
    .join("");
}

function shown(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}

/** `$` is the whole, and `@`, or nothing, what a range is at. */
function found(path: string, root: object, current: unknown): readonly unknown[] {
  const json = path.startsWith("$") ? root : current;
  const rest = path.replace(/^[$@]/, "").replace(/^(?=[^.[])/, ".");
  // A name of labels has dots: `.labels.app\.kubernetes\.io/name`. Others may have more than jsonpath-plus takes bare.
  // What is in quotes is a value: "httpbin.bar.cluster2" stays as it is, and so does 1.5.
  const names = withKubectlsIndexes(rest).replace(
    /"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|(?<=[<>=\s(])\d+\.\d+|\.((?:\\\.|[\w/-])+)/g,
    (whole, name?: string) => (name === undefined ? whole : `['${name.replaceAll("\\.", ".")}']`),
  );
  // An item that lacks what a condition asks for does not meet it.
  if (typeof json !== "object" || json === null) return rest === "" ? [json] : [];
  try {
    return JSONPath({
      path: `$${names}`,
      json,
      wrap: true,
      eval: "safe",
      ignoreEvalErrors: true,
    }) as readonly unknown[];
  } catch {
    throw notATemplate(path);
  }
}

/** `[-1]` and `['a','b']`, as jsonpath-plus has them. */
function withKubectlsIndexes(path: string): string {
  return path
    .replace(/\[-(\d+)\]/g, (_, back: string) => (back === "1" ? "[-1:]" : `[-${back}:-${Number(back) - 1}]`))
    .replace(
      /\[(['"][\w-]+['"](?:\s*,\s*['"][\w-]+['"])+)\]/g,
      (_, names: string) => `[${names.replace(/['"\s]/g, "")}]`,
    );
}

function parseTemplate(template: string): readonly Part[] {
  // kubectl takes a path alone as well.
  const tokens = template.includes("{") ? tokensOf(template) : [{ inner: checkedPath(template) }];
  const open: { range: string | undefined; parts: Part[] }[] = [{ range: undefined, parts: [] }];
  for (const token of tokens) {
    const parts = open.at(-1)?.parts ?? [];
    if ("text" in token) parts.push(token);
    else if (/^range\s/.test(token.inner)) open.push({ range: token.inner.slice(5).trim(), parts: [] });
    else if (token.inner === "end") {
      const closed = open.pop();
      if (closed?.range === undefined) throw notATemplate(template);
      open.at(-1)?.parts.push({ range: closed.range, parts: closed.parts });
    } else parts.push(literal(token.inner) ?? { path: checkedPath(token.inner) });
  }
  const [whole, ...unclosed] = open;
  if (whole === undefined || unclosed.length > 0) throw notATemplate(template);
  return whole.parts;
}

function checkedPath(path: string): string {
  if (!/^[$@.[\w][^{}]*$/.test(path) || (path.match(/\[/g) ?? []).length !== (path.match(/\]/g) ?? []).length) {
    throw notATemplate(path);
  }
  return path;
}

/** `"\n"` and `'\t'`. */
function literal(inner: string): { readonly text: string } | undefined {
  const text = /^"(.*)"$|^'(.*)'$/s.exec(inner);
  if (text === null) return undefined;
  const escapes: Readonly<Record<string, string>> = { n: "\n", t: "\t", r: "\r" };
  return { text: (text[1] ?? text[2] ?? "").replace(/\\(.)/g, (_, sign: string) => escapes[sign] ?? sign) };
}

function tokensOf(template: string): readonly ({ readonly text: string } | { readonly inner: string })[] {
  // Braces within quotes are not the end.
  const token = /\{((?:"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|[^{}"'])*)\}|([^{}]+)/gy;
  const tokens: ({ readonly text: string } | { readonly inner: string })[] = [];
  let end = 0;
  for (const [whole, inner, text] of template.matchAll(token)) {
    tokens.push(inner === undefined ? { text: text ?? "" } : { inner: inner.trim() });
    end += whole.length;
  }
  if (end < template.length) throw notATemplate(template);
  return tokens;
}

function notATemplate(template: string) {
  return usage(say`${{ template }} is not a JSONPath template`, "as kubectl takes it: -o jsonpath='{.items[*].name}'");
}
