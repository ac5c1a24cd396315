import { KubeError } from "../kubeError.ts";
import { isRetryableFailure } from "./failureCodes.ts";
import type { Timing } from "./timing.ts";

export interface RetryPolicy {
  /** All tries together. */
  readonly attempts: number;
  /** Milliseconds: upper bound of the first pause; it doubles with each further one. */
  readonly firstPause: number;
  /** Milliseconds: no pause of our own is longer. */
  readonly longestPause: number;
  /** Milliseconds: no try begins later than this after the first. */
  readonly total: number;
}

export const defaultRetryPolicy: RetryPolicy = { attempts: 5, firstPause: 200, longestPause: 3_000, total: 15_000 };

/**
 * Repeats `attempt` while it fails in a way that may pass: 429, 500, 502, 503, 504 and connection errors. Only for what may be
 * done twice. Pauses are drawn evenly from zero to the bound ("full jitter"), so that clients that failed together do not
 * come back together; a Retry-After is a lower bound.
 */
export async function withRetries<T>(
  policy: RetryPolicy,
  timing: Timing,
  signal: AbortSignal | undefined,
  attempt: (number: number) => Promise<T>,
  mayRepeat: (failure: unknown) => boolean = mayPass,
): Promise<T> {
  const start = timing.now();
  for (let number = 1; ; number++) {
    signal?.throwIfAborted();
    try {
      return await attempt(number);
    } catch (failure) {
      if (signal?.aborted) throw failure;
      if (number >= policy.attempts || !mayRepeat(failure)) throw failure;
      const pause = pauseAfter(failure, number, policy, timing.random());
      if (timing.now() + pause - start > policy.total) throw failure;
      await timing.sleep(pause, signal);
    }
  }
}

const passingStatus: ReadonlySet<number> = new Set([429, 500, 502, 503, 504]);

/** For what must not be done twice: the server said that it did nothing. */
export function wasNotTried(failure: unknown): boolean {
  return failure instanceof KubeError && failure.status === 429;
}

function mayPass(failure: unknown): boolean {
  if (!(failure instanceof KubeError)) return isRetryableFailure(failure);
  return passingStatus.has(failure.status) && !failure.isInvalid;
}

function pauseAfter(failure: unknown, number: number, policy: RetryPolicy, random: number): number {
  const own = random * Math.min(policy.longestPause, policy.firstPause * 2 ** (number - 1));
  const asked = failure instanceof KubeError ? (failure.retryAfter ?? 0) * 1000 : 0;
  return asked + own;
}
