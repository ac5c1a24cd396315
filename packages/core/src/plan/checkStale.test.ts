import { expect, test } from "vitest";
import { type KubeObject, ownershipLabels } from "../kinds/index.ts";
import type { Observed } from "../model/index.ts";
import { checkStale } from "./checkStale.ts";
import { plan } from "./plan.ts";

function gateway(name: string, live?: { readonly uid?: string; readonly resourceVersion: string }): KubeObject {
  const labels = ownershipLabels("SharedService.a.b", "server");
  const metadata = { name, namespace: "foo", labels, ...(live === undefined ? {} : { uid: name, ...live }) };
  return { apiVersion: "networking.istio.io/v1", kind: "Gateway", metadata, spec: {} };
}

function observed(...objects: readonly KubeObject[]): Observed {
  const cluster = { name: "c1", source: "live", objects, istiodVersions: [], trustRoots: [] } as const;
  return { clusters: new Map([["c1", cluster]]), unreachable: new Map() };
}

const before = observed(
  gateway("unchanged", { resourceVersion: "1" }),
  gateway("changed", { resourceVersion: "1" }),
  gateway("replaced", { resourceVersion: "1" }),
  gateway("gone", { resourceVersion: "1" }),
);
const desired = new Map([["c1", ["unchanged", "changed", "replaced", "gone", "new"].map((name) => gateway(name))]]);
const { plan: made } = plan({ desired, paths: [], held: new Map(), problems: [] }, before, {
  prune: true,
  adopt: false,
});

test("a plan is fresh while every object is as it was", () => {
  expect(checkStale(made, before)).toEqual([]);
});

test("each object that moved is named, those included that the plan leaves as they are", () => {
  const problems = checkStale(
    made,
    observed(
      gateway("unchanged", { resourceVersion: "1" }),
      gateway("changed", { resourceVersion: "2" }),
      gateway("replaced", { uid: "another", resourceVersion: "1" }),
      gateway("new", { resourceVersion: "1" }),
      gateway("unplanned", { resourceVersion: "1" }),
    ),
  );

  expect(problems.map(({ code, message }) => `${code} ${message}`).toSorted()).toEqual([
    "PLAN_STALE Gateway foo/changed in c1 has changed since the plan was made",
    "PLAN_STALE Gateway foo/gone in c1 is gone since the plan was made",
    "PLAN_STALE Gateway foo/new in c1 has come into being since the plan was made",
    "PLAN_STALE Gateway foo/replaced in c1 was replaced by another since the plan was made",
  ]);
});

test("of a cluster that cannot be read nothing is said", () => {
  expect(checkStale(made, { clusters: new Map(), unreachable: new Map() })).toEqual([]);
});
