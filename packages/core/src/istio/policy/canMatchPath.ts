import { normalizePath, type PathNormalization } from "../normalizePath.ts";
import { matchPolicyPath } from "./matchPolicyText.ts";

/**
 * Whether any path of a request can be what a policy asks for: proxies compare after normalisation, and without the query. Of a
 * path that begins or ends with what is asked for, or fits a template, one is tried.
 */
export function canMatchPath(pattern: string, how: PathNormalization): boolean {
  if (/[?#]/.test(pattern)) return false;
  const found = normalizePath(sampleOf(pattern), how);
  return found.kind === "path" && matchPolicyPath(pattern, found.path);
}

function sampleOf(pattern: string): string {
  if (/\{\*\*?\}/.test(pattern)) return pattern.replace(/\{\*\*?\}/g, "x");
  if (pattern.startsWith("*")) return `/x${pattern.slice(1)}`;
  return pattern.endsWith("*") ? `${pattern.slice(0, -1)}x` : pattern;
}
