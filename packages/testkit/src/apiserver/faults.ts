import type { RequestEntry } from "./requestLog.ts";

export type Fault =
  /** Answers with an error in place of the real answer; `retryAfter` in seconds. */
  | { readonly type: "status"; readonly status: number; readonly retryAfter?: number; readonly reason?: string }
  /** Breaks the connection before the request took effect, or after it, so that only the answer is lost. */
  | { readonly type: "kill"; readonly effect: "before" | "after" }
  /** The same, and the server stays down until `restart`. */
  | { readonly type: "crash"; readonly effect: "before" | "after" }
  | { readonly type: "delay"; readonly milliseconds: number }
  /** Never answers. */
  | { readonly type: "hang" };

export interface FaultRule {
  readonly when: (request: RequestEntry) => boolean;
  /** How many requests it meets; all unless told. */
  readonly times?: number;
  readonly fault: Fault;
}

/** The faults that are set up, the first that matches a request meets it. */
export class Faults {
  #rules: { readonly rule: FaultRule; left: number }[] = [];

  add(rule: FaultRule): void {
    this.#rules.push({ rule, left: rule.times ?? Number.POSITIVE_INFINITY });
  }

  /** Whether such a request would meet a 403. */
  isForbidden(request: RequestEntry): boolean {
    return this.#rules.some(
      ({ rule, left }) => left > 0 && rule.fault.type === "status" && rule.fault.status === 403 && rule.when(request),
    );
  }

  clear(): void {
    this.#rules = [];
  }

  take(request: RequestEntry): Fault | undefined {
    const found = this.#rules.find(({ rule, left }) => left > 0 && rule.when(request));
    if (found === undefined) return undefined;
    found.left -= 1;
    return found.rule.fault;
  }
}
