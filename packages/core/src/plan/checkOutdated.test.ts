import { expect, test } from "vitest";
import { say } from "../findings/index.ts";
import { dnsLabel, type KubeObject, ownershipLabels, type Side } from "../kinds/index.ts";
import type { Observed, ObservedCluster } from "../model/index.ts";
import { makeProblem } from "../problem.ts";
import { checkOutdated } from "./checkOutdated.ts";
import { plan } from "./plan.ts";

const owner = "SharedService.bar.httpbin";

function object(kind: string, side: Side, namespace = "foo"): KubeObject {
  const labels = ownershipLabels(owner, side);
  const metadata = { name: dnsLabel(["httpbin", "bar", "c2"]), namespace, labels };
  return { apiVersion: "networking.istio.io/v1", kind, metadata, spec: {} };
}

const server = object("Gateway", "server");
const consumer = object("ServiceEntry", "consumer");

function observed(clusters: Readonly<Record<string, readonly KubeObject[]>>, unreachable: readonly string[] = []) {
  const all = Object.entries(clusters).map(([name, objects]): [string, ObservedCluster] => [
    name,
    { name, source: "live", objects, istiodVersions: [], trustRoots: [] },
  ]);
  const draft = { code: "CLUSTER_UNREACHABLE", at: {}, message: say``, hint: "" } as const;
  const problems = unreachable.map((cluster) => [cluster, makeProblem(draft)] as const);
  return { clusters: new Map(all), unreachable: new Map(problems) } satisfies Observed;
}

function compiled(
  desired: Readonly<Record<string, readonly KubeObject[]>>,
  held: Readonly<Record<string, string>> = {},
) {
  const byCluster = new Map(Object.entries(desired));
  return { desired: byCluster, paths: [], held: new Map(Object.entries(held)), problems: [] };
}

function planned(desired: Readonly<Record<string, readonly KubeObject[]>>, live: Observed) {
  return plan(compiled(desired), live, { prune: true, adopt: false }).plan;
}

function told(...input: Parameters<typeof checkOutdated>): readonly string[] {
  return checkOutdated(...input).map(({ code, message }) => `${code} ${message.split(":")[0]}`);
}

const wanted = { c1: [consumer], c2: [server] };
const empty = observed({ c1: [], c2: [] });
const live = observed({ c1: [consumer], c2: [server] });

test("a plan is in order while the same is wanted", () => {
  expect(told(planned(wanted, empty), compiled(wanted), empty)).toEqual([]);
});

test("whatever is written for an owner that has to wait by now is told, once an owner: creations and deletions", () => {
  const held = compiled(wanted, { [owner]: "another claims its name" });

  expect(told(planned(wanted, empty), held, empty)).toEqual([
    `PLAN_STALE ${owner} is pending now (another claims its name)`,
  ]);
  expect(told(planned({ c1: [], c2: [] }, live), held, live)).toEqual([
    `PLAN_STALE ${owner} is pending now (another claims its name)`,
  ]);
  expect(told(planned(wanted, live), held, live)).toEqual([]);
});

test("what somebody may use who cannot be seen by now is not deleted", () => {
  const none = { c1: [], c2: [] };
  const unseen = observed({ c1: [consumer], c2: [server] }, ["c3"]);

  expect(told(planned(none, live), compiled(none), unseen)).toEqual([
    `PLAN_STALE ${owner} is pending now (cluster c3 cannot be read and may still use it)`,
  ]);
});

test("a cluster that the plan was made without is told once, however much it would get", () => {
  const all = { ...wanted, c3: [consumer, object("ServiceEntry", "consumer", "bar")] };
  const back = observed({ c1: [], c2: [], c3: [] });

  expect(told(planned(wanted, empty), compiled(all), back)).toEqual([
    "PLAN_STALE c3, which the plan does nothing in, would now get 2 objects",
  ]);
});
