import { withDeadline } from "@isthmus/kube";

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
