import { orAborted, withDeadline } from "@isthmus/kube";

/** Work whose signal aborts with the caller's, or after some milliseconds. */
export function withPatience<T>(
  milliseconds: number,
  signal: AbortSignal | undefined,
  work: (patience: AbortSignal) => Promise<T>,
): Promise<T> {
  const reason = () => new DOMException(`no answer within ${milliseconds / 1000} s`, "TimeoutError");
  return withDeadline(milliseconds, signal, work, reason);
}

export function isImpatience(error: unknown): boolean {
  return error instanceof DOMException && error.name === "TimeoutError";
}

/** Whether the caller's time is over: what is late is given up, and what came till then counts. */
export function isOver(signal: AbortSignal | undefined): boolean {
  return signal?.aborted === true && isImpatience(signal.reason);
}

/** Throws the reason of a signal that aborted, unless that is only that the time is over. */
export function throwIfStopped(signal: AbortSignal | undefined): void {
  if (!isOver(signal)) signal?.throwIfAborted();
}

/** `work`, or the reason of a signal whose time is over. One that stops for another reason lets it finish. */
export function orOver<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const over = new AbortController();
  const onAbort = () => {
    if (isOver(signal)) over.abort(signal.reason);
  };
  onAbort();
  signal.addEventListener("abort", onAbort, { once: true });
  return orAborted(work, over.signal).finally(() => signal.removeEventListener("abort", onAbort));
}
