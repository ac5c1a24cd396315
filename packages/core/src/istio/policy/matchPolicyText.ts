/**
 * How AuthorizationPolicy compares a text (pilot/pkg/security/authz/matcher/string.go): `*` is any text that is not empty,
 * `*x` and `x*` a suffix and a prefix, anything else the whole text.
 */
export function matchPolicyText(pattern: string, text: string): boolean {
  if (pattern === "*") return text !== "";
  if (pattern.startsWith("*")) return text.endsWith(pattern.slice(1));
  if (pattern.endsWith("*")) return text.startsWith(pattern.slice(0, -1));
  return pattern === text;
}

/**
 * Paths may also be templates: `/users/{*}/files/{**}` (pilot/pkg/security/authz/matcher/template.go). `{*}` is one segment of
 * what a path may have (envoy/source/extensions/path/uri_template_lib/uri_template_internal.h), `{**}` any number.
 */
export function matchPolicyPath(pattern: string, path: string): boolean {
  return isTemplate(pattern) ? new RegExp(`^${policyPathRegex(pattern)}$`).test(path) : matchPolicyText(pattern, path);
}

/** What `matchPolicyText` matches, as a regular expression over the whole text, for finding a text that it does. */
export function policyTextRegex(pattern: string): string {
  if (pattern === "*") return ".+";
  if (pattern.startsWith("*")) return `.*${escapeRegExp(pattern.slice(1))}`;
  return pattern.endsWith("*") ? `${escapeRegExp(pattern.slice(0, -1))}.*` : escapeRegExp(pattern);
}

/** The same of `matchPolicyPath`. */
export function policyPathRegex(pattern: string): string {
  if (!isTemplate(pattern)) return policyTextRegex(pattern);
  const parts = pattern.split(/(\{\*\*?\})/).map((part) => {
    if (part === "{*}") return `${segmentCharacter}+`;
    return part === "{**}" ? `(?:${segmentCharacter}|/)*` : escapeRegExp(part);
  });
  return parts.join("");
}

function isTemplate(pattern: string): boolean {
  return pattern.includes("{*}") || pattern.includes("{**}");
}

const segmentCharacter = "[-a-zA-Z0-9._~%!$&'()+,;:@=]";

export function escapeRegExp(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&");
}
