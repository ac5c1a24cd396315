import { randomMesh } from "@isthmus/testkit";
import fc from "fast-check";
import { expect, test } from "vitest";
import { groupOf, isProvenOurs, type KubeObject, writingOf } from "../kinds/index.ts";
import { demandsOn, type Intents, type Observed } from "../model/index.ts";
import { compile } from "./compile.ts";

interface AnyMesh {
  readonly intents: Intents;
  readonly observed: Observed;
}

/** Also with exported Services, routes to what is imported, and Gateway API objects in place of Istio's. */
const anyMesh: fc.Arbitrary<AnyMesh> = fc
  .tuple(randomMesh, fc.boolean())
  .map(([mesh, hasExports]) => (hasExports ? withExports(mesh) : mesh));

function withExports({ intents, observed }: AnyMesh): AnyMesh {
  const { mesh } = intents;
  const clusters = [...observed.clusters].map(([name, cluster], index) => {
    const services = cluster.objects.filter(
      ({ kind, metadata }) => kind === "Service" && metadata.namespace !== "istio-system",
    );
    const objects = services.flatMap(({ metadata }) => [serviceExport(metadata, index), route(metadata)]);
    return [name, { ...cluster, objects: [...cluster.objects, ...objects] }] as const;
  });
  return {
    intents: { ...intents, mesh: { ...mesh, spec: { ...mesh.spec, mcs: {}, emit: "GatewayApi" } } },
    observed: { ...observed, clusters: new Map(clusters) },
  };
}

function serviceExport({ name, namespace = "" }: KubeObject["metadata"], age: number): KubeObject {
  const creationTimestamp = `2026-01-0${1 + (age % 3)}T00:00:00Z`;
  const metadata = { name, namespace, creationTimestamp };
  return { apiVersion: "multicluster.x-k8s.io/v1alpha1", kind: "ServiceExport", metadata };
}

function route({ name, namespace = "" }: KubeObject["metadata"]): KubeObject {
  const backend = { group: "multicluster.x-k8s.io", kind: "ServiceImport", name, namespace, port: 80 };
  const metadata = { name: `to-${name}`, namespace };
  const spec = { rules: [{ backendRefs: [backend] }] };
  return { apiVersion: "gateway.networking.k8s.io/v1", kind: "HTTPRoute", metadata, spec };
}

/** The same mesh with every list and map in another order. */
function shuffled({ intents, observed }: { intents: Intents; observed: Observed }, seed: number) {
  const reorder = <T>(values: readonly T[]): readonly T[] =>
    values
      .map((value, index) => ({ value, rank: ((index + 1) * (seed * 2 + 1) * 7919) % 104729 }))
      .sort((a, b) => a.rank - b.rank)
      .map(({ value }) => value);
  return {
    intents: {
      ...intents,
      clusters: reorder(intents.clusters),
      sharedServices: reorder(intents.sharedServices).map((shared) => ({
        ...shared,
        spec: {
          ...shared.spec,
          servedBy: [...reorder(shared.spec.servedBy)],
          as: [...reorder(shared.spec.as)],
          ...(shared.spec.traffic?.split === undefined
            ? {}
            : { traffic: { ...shared.spec.traffic, split: [...reorder(shared.spec.traffic.split)] } }),
        },
      })),
      externalAccesses: reorder(intents.externalAccesses).map((access) => ({
        ...access,
        spec: { ...access.spec, hosts: [...reorder(access.spec.hosts)], clusters: [...reorder(access.spec.clusters)] },
      })),
      externalServices: reorder(intents.externalServices).map((service) => ({
        ...service,
        spec: { ...service.spec, hosts: [...reorder(service.spec.hosts)], ports: [...reorder(service.spec.ports)] },
      })),
    },
    observed: {
      clusters: new Map(
        reorder([...observed.clusters]).map(([name, cluster]) => [
          name,
          { ...cluster, objects: reorder(cluster.objects) },
        ]),
      ),
      unreachable: new Map(reorder([...observed.unreachable])),
    },
  };
}

test("law 1: the order of the input does not show in the result", () => {
  fc.assert(
    fc.property(anyMesh, fc.nat(10_000), (mesh, seed) => {
      const other = shuffled(mesh, seed);

      const first = compile(mesh.intents, mesh.observed);
      const second = compile(other.intents, other.observed);

      expect({ ...second, problems: withoutPositions(second) }).toEqual({
        ...first,
        problems: withoutPositions(first),
      });
      expect(JSON.stringify([...second.desired])).toBe(JSON.stringify([...first.desired]));
    }),
  );
});

// A position in a list of the declaration moves with the list.
function withoutPositions({ problems }: ReturnType<typeof compile>) {
  return problems.map((problem) => JSON.stringify(problem).replace(/\[\d+\]/g, "[]")).sort();
}

test("sentences and places are text, whatever they are made of", () => {
  const said = new Set<string>();
  fc.assert(
    fc.property(anyMesh, ({ intents, observed }) => {
      for (const { code, at, message, hint } of compile(intents, observed).problems) {
        expect([at, message, hint].join("\n")).not.toMatch(/\[object|undefined|NaN/);
        said.add(code);
      }
    }),
  );
  expect(said.size).toBeGreaterThan(10);
});

test("law 2: once the objects are in place the same objects are wanted", () => {
  fc.assert(
    fc.property(anyMesh, ({ intents, observed }) => {
      const { desired } = compile(intents, observed);
      const after: Observed = {
        ...observed,
        clusters: new Map(
          [...observed.clusters].map(([name, cluster]) => [
            name,
            { ...cluster, objects: [...cluster.objects, ...(desired.get(name) ?? [])] },
          ]),
        ),
      };

      const again = compile(intents, after);

      expect([...again.desired]).toEqual([...desired]);
    }),
  );
});

test("no two declarations write the same object, and every object carries its owner", () => {
  fc.assert(
    fc.property(randomMesh, ({ intents, observed }) => {
      const none = { ...intents, sharedServices: [], externalAccesses: [], externalServices: [] };
      const alone = [
        ...intents.sharedServices.map((shared) => compile({ ...none, sharedServices: [shared] }, observed)),
        ...intents.externalAccesses.map((access) => compile({ ...none, externalAccesses: [access] }, observed)),
        ...intents.externalServices.map((service) => compile({ ...none, externalServices: [service] }, observed)),
      ];

      for (const cluster of observed.clusters.keys()) {
        const names = alone.flatMap(({ desired }) =>
          (desired.get(cluster) ?? []).map(({ kind, metadata }) => `${kind} ${metadata.namespace}/${metadata.name}`),
        );
        expect(new Set(names).size).toBe(names.length);
      }
    }),
  );
});

test("of every kind that is compiled for a cluster the declarations demand the right to write it", () => {
  const jwt = { issuers: [{ issuer: "https://issuer.example.com", jwks: "{}" }] };
  const met = new Set<string>();
  fc.assert(
    fc.property(anyMesh, fc.boolean(), ({ intents, observed }, asksForTokens) => {
      const { externalAccesses } = intents;
      const asked = externalAccesses.map((access) => ({ ...access, spec: { ...access.spec, jwt } }));
      const all = { ...intents, externalAccesses: asksForTokens ? asked : externalAccesses };

      const { desired } = compile(all, observed);

      for (const cluster of all.clusters) {
        const demands = demandsOn(cluster, all);
        for (const { apiVersion, kind } of desired.get(cluster.metadata.name) ?? []) {
          const demand = writingOf(groupOf(apiVersion), kind)?.demand;
          if (demand === undefined) continue;
          met.add(demand);
          expect(demands).toContain(demand);
        }
      }
    }),
  );
  expect([...met].sort()).toEqual(["exports", "gatewayApi", "tokens"]);
});

test("law 13: all that is written is shown to be ours by itself, still when its declaration is gone, and no copy of it is", () => {
  fc.assert(
    fc.property(anyMesh, ({ intents, observed }) => {
      const { desired } = compile(intents, observed);
      const objects = [...desired.values()].flat();
      const none = { ...intents, sharedServices: [], externalAccesses: [], externalServices: [] };
      const withCopies = [...observed.clusters].map(([name, cluster]) => {
        const written = desired.get(name) ?? [];
        const copies = written.map((object) => ({
          ...object,
          metadata: { ...object.metadata, name: `${object.metadata.name.slice(0, 40)}-copy` },
        }));
        return [name, { ...cluster, objects: [...cluster.objects, ...written, ...copies] }] as const;
      });

      const left = compile(none, { ...observed, clusters: new Map(withCopies) });

      expect(objects.filter((object) => !isProvenOurs(object))).toEqual([]);
      const unproven = [...(left.unproven?.values() ?? [])].flatMap((keys) => [...keys]);
      expect(unproven.filter((key) => !key.endsWith("-copy"))).toEqual([]);
      expect(new Set(unproven).size).toBeGreaterThanOrEqual(objects.length > 0 ? 1 : 0);
    }),
    { numRuns: 40 },
  );
});

test("law 13: what anybody plants elsewhere under our labels and names moves no address in use, and no host leaves the pool", () => {
  const plants = fc.array(fc.record({ pick: fc.nat(50), address: fc.constantFrom("10.96.0.10", "240.0.9.9") }), {
    minLength: 1,
    maxLength: 3,
  });
  const addressesIn = (objects: Iterable<KubeObject>) =>
    [...objects].flatMap(({ kind, spec }) =>
      kind === "ServiceEntry" ? ((spec as { readonly addresses?: readonly string[] }).addresses ?? []) : [],
    );
  fc.assert(
    fc.property(anyMesh, plants, fc.boolean(), ({ intents, observed }, planted, isApplied) => {
      const before = compile(intents, observed);
      const clusters = [...observed.clusters].map(([name, cluster]) => {
        const written = before.desired.get(name) ?? [];
        const entries = written.filter(({ kind }) => kind === "ServiceEntry");
        const theirs = planted.flatMap(({ pick, address }, index) => {
          const entry = entries[pick % Math.max(entries.length, 1)];
          if (entry === undefined) return [];
          const metadata = { ...entry.metadata, namespace: `aaa-${index}` };
          return [{ ...entry, metadata, spec: { ...(entry.spec as object), addresses: [address], exportTo: ["."] } }];
        });
        return [name, { ...cluster, objects: [...cluster.objects, ...(isApplied ? written : []), ...theirs] }] as const;
      });

      const after = compile(intents, { ...observed, clusters: new Map(clusters) });

      for (const [name, objects] of before.desired) {
        const addresses = addressesIn(after.desired.get(name) ?? []);
        expect(addresses.filter((address) => !address.startsWith("240.0."))).toEqual([]);
        if (isApplied) expect(addresses).toEqual(addressesIn(objects));
      }
    }),
    { numRuns: 40 },
  );
});
