/**
 * What another program says, fit to be shown: without PEM blocks and without anything that could be a key, that is runs of
 * 32 and more characters of base64. An admission webhook may quote the object that it refuses. At most 500 characters.
 */
export function withoutKeys(text: string): string {
  return text
    .replace(/-----BEGIN[\s\S]*?(-----END[^-]*-----|$)/g, "…")
    .replace(/[A-Za-z0-9+/=_-]{32,}/g, "…")
    .trim()
    .slice(0, 500);
}
