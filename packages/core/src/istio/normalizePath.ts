import type { EscapedSlashes } from "../model/index.ts";

/** What a proxy does to the path of a request before anything looks at it. */
export interface PathNormalization {
  /** RFC 3986: `.` and `..` are resolved, `\` is a slash, `%65` is `e`. */
  readonly isCanonical: boolean;
  readonly mergesSlashes: boolean;
  readonly escapedSlashes: EscapedSlashes;
}

export type NormalizedPath =
  | { readonly kind: "path"; readonly path: string }
  /** 400: no path that a proxy takes. */
  | { readonly kind: "rejected" }
  /** 307: the client is to call `path`. */
  | { readonly kind: "redirected"; readonly path: string };

/**
 * A path as routes, policies and the app get it: the fragment goes (Istio's bootstrap, pkg/bootstrap/config.go,
 * http_reject_path_with_fragment), then escaped slashes, dots and escapes, and doubled slashes, in this order. The query stays.
 * envoy/source/common/http/conn_manager_utility.cc, maybeNormalizePath
 */
export function normalizePath(written: string, how: PathNormalization): NormalizedPath {
  const [whole = ""] = written.split("#");
  const at = whole.indexOf("?");
  const [path, query] = at < 0 ? [whole, ""] : [whole.slice(0, at), whole.slice(at)];
  const unescaped = how.escapedSlashes === "keep" ? path : unescapeSlashes(path);
  if (unescaped !== path && how.escapedSlashes === "reject") return { kind: "rejected" };
  const canonical = how.isCanonical ? canonicalPath(unescaped) : unescaped;
  if (canonical === undefined) return { kind: "rejected" };
  const merged = how.mergesSlashes ? mergeSlashes(canonical) : canonical;
  const isRedirected = unescaped !== path && how.escapedSlashes === "redirect";
  return { kind: isRedirected ? "redirected" : "path", path: merged + query };
}

function unescapeSlashes(path: string): string {
  return path.replace(/%2F/gi, "/").replace(/%5C/gi, "\\");
}

/** A path of nothing but slashes keeps two: path_utility.cc, mergeSlashes. */
function mergeSlashes(path: string): string {
  return /^\/{2,}$/.test(path) ? "//" : path.replace(/\/{2,}/g, "/");
}

/** Characters that are escaped where they are not, and stay escaped where they are; those beyond ASCII are as well. */
const escapedCharacters = new Set('\u007f "#<>?^`{|}');
/** Those that need no escaping: an escape of theirs is undone. */
const unreserved = /^[-0-9A-Z_a-z~]$/;

/**
 * Chromium's canonical form of a path, of which Envoy has a copy (legacy_path_canonicalizer.cc, once source/common/chromium_url/
 * url_canon_path.cc, DoPartialPath). Undefined where there is a NUL, escaped or not.
 */
function canonicalPath(path: string): string | undefined {
  let out = /^[/\\]/.test(path) ? "" : "/";
  // Where `out` has a % that begins no escape: what is unescaped after it must not make it one.
  let barePercent = Number.NEGATIVE_INFINITY;
  let at = 0;
  while (at < path.length) {
    const character = String.fromCodePoint(path.codePointAt(at) ?? 0);
    const dot = dotLength(path, at);
    if (dot > 0) {
      const step = out.endsWith("/") ? directoryStep(path, at + dot) : undefined;
      if (step === undefined) out += ".";
      else if (step.isUp) out = parentOf(out);
      at += dot + (step?.length ?? 0);
      continue;
    }
    const code = /^%([0-9a-fA-F]{2})/.exec(path.slice(at, at + 3))?.[1];
    if (code !== undefined) {
      const decoded = String.fromCharCode(Number.parseInt(code, 16));
      if (decoded === "\0") return undefined;
      at += 3;
      if (!unreserved.test(decoded)) {
        out += `%${code}`;
        continue;
      }
      out += decoded;
      const isNested = /^%[0-9a-fA-F]{2}$/.test((out + path.slice(at, at + 1)).slice(barePercent, barePercent + 3));
      if (out.length - barePercent <= 3 && isNested)
        out = `${out.slice(0, barePercent)}%25${out.slice(barePercent + 1)}`;
      continue;
    }
    if (character === "\0") return undefined;
    if (character === "%") barePercent = out.length;
    if (character === "\\") out += "/";
    else out += mustEscape(character) ? percentEncoded(character) : character;
    at += character.length;
  }
  return out === "" ? "/" : out;
}

function mustEscape(character: string): boolean {
  return character < " " || character > "~" || escapedCharacters.has(character);
}

function percentEncoded(character: string): string {
  // A half of a surrogate pair has no UTF-8.
  return /^[\ud800-\udfff]$/.test(character) ? "%EF%BF%BD" : encodeURIComponent(character);
}

function dotLength(path: string, at: number): number {
  if (path.charAt(at) === ".") return 1;
  return /^%2e$/i.test(path.slice(at, at + 3)) ? 3 : 0;
}

interface DirectoryStep {
  readonly isUp: boolean;
  /** What of the path belongs to it after its first dot. */
  readonly length: number;
}

/** What a dot after a slash is: this directory, the one above, or the beginning of a name. */
function directoryStep(path: string, afterDot: number): DirectoryStep | undefined {
  const end = slashOrEnd(path, afterDot);
  if (end !== undefined) return { isUp: false, length: end };
  const second = dotLength(path, afterDot);
  const endOfSecond = second === 0 ? undefined : slashOrEnd(path, afterDot + second);
  return endOfSecond === undefined ? undefined : { isUp: true, length: second + endOfSecond };
}

/** How long the end of a segment is: 0 at the path's own. */
function slashOrEnd(path: string, at: number): number | undefined {
  if (at === path.length) return 0;
  return /[/\\]/.test(path.charAt(at)) ? 1 : undefined;
}

function parentOf(directory: string): string {
  return directory === "/" ? directory : directory.slice(0, directory.lastIndexOf("/", directory.length - 2) + 1);
}
