/**
 * Work whose signal aborts with the caller's, or after some milliseconds. Not by AbortSignal.timeout within AbortSignal.any: Node
 * 20 may collect such a timeout as garbage, and it never comes (nodejs/node#54614).
 */
export async function withPatience<T>(
  milliseconds: number,
  signal: AbortSignal | undefined,
  work: (patience: AbortSignal) => Promise<T>,
): Promise<T> {
  const patience = new AbortController();
  const timer = setTimeout(
    () => patience.abort(new DOMException(`no answer within ${milliseconds / 1000} s`, "TimeoutError")),
    milliseconds,
  );
  const onAbort = () => patience.abort(signal?.reason);
  signal?.addEventListener("abort", onAbort, { once: true });
  if (signal?.aborted === true) onAbort();
  try {
    return await work(patience.signal);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", onAbort);
  }
}

export function isImpatience(error: unknown): boolean {
  return error instanceof DOMException && error.name === "TimeoutError";
}
