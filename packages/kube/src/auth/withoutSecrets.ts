/** Words that look like credentials, blanked: JWTs, bearer tokens, `password=…`, PEM keys, long opaque strings. */
export function withoutSecrets(line: string): string {
  return line
    .replace(/-----BEGIN [\s\S]*/g, "…")
    .replace(/\b(bearer|basic)\s+\S+/gi, "$1 …")
    .replace(/\b([\w-]*(?:token|secret|password|passwd|key)[\w-]*["']?\s*[=:]\s*["']?)[^\s"',;]+/gi, "$1…")
    .replace(/\/\/[^\s/@]+@/g, "//…@")
    .replace(/[A-Za-z0-9+/_=.-]{40,}/g, "…")
    .slice(0, 300);
}
