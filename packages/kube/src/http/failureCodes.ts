/** The connection broke or never came to be, as Node's net and undici name it. */
const connectionCodes: ReadonlySet<string> = new Set([
  "ECONNREFUSED",
  "ECONNRESET",
  "ECONNABORTED",
  "EPIPE",
  "ETIMEDOUT",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "EHOSTDOWN",
  "ENETDOWN",
  "EAI_AGAIN",
  "UND_ERR_SOCKET",
  "UND_ERR_CONNECT_TIMEOUT",
  "UND_ERR_HEADERS_TIMEOUT",
  "UND_ERR_BODY_TIMEOUT",
  "UND_ERR_RES_CONTENT_LENGTH_MISMATCH",
]);

/** Codes of a failure and of its causes, outermost first; an AggregateError (several addresses tried) has its parts' codes. */
export function codesOf(failure: unknown): readonly string[] {
  const codes: string[] = [];
  let current: unknown = failure;
  for (let depth = 0; depth < 5 && current instanceof Error; depth++) {
    const { code } = current as NodeJS.ErrnoException;
    if (typeof code === "string") codes.push(code);
    if (current instanceof AggregateError) codes.push(...current.errors.flatMap((part: unknown) => codesOf(part)));
    current = current.cause;
  }
  return codes;
}

/** A connection error that a second try may not meet. A name that does not resolve and a refused certificate stay as they are. */
export function isRetryableFailure(failure: unknown): boolean {
  return codesOf(failure).some((code) => connectionCodes.has(code));
}
