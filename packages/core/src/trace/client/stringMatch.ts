import type { StringMatch } from "../../istio/index.ts";
import { escapeRegExp } from "../../istio/policy/index.ts";

/** Undefined: it cannot be told, since the regular expression is none that JavaScript has. */
export type Matched = boolean | undefined;

/** All of them; one that cannot be told leaves the whole unknown unless another one fails. */
export function every(results: readonly Matched[]): Matched {
  if (results.includes(false)) return false;
  return results.includes(undefined) ? undefined : true;
}

/** pilot/pkg/networking/util, ConvertToEnvoyMatch: a regular expression matches the whole (RE2). */
export function matchesString(match: StringMatch, value: string, ignoreCase = false): Matched {
  const fold = (text: string) => (ignoreCase ? text.toLowerCase() : text);
  if (match.exact !== undefined) return fold(value) === fold(match.exact);
  if (match.prefix !== undefined) {
    const [text, prefix] = [fold(value), fold(match.prefix)];
    if (match.isOfSegments && prefix !== "/") return text === prefix || text.startsWith(`${prefix}/`);
    return text.startsWith(prefix);
  }
  if (match.regex === undefined) return true;
  const regex = toRegExp(match.regex, ignoreCase);
  return regex?.test(value);
}

/** RE2's syntax is nearly a part of JavaScript's; flags at the beginning are written otherwise. */
export function toRegExp(regex: string, ignoreCase = false): RegExp | undefined {
  const [, flags = "", rest = regex] = /^\(\?([a-z]+)\)(.*)$/s.exec(regex) ?? [];
  try {
    return new RegExp(`^(?:${rest})$`, `s${ignoreCase || flags.includes("i") ? "i" : ""}`);
  } catch {
    return undefined;
  }
}

/** What `matchesString` matches, as a regular expression over the whole text, for finding a text that it does. */
export function regexOfString(match: StringMatch): string {
  if (isPresence(match)) return ".*";
  if (match.exact !== undefined) return escapeRegExp(match.exact);
  if (match.prefix === undefined) return match.regex ?? ".*";
  const ofSegments = match.isOfSegments && match.prefix !== "/";
  return `${escapeRegExp(match.prefix)}${ofSegments ? "(/.*)?" : ".*"}`;
}

/** No condition, and Istio's own "*", mean that the value is there. */
export function isPresence(match: StringMatch): boolean {
  return match.regex === "*" || (match.exact ?? match.prefix ?? match.regex) === undefined;
}
