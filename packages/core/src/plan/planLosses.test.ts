import { intents, meshCluster, sharedService } from "@isthmus/testkit";
import { expect, test } from "vitest";
import { type KubeObject, ownershipLabels, refOf, type Side } from "../kinds/index.ts";
import { planLosses } from "./planLosses.ts";

const declaredOwner = "SharedService.bar.httpbin";
const formerOwner = "SharedService.bar.old";

function entry(name: string, owner: string, spec: object, side: Side = "consumer"): KubeObject {
  const metadata = { name, namespace: "foo", labels: ownershipLabels(owner, side) };
  return { apiVersion: "networking.istio.io/v1", kind: "ServiceEntry", metadata, spec };
}

/** What a plan takes from a cluster that makes `before` into `after`. */
function losses(before: readonly KubeObject[], after: readonly KubeObject[]) {
  const observed = {
    clusters: new Map([
      ["c1", { name: "c1", source: "live", objects: before, istiodVersions: [], trustRoots: [] } as const],
    ]),
    unreachable: new Map(),
  };
  const actions = before.map((object) => {
    const desired = after.find(({ metadata }) => metadata.name === object.metadata.name);
    const owner = object.metadata.labels?.["isthmus.io/owner"] ?? "";
    const common = { cluster: "c1", ref: refOf(object), owner, side: "consumer", changes: [] } as const;
    return desired === undefined
      ? ({ ...common, verb: "delete", phase: 4 } as const)
      : ({ ...common, verb: "update", phase: 1, desired } as const);
  });
  return planLosses(
    intents([sharedService("bar/httpbin")], { clusters: [meshCluster("c1")] }),
    { actions, stages: [] },
    observed,
  );
}

test("a name that no object gives any longer goes, for those who had it", () => {
  const before = entry("a", declaredOwner, { hosts: ["a.example"], exportTo: ["foo", "bar"] });
  const after = entry("a", declaredOwner, { hosts: ["a.example"], exportTo: ["foo"] });

  expect(losses([before], [after])).toEqual({
    goingPaths: [{ owner: declaredOwner, cluster: "c1", namespace: "bar", host: "a.example" }],
    undeclared: [],
  });
  expect(losses([before], [before]).goingPaths).toEqual([]);
});

test("nothing goes where callers are widened to the whole cluster, and where they are narrowed the others lose it", () => {
  const wide = entry("a", declaredOwner, { hosts: ["a.example"] });
  const narrow = entry("a", declaredOwner, { hosts: ["a.example"], exportTo: ["."] });

  expect(losses([narrow], [wide]).goingPaths).toEqual([]);
  expect(losses([wide], [narrow]).goingPaths).toMatchObject([{ namespace: "*", host: "a.example" }]);
});

test("objects of an owner that no file declares are counted, and what only a server has is not a path", () => {
  const objects = [
    entry("a", formerOwner, { hosts: ["a.example"] }),
    entry("b", formerOwner, { hosts: ["b.example"] }, "server"),
  ];

  expect(losses(objects, [])).toEqual({
    goingPaths: [{ owner: formerOwner, cluster: "c1", namespace: "*", host: "a.example" }],
    undeclared: [{ owner: formerOwner, objects: 2 }],
  });
});
