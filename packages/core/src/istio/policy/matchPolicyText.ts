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

/** Paths may also be templates: `/users/{*}/files/{**}` (pilot/pkg/security/authz/matcher/template.go). */
export function matchPolicyPath(pattern: string, path: string): boolean {
  if (!pattern.includes("{*}") && !pattern.includes("{**}")) return matchPolicyText(pattern, path);
  const segments = pattern.split("/").map((segment) => {
    if (segment === "{*}") return "[^/]+";
    if (segment === "{**}") return ".*";
    return escapeRegExp(segment).replace("\\{\\*\\*\\}", ".*").replace("\\{\\*\\}", "[^/]+");
  });
  return new RegExp(`^${segments.join("/")}$`).test(path);
}

export function escapeRegExp(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&");
}
