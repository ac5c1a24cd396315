import { type KubeObject, MeshError, ownershipLabels, type ProblemCode, type Side, say } from "@isthmus/core";
import { type Action, type Plan, plan } from "@isthmus/core/plan";
import { MemoryTarget } from "@isthmus/testkit";
import { expect, test } from "vitest";
import type { ApplyEvent } from "./applyEvent.ts";
import { type ApplyPlanOptions, applyPlan } from "./applyPlan.ts";

/** Targets `c1`, `c2` … by name. */
function clusters(...names: readonly string[]): ReadonlyMap<string, MemoryTarget> {
  return new Map(names.map((name) => [name, new MemoryTarget(name)]));
}

function object(kind: string, name: string, side: Side, owner = "SharedService.bar.httpbin"): KubeObject {
  const metadata = { name, namespace: "foo", labels: ownershipLabels(owner, side) };
  return { apiVersion: "networking.istio.io/v1", kind, metadata, spec: { hosts: [name] } };
}

async function planFor(
  targets: ReadonlyMap<string, MemoryTarget>,
  desired: Readonly<Record<string, readonly KubeObject[]>>,
): Promise<Plan> {
  const observed = await Promise.all([...targets.values()].map((target) => target.observe()));
  const compiled = {
    desired: new Map([...targets.keys()].map((name) => [name, desired[name] ?? []])),
    paths: [],
    held: new Map(),
    problems: [],
  };
  const seen = { clusters: new Map(observed.map(({ cluster }) => [cluster.name, cluster])), unreachable: new Map() };
  return plan(compiled, seen, { prune: true, adopt: false }).plan;
}

async function run(
  todo: Plan,
  targets: ReadonlyMap<string, MemoryTarget>,
  options: ApplyPlanOptions = {},
): Promise<readonly string[]> {
  const events: ApplyEvent[] = [];
  for await (const event of applyPlan(todo, targets, { settle: 0, ...options })) events.push(event);
  return events.filter(({ type }) => type !== "settled").map(shown);
}

function shown(event: ApplyEvent): string {
  switch (event.type) {
    case "settling":
      return `settling ${event.milliseconds}`;
    case "settled":
      return "settled";
    case "checking":
    case "applying":
      return `${event.type} ${event.total}`;
    case "done":
      return `done ${event.action.verb} ${event.action.cluster} ${event.action.ref.name}`;
    case "failed":
    case "skipped":
      return `${event.type} ${event.action.verb} ${event.action.cluster} ${event.action.ref.name} ${event.problem.code}`;
    case "finished":
      return `finished ${event.done} ${event.failed} ${event.skipped}`;
  }
}

function fault(code: ProblemCode): MeshError {
  return new MeshError({ code, at: {}, message: say`because of ${{ code }}`, hint: "look there" });
}

/** Refuses writes of objects with this name. */
function refuse(target: MemoryTarget | undefined, name: string, code: ProblemCode, when: "check" | "write"): void {
  if (target === undefined) return;
  target.hooks = {
    before: ({ ref }, dryRun) => {
      if (ref.name === name && dryRun === (when === "check")) throw fault(code);
    },
  };
}

const gateway = object("Gateway", "gateway", "server");
const rule = object("DestinationRule", "rule", "consumer");
const entry = object("ServiceEntry", "entry", "consumer");
const otherGateway = object("Gateway", "other-gateway", "server", "SharedService.bar.other");
const otherEntry = object("ServiceEntry", "other-entry", "consumer", "SharedService.bar.other");

test("events tell of the check, each write as it is done, and the totals", async () => {
  const targets = clusters("c1", "c2");
  const todo = await planFor(targets, { c1: [entry, rule], c2: [gateway] });

  const events = await run(todo, targets);

  expect(events).toEqual([
    "checking 3",
    "applying 3",
    "done create c2 gateway",
    "done create c1 rule",
    "done create c1 entry",
    "finished 3 0 0",
  ]);
});

test.each(["OBJECT_REFUSED", "CLUSTER_FORBIDDEN", "PLAN_STALE", "OBJECT_NOT_OURS"] as const)(
  "a write that is refused with %s when checked keeps everything from being written, other owners too",
  async (code) => {
    const targets = clusters("c1", "c2");
    const todo = await planFor(targets, { c1: [entry, otherEntry], c2: [gateway] });
    refuse(targets.get("c1"), "entry", code, "check");

    const events = await run(todo, targets);

    expect(events).toEqual([
      "checking 3",
      "skipped create c2 gateway WRITE_SKIPPED",
      `failed create c1 entry ${code}`,
      "skipped create c1 other-entry WRITE_SKIPPED",
      "finished 0 1 2",
    ]);
    expect([...targets.values()].map(({ writes }) => writes)).toEqual([0, 0]);
  },
);

test("a cluster that does not answer the check is left out, and what does not need it is written", async () => {
  const targets = clusters("c1", "c2", "c3");
  const todo = await planFor(targets, { c1: [entry], c2: [gateway, otherGateway], c3: [otherEntry] });
  refuse(targets.get("c1"), "entry", "CLUSTER_UNREACHABLE", "check");

  const events = await run(todo, targets);

  expect(events).toContain("skipped create c1 entry WRITE_SKIPPED");
  expect(events).toContain("done create c3 other-entry");
  expect(events.at(-1)).toBe("finished 3 0 1");
});

test("where the server side fails its consumers are skipped and say why, and other owners go on", async () => {
  const targets = clusters("c1", "c2");
  const todo = await planFor(targets, { c1: [entry, otherEntry], c2: [gateway, otherGateway] });
  refuse(targets.get("c2"), "gateway", "WRITE_FAILED", "write");
  const skipped: ApplyEvent[] = [];

  for await (const event of applyPlan(todo, targets)) if (event.type === "skipped") skipped.push(event);

  expect(
    targets
      .get("c1")
      ?.list()
      .map(({ metadata }) => metadata.name),
  ).toEqual(["other-entry"]);
  expect(skipped).toMatchObject([
    {
      action: { ref: { name: "entry" } },
      problem: {
        code: "WRITE_SKIPPED",
        at: "c1: ServiceEntry foo/entry",
        message:
          "not tried: it needs Gateway foo/gateway in c2, which did not go through (WRITE_FAILED: because of WRITE_FAILED)",
        hint: "look there; then apply again",
      },
    },
  ]);
});

test("within a cluster a kind waits for the one before it, and another cluster does not wait for it", async () => {
  const targets = clusters("c1", "c2");
  const todo = await planFor(targets, { c1: [rule, entry], c2: [rule, entry] });
  refuse(targets.get("c1"), "rule", "WRITE_FAILED", "write");

  const events = await run(todo, targets);

  expect(new Set(events.slice(2, -1))).toEqual(
    new Set([
      "failed create c1 rule WRITE_FAILED",
      "skipped create c1 entry WRITE_SKIPPED",
      "done create c2 rule",
      "done create c2 entry",
    ]),
  );
});

test("a server side goes only after its consumers are gone from every cluster", async () => {
  const targets = clusters("c1", "c2", "c3");
  await run(await planFor(targets, { c1: [entry], c2: [gateway], c3: [entry] }), targets);
  const todo = await planFor(targets, {});
  refuse(targets.get("c3"), "entry", "WRITE_FAILED", "write");

  const events = await run(todo, targets);

  expect(events.slice(2).toSorted()).toEqual([
    "done delete c1 entry",
    "failed delete c3 entry WRITE_FAILED",
    "finished 1 1 1",
    "skipped delete c2 gateway WRITE_SKIPPED",
  ]);
});

test("a cluster that stops answering gets no more writes", async () => {
  const targets = clusters("c1");
  const owners = Array.from({ length: 20 }, (_, index) =>
    object("Gateway", `g${index}`, "server", `SharedService.a.s${index}`),
  );
  const todo = await planFor(targets, { c1: owners });
  const target = targets.get("c1");
  let tried = 0;
  if (target !== undefined) {
    target.hooks = {
      before: (_action, dryRun) => {
        if (dryRun) return;
        tried += 1;
        if (tried > 5) throw fault("CLUSTER_UNREACHABLE");
      },
    };
  }

  const events = await run(todo, targets, { concurrency: 2 });

  expect(events.at(-1)).toMatch(/^finished 5 [12] 1[34]$/);
  expect(tried).toBeLessThanOrEqual(7);
});

test("a cluster is written to by no more than the given number of writes at a time", async () => {
  const targets = clusters("c1", "c2");
  const owners = Array.from({ length: 12 }, (_, index) =>
    object("Gateway", `g${index}`, "server", `SharedService.a.s${index}`),
  );
  const todo = await planFor(targets, { c1: owners, c2: owners });
  const running = new Map<string, number>();
  let most = 0;
  for (const target of targets.values()) {
    target.hooks = {
      before: async ({ cluster }) => {
        const now = (running.get(cluster) ?? 0) + 1;
        running.set(cluster, now);
        most = Math.max(most, now);
        await new Promise((resolve) => setTimeout(resolve, 1));
        running.set(cluster, (running.get(cluster) ?? 0) - 1);
      },
    };
  }

  await run(todo, targets, { concurrency: 3 });

  expect(most).toBe(3);
});

test("an abort lets the running write finish and skips the rest", async () => {
  const targets = clusters("c1", "c2");
  const todo = await planFor(targets, { c1: [rule, entry], c2: [gateway] });
  const stop = new AbortController();
  const target = targets.get("c1");
  if (target !== undefined) target.hooks = { before: (_action, dryRun) => void (dryRun || stop.abort()) };

  const events = await run(todo, targets, { signal: stop.signal });

  expect(events.slice(2)).toEqual([
    "done create c2 gateway",
    "done create c1 rule",
    "skipped create c1 entry WRITE_SKIPPED",
    "finished 2 0 1",
  ]);
});

test("an abort before anything is written skips everything", async () => {
  const targets = clusters("c1");
  const todo = await planFor(targets, { c1: [entry] });

  const events = await run(todo, targets, { signal: AbortSignal.abort() });

  expect(events.slice(-2)).toEqual(["skipped create c1 entry WRITE_SKIPPED", "finished 0 0 1"]);
});

test("leaving the loop over the events waits for the running write and begins no other", async () => {
  const targets = clusters("c1");
  const todo = await planFor(targets, { c1: [rule, entry] });
  const target = targets.get("c1");
  let isRunning = false;
  if (target !== undefined) {
    target.hooks = {
      before: async (_action, dryRun) => {
        if (dryRun) return;
        isRunning = true;
        await new Promise((resolve) => setTimeout(resolve, 20));
        isRunning = false;
      },
    };
  }

  for await (const event of applyPlan(todo, targets)) {
    if (event.type === "applying") break;
  }

  expect(isRunning).toBe(false);
  expect(target?.writes).toBe(1);
});

test("an error that a target should not throw fails its action and no other", async () => {
  const targets = clusters("c1");
  const todo = await planFor(targets, { c1: [gateway, otherGateway] });
  const target = targets.get("c1");
  const broken = ({ ref }: Action, dryRun: boolean) => {
    if (!dryRun && ref.name === "gateway") throw new TypeError("broken");
  };
  if (target !== undefined) target.hooks = { before: broken };

  const events = await run(todo, targets);

  expect(events.slice(2)).toEqual([
    "failed create c1 gateway WRITE_FAILED",
    "done create c1 other-gateway",
    "finished 1 1 0",
  ]);
});

test("a plan for a cluster that has no target is refused before anything is written", async () => {
  const targets = clusters("c1", "c2");
  const todo = await planFor(targets, { c1: [entry], c2: [gateway] });

  await expect(run(todo, new Map([...targets].slice(0, 1)))).rejects.toMatchObject({ code: "CLUSTER_UNKNOWN" });
  expect(targets.get("c1")?.writes).toBe(0);
});

test("a dry run writes nothing and tells of each write whether it would be taken", async () => {
  const targets = clusters("c1", "c2", "c3");
  const todo = await planFor(targets, { c1: [entry, otherEntry], c2: [gateway], c3: [entry] });
  refuse(targets.get("c1"), "entry", "OBJECT_REFUSED", "check");
  refuse(targets.get("c3"), "entry", "CLUSTER_UNREACHABLE", "check");

  const events = await run(todo, targets, { dryRun: true });

  expect(events).toEqual([
    "checking 4",
    "done create c2 gateway",
    "failed create c1 entry OBJECT_REFUSED",
    "done create c1 other-entry",
    "skipped create c3 entry WRITE_SKIPPED",
    "finished 2 1 1",
  ]);
  expect([...targets.values()].map(({ writes }) => writes)).toEqual([0, 0, 0]);
});

test("traffic that moves waits until the proxies can know where to, and the old end goes only after it has moved", async () => {
  const targets = clusters("c1", "c2");
  await run(await planFor(targets, { c1: [entry], c2: [gateway] }), targets);
  const moved = { ...entry, spec: { hosts: ["moved"] } };
  const newGateway = object("Gateway", "gateway-2", "server");

  const events = await run(await planFor(targets, { c1: [moved], c2: [newGateway] }), targets, { settle: 5 });

  expect(events.slice(2)).toEqual([
    "done create c2 gateway-2",
    "settling 5",
    "done update c1 entry",
    "settling 5",
    "done delete c2 gateway",
    "finished 3 0 0",
  ]);
});

test("a path that is new, or goes as a whole, waits for nothing", async () => {
  const targets = clusters("c1", "c2");

  const added = await run(await planFor(targets, { c1: [entry], c2: [gateway] }), targets, { settle: 5 });
  const removed = await run(await planFor(targets, {}), targets, { settle: 5 });

  expect([...added, ...removed].filter((event) => event.startsWith("settling"))).toEqual([]);
});

test("routes follow what they lead to after a pause, and go before it", async () => {
  const targets = clusters("c1");
  const routes = object("VirtualService", "routes", "consumer");
  const [first, second] = ["v1", "v2"].map((name) => object("ServiceEntry", name, "consumer"));
  if (first === undefined || second === undefined) throw new Error("two");
  await run(await planFor(targets, { c1: [entry] }), targets);

  const added = await run(await planFor(targets, { c1: [entry, first, routes] }), targets, { settle: 5 });
  const rerouted = { ...routes, spec: { hosts: ["second"] } };
  const moved = await run(await planFor(targets, { c1: [entry, second, rerouted] }), targets, { settle: 5 });
  const removed = await run(await planFor(targets, { c1: [entry] }), targets, { settle: 5 });

  expect([added, moved, removed].map((events) => events.slice(2, -1))).toEqual([
    ["done create c1 v1", "settling 5", "done create c1 routes"],
    ["done create c1 v2", "settling 5", "done update c1 routes", "settling 5", "done delete c1 v1"],
    ["done delete c1 routes", "settling 5", "done delete c1 v2"],
  ]);
});
