import { expect, test } from "vitest";
import type { Observed, ObservedCluster } from "../model/index.ts";
import { type Action, phaseOf, type Stage } from "./action.ts";
import { inOrder } from "./actionOrder.ts";
import { planStages } from "./planStages.ts";

function write(
  verb: "create" | "update" | "delete",
  cluster: string,
  kind: string,
  name: string,
  more: Partial<Action> = {},
): Action {
  const side = cluster === "server" ? "server" : "consumer";
  const ref = { group: "networking.istio.io", kind, namespace: "foo", name };
  return { verb, cluster, ref, owner: "SharedService.bar.api", side, phase: phaseOf(verb, side), changes: [], ...more };
}

function observed(more: Partial<ObservedCluster> = {}): Observed {
  const clusters = ["server", "client"].map((name): readonly [string, ObservedCluster] => [
    name,
    { name, source: "live", objects: [], istiodVersions: ["1.27.1"], trustRoots: [], ...more },
  ]);
  return { clusters: new Map(clusters), unreachable: new Map() };
}

function shown(stages: readonly Stage[]): readonly string[] {
  return stages.map(
    ({ writes, then }) => `${writes.map(({ verb, ref }) => `${verb} ${ref.name}`).join(", ")}: ${then}`,
  );
}

const move = [
  write("create", "server", "Gateway", "new"),
  write("update", "client", "ServiceEntry", "entry"),
  write("delete", "server", "Gateway", "old"),
];

test("what serves goes before what consumes, and what is no longer used last", () => {
  const actions = inOrder([
    write("delete", "server", "Gateway", "old"),
    write("delete", "client", "ServiceEntry", "old-entry"),
    write("create", "client", "ServiceEntry", "entry"),
    write("create", "server", "Gateway", "new"),
  ]);

  expect(shown(planStages(actions, observed()))).toEqual([
    "create new: acknowledged",
    "create entry: acknowledged",
    "delete old-entry: acknowledged",
    "delete old: nothing",
  ]);
});

test("before traffic moves the proxies of what it moves to have to know it; without an istiod, or proxies, they cannot be asked", () => {
  const first = (more: Partial<ObservedCluster>) => planStages(inOrder(move), observed(more))[0]?.then;

  expect([first({}), first({ istiodVersions: [] }), first({ source: "directory" })]).toEqual([
    "acknowledged",
    "pause",
    "nothing",
  ]);
});

test("a path that is new, or goes as a whole, waits for nothing", () => {
  const added = [write("create", "server", "Gateway", "new"), write("create", "client", "ServiceEntry", "entry")];
  const removed = [write("delete", "client", "ServiceEntry", "entry"), write("delete", "server", "Gateway", "new")];

  expect(planStages([...added], observed()).map(({ then }) => then)).toEqual(["nothing", "nothing"]);
  expect(planStages([...removed], observed()).map(({ then }) => then)).toEqual(["nothing", "nothing"]);
});

test("routes follow what they lead to, and go before it", () => {
  const added = inOrder([
    write("create", "client", "VirtualService", "routes"),
    write("create", "client", "ServiceEntry", "v2"),
  ]);
  const removed = inOrder([
    write("delete", "client", "VirtualService", "routes"),
    write("delete", "client", "ServiceEntry", "v2"),
  ]);

  expect(shown(planStages(added, observed()))).toEqual(["create v2: acknowledged", "create routes: nothing"]);
  expect(shown(planStages(removed, observed()))).toEqual(["delete routes: acknowledged", "delete v2: nothing"]);
});

test("owners have stages of their own, unless an object passes from one to another; a noop is in none", () => {
  const other = write("create", "client", "ServiceEntry", "other", { owner: "SharedService.bar.other" });
  const taken = write("update", "client", "ServiceEntry", "taken", {
    owner: "SharedService.bar.third",
    formerOwner: "SharedService.bar.other",
  });
  const right = { ...write("update", "client", "ServiceEntry", "right"), verb: "noop" as const, phase: 0 as const };

  const stages = planStages(inOrder([...move, other, taken, right]), observed());

  expect(stages.map(({ owners }) => owners.map((owner) => owner.split(".")[2]).join("+"))).toEqual([
    "api",
    "api",
    "api",
    "other+third",
  ]);
  expect(stages.flatMap(({ writes }) => writes).map(({ ref }) => ref.name)).not.toContain("right");
});
