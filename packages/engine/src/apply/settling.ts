import { setTimeout as delay } from "node:timers/promises";
import type { Stage } from "@isthmus/core/plan";
import type { Target } from "../target/target.ts";
import type { ApplyEvent } from "./applyEvent.ts";
import { ProxyWatch, type SendState, type Untold } from "./proxyWatch.ts";
import type { Writes } from "./writeStages.ts";

export interface SettlingOptions {
  readonly targets: ReadonlyMap<string, Target>;
  /** Milliseconds that proxies are waited for at most. */
  readonly most: number;
  /** Milliseconds that a pause takes, where it cannot be told what they have; as long unless set. */
  readonly pause?: number;
  readonly signal: AbortSignal;
  readonly emit: (event: ApplyEvent) => void;
}

/**
 * How an apply gives proxies time. Where istiod tells what its proxies have acknowledged, until they have what was written; where
 * it does not, or not in time, a pause has to do. Interrupted, it ends at once: what is left is skipped.
 */
export function settling({
  targets,
  most,
  pause: usual = most,
  signal,
  emit,
}: SettlingOptions): Writes["beforeSettling"] {
  const watches = new Map<string, ProxyWatch>();
  const watchOf = (cluster: string) => {
    const watch = watches.get(cluster) ?? new ProxyWatch(targets.get(cluster), signal);
    watches.set(cluster, watch);
    return watch;
  };
  const pause = (milliseconds: number, until = signal) =>
    delay(Math.max(0, milliseconds), undefined, { signal: until }).catch(() => {});

  /** What is still waited for at the end is given up: no timer keeps the process alive. */
  const inTime = async <T>(work: (until: AbortSignal) => Promise<T>): Promise<T> => {
    const over = new AbortController();
    try {
      return await work(AbortSignal.any([signal, over.signal]));
    } finally {
      over.abort();
    }
  };

  return async (clusters: ReadonlySet<string>, then: Stage["then"]) => {
    const live = [...clusters].filter((name) => targets.get(name)?.source === "live");
    if (most === 0 || live.length === 0) return async () => {};
    const before =
      then === "acknowledged" ? await inTime((until) => readBefore(live, watchOf, pause(usual, until))) : undefined;
    return async () => {
      const start = performance.now();
      const elapsed = () => performance.now() - start;
      let reason = before !== undefined && "untold" in before ? before.untold : undefined;
      if (before instanceof Map) {
        emit({ type: "settling", by: "acknowledgement", milliseconds: most });
        reason = await inTime((until) =>
          Promise.race([acknowledged(before, watchOf, until), pause(most, until).then(() => late(most))]),
        );
        if (reason === undefined) {
          emit({ type: "settled", by: "acknowledgement", milliseconds: elapsed() });
          return;
        }
      }
      const why = reason === undefined ? {} : { reason };
      if (elapsed() < usual) emit({ type: "settling", by: "pause", milliseconds: usual, ...why });
      await pause(usual - elapsed());
      emit({ type: "settled", by: "pause", milliseconds: elapsed(), ...why });
    };
  };
}

type WatchOf = (cluster: string) => ProxyWatch;

async function readBefore(
  clusters: readonly string[],
  watchOf: WatchOf,
  patience: Promise<void>,
): Promise<ReadonlyMap<string, SendState> | Untold> {
  const late = patience.then((): Untold => ({ untold: "it does not answer" }));
  const states = new Map<string, SendState>();
  const answers = clusters.map(async (name) => ({ name, state: await Promise.race([watchOf(name).read(), late]) }));
  for (const { name, state } of await Promise.all(answers)) {
    if ("untold" in state) return { untold: `${name}: ${state.untold}` };
    states.set(name, state);
  }
  return states;
}

/** Why not, where it cannot be told. */
async function acknowledged(
  before: ReadonlyMap<string, SendState>,
  watchOf: WatchOf,
  signal: AbortSignal,
): Promise<string | undefined> {
  const answers = [...before].map(async ([name, state]) => ({
    name,
    answer: await watchOf(name).acknowledged(state, signal),
  }));
  const untold = (await Promise.all(answers)).find(({ answer }) => answer !== undefined);
  return untold === undefined ? undefined : `${untold.name}: ${untold.answer?.untold}`;
}

function late(milliseconds: number): string {
  return `not every proxy had acknowledged it after ${milliseconds / 1000} s`;
}
