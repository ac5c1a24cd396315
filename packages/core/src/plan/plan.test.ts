import { expect, test } from "vitest";
import { say } from "../findings/index.ts";
import { type KubeObject, type ObjectMeta, ownershipLabels, type Side } from "../kinds/index.ts";
import type { Compiled, Observed, ObservedCluster } from "../model/index.ts";
import { makeProblem } from "../problem.ts";
import type { PlanOptions } from "./clusterSteps.ts";
import { plan } from "./plan.ts";

const usual: PlanOptions = { prune: true, adopt: false };

interface Wanted {
  readonly kind: string;
  readonly name: string;
  readonly side: Side;
  readonly owner?: string;
  readonly spec?: unknown;
}

function object({
  kind,
  name,
  side,
  owner = "SharedService.bar.httpbin",
  spec = { hosts: [name] },
}: Wanted): KubeObject {
  const apiVersion = kind === "Service" ? "v1" : "networking.istio.io/v1";
  return { apiVersion, kind, metadata: { name, namespace: "foo", labels: ownershipLabels(owner, side) }, spec };
}

const gateway = object({ kind: "Gateway", name: "gateway", side: "server" });
const serviceEntry = object({ kind: "ServiceEntry", name: "entry", side: "consumer" });
const destinationRule = object({ kind: "DestinationRule", name: "rule", side: "consumer" });

function live(from: KubeObject, metadata: Partial<ObjectMeta> = {}): KubeObject {
  return {
    ...from,
    metadata: { ...from.metadata, uid: `uid-${from.metadata.name}`, resourceVersion: "1", ...metadata },
  };
}

function edited(from: KubeObject): KubeObject {
  return live({ ...from, spec: { hosts: ["edited"] } });
}

function compiled(
  desired: Readonly<Record<string, readonly KubeObject[]>>,
  held: Readonly<Record<string, string>> = {},
): Compiled {
  return { desired: new Map(Object.entries(desired)), paths: [], held: new Map(Object.entries(held)), problems: [] };
}

function observed(
  clusters: Readonly<Record<string, readonly KubeObject[]>>,
  unreachable: readonly string[] = [],
): Observed {
  const entries = Object.entries(clusters).map(([name, objects]): [string, ObservedCluster] => [
    name,
    { name, source: "live", objects, istiodVersions: [], trustRoots: [] },
  ]);
  const problem = makeProblem({ code: "CLUSTER_UNREACHABLE", at: { cluster: "c" }, message: say``, hint: "" });
  return { clusters: new Map(entries), unreachable: new Map(unreachable.map((name) => [name, problem])) };
}

/** `1 c1 create ServiceEntry/entry`, with the reason where there is one. */
function shown(...args: Parameters<typeof plan>): readonly string[] {
  return plan(...args).plan.actions.map(
    ({ phase, cluster, verb, ref, reason }) =>
      `${phase} ${cluster} ${verb} ${ref.kind}/${ref.name}${reason === undefined ? "" : `: ${reason}`}`,
  );
}

test("what is missing is created, server side first, a rule before the entry that it governs", () => {
  const desired = compiled({ c1: [serviceEntry, destinationRule], c2: [gateway] });

  const actions = shown(desired, observed({ c1: [], c2: [] }), usual);

  expect(actions).toEqual([
    "1 c2 create Gateway/gateway",
    "2 c1 create DestinationRule/rule",
    "2 c1 create ServiceEntry/entry",
  ]);
});

test("what is ours and not declared is deleted, consumer side first, in the reverse order", () => {
  const objects = { c1: [live(destinationRule), live(serviceEntry)], c2: [live(gateway)] };

  const actions = shown(compiled({ c1: [], c2: [] }), observed(objects), usual);

  expect(actions).toEqual([
    "3 c1 delete ServiceEntry/entry",
    "3 c1 delete DestinationRule/rule",
    "4 c2 delete Gateway/gateway",
  ]);
});

test("what carries our label and is not shown to be ours is left alone", () => {
  const unproven = new Map([["c1", new Set(["networking.istio.io/ServiceEntry/foo/entry"])]]);
  const objects = { c1: [live(destinationRule), live(serviceEntry)], c2: [live(serviceEntry)] };

  const actions = shown({ ...compiled({ c1: [], c2: [] }), unproven }, observed(objects), usual);

  expect(actions).toEqual(["3 c1 delete DestinationRule/rule", "3 c2 delete ServiceEntry/entry"]);
});

test("an update says what changes and against which version it was planned", () => {
  const { plan: result } = plan(compiled({ c2: [gateway] }), observed({ c2: [edited(gateway)] }), usual);

  expect(result.actions).toEqual([
    {
      verb: "update",
      cluster: "c2",
      ref: { group: "networking.istio.io", kind: "Gateway", namespace: "foo", name: "gateway" },
      owner: "SharedService.bar.httpbin",
      side: "server",
      phase: 1,
      desired: gateway,
      live: { uid: "uid-gateway", resourceVersion: "1" },
      changes: [{ path: "spec.hosts[0]", before: "edited", after: "gateway" }],
    },
  ]);
});

test("what is right is a noop without a reason", () => {
  expect(shown(compiled({ c2: [gateway] }), observed({ c2: [live(gateway)] }), usual)).toEqual([
    "0 c2 noop Gateway/gateway",
  ]);
});

test("an object of the same name that is not ours is a problem, and no consumer is told of it", () => {
  const foreign = live(gateway, { labels: { app: "theirs" } });

  const { plan: result, problems } = plan(
    compiled({ c1: [serviceEntry], c2: [gateway] }),
    observed({ c1: [], c2: [foreign] }),
    usual,
  );

  expect(problems).toMatchObject([{ code: "OBJECT_NOT_OURS", at: "c2: Gateway foo/gateway" }]);
  expect(result.actions.map(({ verb }) => verb)).toEqual(["noop", "noop"]);
});

test("with adopt, an object that is not ours is taken over", () => {
  const foreign = live(gateway, { labels: { app: "theirs" } });

  const { plan: result, problems } = plan(compiled({ c2: [gateway] }), observed({ c2: [foreign] }), {
    prune: true,
    adopt: true,
  });

  expect(problems).toEqual([]);
  expect(result.actions).toMatchObject([{ verb: "update", live: { uid: "uid-gateway" } }]);
});

test("without prune, what is not declared stays and says so", () => {
  expect(shown(compiled({ c2: [] }), observed({ c2: [live(gateway)] }), { prune: false, adopt: false })).toEqual([
    "0 c2 noop Gateway/gateway: is not declared any longer, but pruning is off",
  ]);
});

test("foreign objects, objects with our manager's label but no owner, and kinds that we don't write are never deleted", () => {
  const objects = [
    live(gateway, { labels: {} }),
    live(serviceEntry, { labels: { "app.kubernetes.io/managed-by": "isthmus" } }),
    { ...live(destinationRule), apiVersion: "v1", kind: "Pod" },
  ];

  expect(shown(compiled({ c2: [] }), observed({ c2: objects }), usual)).toEqual([]);
});

test("an owner that is held gets creates only", () => {
  const held = { "SharedService.bar.httpbin": "c9 cannot be read" };
  const stale = object({ kind: "WorkloadEntry", name: "stale", side: "consumer" });

  const actions = shown(
    compiled({ c1: [serviceEntry, destinationRule], c2: [gateway] }, held),
    observed({ c1: [edited(serviceEntry), live(stale)], c2: [live(gateway)] }),
    usual,
  );

  expect(actions).toEqual([
    "0 c1 noop WorkloadEntry/stale: c9 cannot be read",
    "0 c1 noop ServiceEntry/entry: c9 cannot be read",
    "0 c2 noop Gateway/gateway",
    "2 c1 create DestinationRule/rule",
  ]);
});

test("a consumer gets nothing new while the server side of its owner is held", () => {
  const held = { "SharedService.bar.httpbin": "c9 cannot be read" };

  const actions = shown(
    compiled({ c1: [serviceEntry], c2: [gateway] }, held),
    observed({ c1: [], c2: [edited(gateway)] }),
    usual,
  );

  expect(actions).toEqual([
    "0 c1 noop ServiceEntry/entry: waits for Gateway foo/gateway in c2 (c9 cannot be read)",
    "0 c2 noop Gateway/gateway: c9 cannot be read",
  ]);
});

test("a consumer gets nothing new while the server side of its owner is in a cluster that cannot be read", () => {
  const other = object({ kind: "ServiceEntry", name: "other", side: "consumer", owner: "SharedService.bar.other" });

  const actions = shown(compiled({ c1: [serviceEntry, other], c2: [gateway] }), observed({ c1: [] }, ["c2"]), usual);

  expect(actions).toEqual([
    "0 c1 noop ServiceEntry/entry: waits for cluster c2, which cannot be read",
    "2 c1 create ServiceEntry/other",
  ]);
});

test("a server side is not deleted while any cluster cannot be read", () => {
  const actions = shown(
    compiled({ c1: [], c2: [], c3: [] }),
    observed({ c1: [live(serviceEntry)], c2: [live(gateway)] }, ["c3"]),
    usual,
  );

  expect(actions).toEqual([
    "0 c2 noop Gateway/gateway: cluster c3 cannot be read and may still use it",
    "3 c1 delete ServiceEntry/entry",
  ]);
});

test("an object that is being deleted is left alone, and its server side stays until it is gone", () => {
  const deletionTimestamp = "2026-01-01T00:00:00Z";

  const actions = shown(
    compiled({ c1: [], c2: [] }),
    observed({ c1: [live(serviceEntry, { deletionTimestamp })], c2: [live(gateway)] }),
    usual,
  );
  const again = shown(compiled({ c2: [gateway] }), observed({ c2: [live(gateway, { deletionTimestamp })] }), usual);

  expect(actions).toEqual([
    "0 c1 noop ServiceEntry/entry: is being deleted already",
    "0 c2 noop Gateway/gateway: waits for ServiceEntry foo/entry in c1 (is being deleted already)",
  ]);
  expect(again).toEqual(["0 c2 noop Gateway/gateway: is being deleted; the next run creates it again"]);
});

test("an object that passes to another owner holds the former owner's server side back as long as it can't pass", () => {
  const renamed = "SharedService.bar.renamed";
  const taken = object({ kind: "ServiceEntry", name: "entry", side: "consumer", owner: renamed });

  const passing = plan(
    compiled({ c1: [taken], c2: [] }),
    observed({ c1: [live(serviceEntry)], c2: [live(gateway)] }),
    usual,
  );
  const stuck = shown(
    compiled({ c1: [taken], c2: [] }, { [renamed]: "c9 cannot be read" }),
    observed({ c1: [live(serviceEntry)], c2: [live(gateway)] }),
    usual,
  );

  expect(passing.plan.actions).toMatchObject([
    { verb: "update", owner: renamed, formerOwner: "SharedService.bar.httpbin", phase: 2 },
    { verb: "delete", owner: "SharedService.bar.httpbin", phase: 4 },
  ]);
  expect(stuck).toEqual([
    "0 c1 noop ServiceEntry/entry: c9 cannot be read",
    "0 c2 noop Gateway/gateway: waits for ServiceEntry foo/entry in c1 (c9 cannot be read)",
  ]);
});
