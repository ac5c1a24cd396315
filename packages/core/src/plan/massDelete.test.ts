import { expect, test } from "vitest";
import { type KubeObject, ownershipLabels } from "../kinds/index.ts";
import { massDelete } from "./massDelete.ts";
import { plan } from "./plan.ts";

function gateways(cluster: string, count: number): readonly KubeObject[] {
  return Array.from({ length: count }, (_, index) => ({
    apiVersion: "networking.istio.io/v1",
    kind: "Gateway",
    metadata: { name: `${cluster}-${index}`, namespace: "foo", labels: ownershipLabels("SharedService.a.b", "server") },
  }));
}

function guarded(keptInFirst: number) {
  const foreign = { apiVersion: "v1", kind: "Service", metadata: { name: "theirs", namespace: "foo" } };
  const inheriting = gateways("pod", 2).map((gateway) => ({ ...gateway, apiVersion: "v1", kind: "Pod" }));
  const objects = { c1: gateways("c1", 4), c2: [...gateways("c2", 2), foreign, ...inheriting] };
  const clusters = Object.entries(objects).map(
    ([name, list]) => [name, { name, source: "live", objects: list, istiodVersions: [], trustRoots: [] }] as const,
  );
  const observed = { clusters: new Map(clusters), unreachable: new Map() };
  const desired = new Map([
    ["c1", objects.c1.slice(0, keptInFirst)],
    ["c2", objects.c2.slice(0, 2)],
  ]);
  const compiled = { desired, paths: [], held: new Map(), problems: [] };
  return massDelete(plan(compiled, observed, { prune: true, adopt: false }).plan, observed);
}

test("a plan may delete half of what we own in all clusters together, but not more", () => {
  expect(guarded(1)).toBeUndefined();
  expect(guarded(0)).toMatchObject({ code: "MASS_DELETE", at: "plan" });
});

test("a part in percent is kept to the object", () => {
  for (let percent = 0; percent <= 100; percent += 1) {
    const objects = gateways("c1", 100);
    const cluster = { name: "c1", source: "live", objects, istiodVersions: [], trustRoots: [] } as const;
    const observed = { clusters: new Map([["c1", cluster]]), unreachable: new Map() };
    const deleting = (count: number) => {
      const desired = new Map([["c1", objects.slice(count)]]);
      return plan({ desired, paths: [], held: new Map(), problems: [] }, observed, { prune: true, adopt: false }).plan;
    };
    expect(massDelete(deleting(percent), observed, {}, { percent })).toBeUndefined();
    if (percent < 100) expect(massDelete(deleting(percent + 1), observed, {}, { percent })).toBeDefined();
  }
});

test("a plan over empty clusters deletes nothing", () => {
  expect(massDelete({ actions: [] }, { clusters: new Map(), unreachable: new Map() })).toBeUndefined();
});

test("what only carries our label does not make a mass of deletions look small", () => {
  const objects = [...gateways("c1", 2), ...gateways("planted", 4)];
  const cluster = { name: "c1", source: "live", objects, istiodVersions: [], trustRoots: [] } as const;
  const observed = { clusters: new Map([["c1", cluster]]), unreachable: new Map() };
  const keys = gateways("planted", 4).map(({ metadata }) => `networking.istio.io/Gateway/foo/${metadata.name}`);
  const compiled = {
    ...{ desired: new Map([["c1", []]]), paths: [], held: new Map(), problems: [] },
    unproven: new Map([["c1", new Set(keys)]]),
  };
  const { plan: made } = plan(compiled, observed, { prune: true, adopt: false });

  expect(made.actions.filter(({ verb }) => verb === "delete")).toHaveLength(2);
  expect(massDelete(made, observed, compiled)).toMatchObject({ code: "MASS_DELETE" });
});
