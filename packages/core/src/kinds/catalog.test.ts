import { expect, test } from "vitest";
import { kindShapes } from "../shape/index.ts";
import { catalog } from "./catalog.ts";
import { ownershipFault, ownershipLabels } from "./ownership.ts";
import { askedRights, rightsOf } from "./rights.ts";

const written = catalog.flatMap((entry) => (entry.write === false ? [] : [{ ...entry, write: entry.write }]));

test("no two kinds go by one name", () => {
  const names = catalog.map(({ kind, alias = kind }) => alias);

  expect(new Set(names).size).toBe(names.length);
});

test("of every kind there is a schema", () => {
  const missing = catalog.filter(({ group, kind }) => kindShapes[`${group}/${kind}`] === undefined);

  expect(missing).toEqual([]);
});

test("every kind may be listed and, where we write it, be written; check asks for both", () => {
  const wanted = catalog.flatMap(({ group, plural, write }) =>
    ["list", ...(write === false ? [] : ["get", "create", "patch", "delete"])].map(
      (verb) => `${verb} ${plural}.${group}`,
    ),
  );
  const granted = rightsOf(["observe", "write"]).flatMap(({ verbs, resource, group }) =>
    verbs.map((verb) => `${verb} ${resource}.${group}`),
  );
  const asked = askedRights(["observe", "write"], "istio-system").map(
    ({ verb, resource, group }) => `${verb} ${resource}.${group}`,
  );

  expect(granted).toEqual(expect.arrayContaining(wanted));
  expect(asked).toEqual(expect.arrayContaining(wanted));
});

test("a kind is granted to everybody if a shared service may need it, and else on demand only", () => {
  const onDemand = written.filter(({ write }) => write.demand !== undefined).map(({ kind }) => kind);
  const unshared = written.filter(({ write }) => write.places.SharedService === undefined).map(({ kind }) => kind);
  const always = rightsOf(["write"], new Set()).map(({ resource }) => resource);

  expect(onDemand).toEqual(unshared);
  expect(always).toContain("virtualservices");
  expect(always).not.toContain("envoyfilters");
  expect(rightsOf(["write"], new Set(["tokens"])).map(({ resource }) => resource)).toContain("envoyfilters");
});

const owned = written.flatMap((entry) =>
  Object.entries(entry.write.places).map(([owner, place]) => ({ entry, owner, place })),
);

test.each(owned)("$entry.kind of a $owner is ours in $place", ({ entry: { group, version, kind }, owner, place }) => {
  const at = (namespace: string) => ({
    apiVersion: group === "" ? version : `${group}/${version}`,
    kind,
    metadata: {
      name: kind === "ServiceImport" ? "httpbin" : "httpbin-0123456789",
      namespace,
      labels: ownershipLabels(`${owner}.bar.httpbin`, "server"),
    },
  });

  expect(ownershipFault(at("bar"))).toBeUndefined();
  expect(ownershipFault(at("foo")) === undefined).toBe(place === "any namespace");
  expect(ownershipFault({ ...at("bar"), apiVersion: "example.com/v1" })).toBe(`no ${kind} is written for a ${owner}`);
});
