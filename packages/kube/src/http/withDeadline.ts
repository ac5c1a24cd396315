/** A server that sends a byte now and then, and never ends. */
export class DeadlineError extends Error {
  override readonly name = "DeadlineError";

  readonly milliseconds: number;

  constructor(milliseconds: number) {
    super(`not done within ${milliseconds} ms`);
    this.milliseconds = milliseconds;
  }
}

/**
 * `work` under a signal that aborts with the caller's, and with `reason` once the time is over. Not by AbortSignal.timeout within
 * AbortSignal.any: Node 20 may collect such a timeout as garbage, and it never comes (nodejs/node#54614).
 */
export async function withDeadline<T>(
  milliseconds: number,
  signal: AbortSignal | undefined,
  work: (signal: AbortSignal) => Promise<T>,
  reason: () => Error = () => new DeadlineError(milliseconds),
): Promise<T> {
  signal?.throwIfAborted();
  const controller = new AbortController();
  const onAbort = () => controller.abort(signal?.reason);
  signal?.addEventListener("abort", onAbort, { once: true });
  const timer = setTimeout(() => controller.abort(reason()), milliseconds);
  try {
    return await work(controller.signal);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", onAbort);
  }
}
