import { MemoryTarget } from "@isthmus/testkit";
import { expect, test } from "vitest";
import type { Sends } from "../istiod/readSyncs.ts";
import type { Target } from "../target/target.ts";
import type { ApplyEvent } from "./applyEvent.ts";
import { settling } from "./settling.ts";

/** An istiod with two proxies, which pushes when told; each acknowledges unless it is slow. */
class Istiod {
  slow = new Set<string>();
  #push = 7;
  readonly #sent = new Map([
    ["sleep.foo", 7],
    ["gateway.istio-system", 7],
  ]);
  readonly #acked = new Map(this.#sent);

  push(...proxies: readonly string[]): void {
    this.#push += 1;
    for (const proxy of proxies) {
      this.#sent.set(proxy, this.#push);
      if (!this.slow.has(proxy)) this.#acked.set(proxy, this.#push);
    }
  }

  readonly answer = async (): Promise<Sends> => ({
    sends: [...this.#sent].map(([proxy, sent]) => ({
      istiod: "istiod-1",
      proxy,
      resources: new Map([
        [
          "type.googleapis.com/envoy.config.cluster.v3.Cluster",
          { sent: nonce(sent), acked: nonce(this.#acked.get(proxy)) },
        ],
        ["type.googleapis.com/envoy.config.route.v3.RouteConfiguration", { sent: "", acked: "" }],
      ]),
    })),
  });
}

// The UUID begins with digits, as one may.
const nonce = (push = 0) => `2026-08-27T12:45:20Z/${push}45e0d2c4-0c6c-4a57-8a4e-3f0f6f0a6f11`;

interface Run {
  readonly most?: number;
  readonly end?: "acknowledged" | "pause";
  readonly signal?: AbortSignal;
}

/** Writes to c1, and gives its proxies time. */
async function settleOn(proxySends: Target["proxySends"], write: () => void, options: Run = {}) {
  const target: Target = Object.assign(new MemoryTarget("c1"), proxySends === undefined ? {} : { proxySends });
  const events: ApplyEvent[] = [];
  const beforeSettling = settling({
    targets: new Map([["c1", target]]),
    most: options.most ?? 1500,
    signal: options.signal ?? new AbortController().signal,
    emit: (event) => events.push(event),
  });
  const settle = await beforeSettling(new Set(["c1"]), options.end ?? "acknowledged");
  write();
  await settle();
  return events;
}

test("the next stage begins when every proxy has acknowledged what was pushed after the writes began", async () => {
  const istiod = new Istiod();

  const events = await settleOn(istiod.answer, () => setTimeout(() => istiod.push("gateway.istio-system"), 100));

  expect(events).toEqual([
    { type: "settling", by: "acknowledgement", milliseconds: 1500 },
    { type: "settled", by: "acknowledgement", milliseconds: expect.any(Number) },
  ]);
  const { milliseconds } = events[1] as { readonly milliseconds: number };
  expect(milliseconds).toBeGreaterThan(500);
  expect(milliseconds).toBeLessThan(1400);
});

test("a push before the writes does not count, nor one that a proxy has not acknowledged: then the pause has to do", async () => {
  const early = new Istiod();
  early.push("gateway.istio-system");
  const unacknowledged = new Istiod();
  unacknowledged.slow.add("sleep.foo");

  const runs = await Promise.all([
    settleOn(early.answer, () => {}, { most: 700 }),
    settleOn(unacknowledged.answer, () => unacknowledged.push("sleep.foo", "gateway.istio-system"), { most: 700 }),
  ]);

  for (const events of runs) {
    expect(events.at(-1)).toMatchObject({
      type: "settled",
      by: "pause",
      reason: "not every proxy had acknowledged it after 0.7 s",
    });
    expect((events.at(-1) as { readonly milliseconds: number }).milliseconds).toBeGreaterThan(690);
  }
});

test("the push of the first write alone does not end the wait for the last one", async () => {
  const istiod = new Istiod();
  let lastAt = 0;
  // Slow: 300 ms from a write to its push, and the last write is read 400 ms later than the first.
  const write = () => {
    setTimeout(() => istiod.push("gateway.istio-system"), 300);
    setTimeout(() => {
      istiod.push("gateway.istio-system");
      lastAt = performance.now();
    }, 700);
  };

  const events = await settleOn(istiod.answer, write, { most: 5000 });

  expect(events.at(-1)).toMatchObject({ type: "settled", by: "acknowledgement" });
  expect(lastAt).toBeGreaterThan(0);
});

test("what is waited for no longer keeps no timer", async () => {
  const before = process.getActiveResourcesInfo().filter((each) => each === "Timeout").length;
  const istiod = new Istiod();

  await settleOn(istiod.answer, () => istiod.push("sleep.foo"), { most: 60_000 });

  expect(process.getActiveResourcesInfo().filter((each) => each === "Timeout").length).toBeLessThanOrEqual(before);
});

test("as long as istiod goes on sending, nobody is taken to have all", async () => {
  const istiod = new Istiod();
  const busy = setInterval(() => istiod.push("sleep.foo"), 60);

  const events = await settleOn(istiod.answer, () => {}, { most: 700 });
  clearInterval(busy);

  expect(events.at(-1)).toMatchObject({ type: "settled", by: "pause" });
});

test("where istiod cannot be asked, or says it in a way that is not known, there is a pause and the reason", async () => {
  const strange = async (): Promise<Sends> => ({
    sends: [{ istiod: "istiod-1", proxy: "sleep.foo", resources: new Map([["type", { sent: "x", acked: "x" }]]) }],
  });

  const forbidden = await settleOn(
    async () => ({ unseen: "pods/portforward is forbidden" }),
    () => {},
    { most: 50 },
  );
  const unknown = await settleOn(strange, () => {}, { most: 50 });
  const planned = await settleOn(new Istiod().answer, () => {}, { most: 50, end: "pause" });

  const unconnected = await settleOn(
    async () => ({ sends: [] }),
    () => {},
    { most: 50 },
  );

  const old = await settleOn(
    async () => ({ sends: [{ istiod: "istiod-1", proxy: "sleep.foo", resources: new Map() }] }),
    () => {},
    { most: 50 },
  );

  expect(old[0]).toMatchObject({ by: "pause", reason: expect.stringContaining("does not tell what it sent") });
  expect(unconnected[0]).toMatchObject({ by: "pause", reason: "c1: no proxy is connected to an istiod" });
  expect(forbidden).toEqual([
    { type: "settling", by: "pause", milliseconds: 50, reason: "c1: pods/portforward is forbidden" },
    { type: "settled", by: "pause", milliseconds: expect.any(Number), reason: "c1: pods/portforward is forbidden" },
  ]);
  expect(unknown[0]).toMatchObject({ by: "pause", reason: expect.stringContaining("in a way that is not known") });
  expect(planned[0]).toEqual({ type: "settling", by: "pause", milliseconds: 50 });
});

test("an istiod that does not answer takes no longer than the pause, and an interrupt ends it at once", async () => {
  const start = performance.now();
  const silent = await settleOn(
    () => new Promise(() => {}),
    () => {},
    { most: 100 },
  );
  const interrupt = new AbortController();
  const istiod = new Istiod();
  const stopped = await settleOn(istiod.answer, () => interrupt.abort(), { most: 60_000, signal: interrupt.signal });

  expect(silent.at(-1)).toMatchObject({ by: "pause", reason: "c1: it does not answer" });
  expect(stopped.at(-1)).toMatchObject({ type: "settled", by: "pause" });
  expect(performance.now() - start).toBeLessThan(5000);
});
