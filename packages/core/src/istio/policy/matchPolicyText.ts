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
  if (!pattern.includes("{*}") && !pattern.includes("{**}")) return matchPolicyText(pattern, path);
  const parts = pattern.split(/(\{\*\*?\})/).map((part) => {
    if (part === "{*}") return `${segmentCharacter}+`;
    return part === "{**}" ? `(?:${segmentCharacter}|/)*` : escapeRegExp(part);
  });
  return new RegExp(`^${parts.join("")}$`).test(path);
}

const segmentCharacter = "[-a-zA-Z0-9._~%!$&'()+,;:@=]";

export function escapeRegExp(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&");
}
