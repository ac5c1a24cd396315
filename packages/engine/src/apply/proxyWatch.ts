import { setTimeout as delay } from "node:timers/promises";
import type { ProxySends } from "../istiod/readSyncs.ts";
import type { Target } from "../target/target.ts";

/** What istiod has sent, at one moment. */
export interface SendState {
  /** The number of the newest push that reached a proxy, by pod of istiod: each counts its own. */
  readonly newest: ReadonlyMap<string, number>;
  /** Whether every proxy has acknowledged all that it was sent. */
  readonly isAcknowledged: boolean;
  /** Equal as long as nothing is sent or acknowledged. */
  readonly digest: string;
  /** When it was read, by `performance.now()`. */
  readonly at: number;
}

export interface Untold {
  /** Why it cannot be told, for people. */
  readonly untold: string;
}

/**
 * Milliseconds. Longer than istiod waits for further changes (PILOT_DEBOUNCE_AFTER, 100 ms) and makes a push: whoever has sent
 * nothing for so long after a write had sent it before. A slow istiod is given more, see `acknowledged`.
 */
const leastQuiet = 500;
const betweenQuestions = 150;

/** Asks the istiods of one cluster, for all who wait: at most one question is under way. */
export class ProxyWatch {
  readonly #target: Target | undefined;
  readonly #signal: AbortSignal;
  #running: Promise<unknown> = Promise.resolve();
  #next: Promise<SendState | Untold> | undefined;

  constructor(target: Target | undefined, signal: AbortSignal) {
    this.#target = target;
    this.#signal = signal;
  }

  /** As it is at some moment after the call. */
  read(): Promise<SendState | Untold> {
    this.#next ??= this.#running.then(() => {
      this.#next = undefined;
      const answer = this.#ask();
      this.#running = answer;
      return answer;
    });
    return this.#next;
  }

  /**
   * Called after the last of some writes: ends when istiod has pushed since `before`, which was read before the first of them,
   * every proxy has acknowledged all it was sent, and nothing more is sent for long enough that the last write must have been in
   * a push: twice as long as the first push took to come, since that may have had the first write alone. Undefined then; else why
   * it cannot be told. Where nobody is sent anything it goes on until `signal` aborts.
   */
  async acknowledged(before: SendState, signal: AbortSignal): Promise<Untold | undefined> {
    let last: SendState | undefined;
    let [changed, took] = [0, 0];
    while (!signal.aborted) {
      const now = await this.read();
      if ("untold" in now) return now;
      const at = performance.now();
      if (now.digest !== last?.digest) changed = at;
      last = now;
      if (isPast(before, now)) {
        took ||= at - before.at;
        if (now.isAcknowledged && at - changed >= Math.max(leastQuiet, 2 * took)) return undefined;
      }
      await delay(betweenQuestions, undefined, { signal }).catch(() => {});
    }
    return { untold: "interrupted" };
  }

  async #ask(): Promise<SendState | Untold> {
    if (this.#target?.proxySends === undefined) return { untold: "it has no istiod that can be asked" };
    try {
      const found = await this.#target.proxySends({ signal: this.#signal });
      if ("sends" in found) return stateOf(found.sends);
      return { untold: "unseen" in found ? found.unseen : found.down };
    } catch (error) {
      return { untold: error instanceof Error ? error.message : String(error) };
    }
  }
}

function isPast(before: SendState, now: SendState): boolean {
  return [...now.newest].every(([istiod, push]) => push > (before.newest.get(istiod) ?? 0));
}

function stateOf(sends: readonly ProxySends[]): SendState | Untold {
  const newest = new Map<string, number>();
  const nonces: string[] = [];
  let isAcknowledged = true;
  if (sends.length > 0 && sends.every(({ resources }) => resources.size === 0)) {
    return { untold: "its istiod does not tell what it sent, as old ones do not" };
  }
  for (const { istiod, proxy, resources } of sends) {
    for (const [type, { sent, acked }] of resources) {
      if (sent === "") continue;
      const push = pushOf(sent);
      if (push === undefined) return { untold: "it numbers what it sends in a way that is not known" };
      newest.set(istiod, Math.max(newest.get(istiod) ?? 0, push));
      isAcknowledged &&= sent === acked;
      nonces.push(`${istiod} ${proxy} ${type} ${sent} ${acked}`);
    }
  }
  // Also where no istiod is ready: its proxies will be told by another, and nobody knows when.
  if (newest.size === 0) return { untold: "no proxy is connected to an istiod" };
  return { newest, isAcknowledged, digest: nonces.sort().join("\n"), at: performance.now() };
}

const uuidLength = 36;

/** `2026-08-27T12:45:20Z/45` and a UUID. istio/pilot/pkg/xds/discovery.go, NextVersion and nonce */
function pushOf(nonce: string): number | undefined {
  const [, count] = /\/(\d+)$/.exec(nonce.slice(0, -uuidLength)) ?? [];
  return count === undefined ? undefined : Number(count);
}
