import { type Intents, type KubeObject, makeProblem, type Observed, type ObservedCluster, say } from "@isthmus/core";
import fc from "fast-check";
import { externalAccess, externalService, intents, meshCluster, sharedService } from "./declared.ts";
import { namespace, node, observedCluster, pod, service } from "./observedObjects.ts";

export interface RandomMesh {
  readonly intents: Intents;
  readonly observed: Observed;
}

const clusterNames = ["c1", "c2", "c3", "c4"] as const;
const namespaces = ["red", "blue"] as const;
const services = ["web", "api", "db"] as const;

interface Placed {
  readonly where: string;
  readonly cluster: string;
  readonly sidecar: boolean;
  readonly accounts: number;
  readonly ports: readonly number[];
}

const placedServices: fc.Arbitrary<readonly Placed[]> = fc.uniqueArray(
  fc.record({
    where: fc.tuple(fc.constantFrom(...namespaces), fc.constantFrom(...services)).map((parts) => parts.join("/")),
    cluster: fc.constantFrom(...clusterNames),
    sidecar: fc.integer({ min: 0, max: 9 }).map((number) => number > 0),
    accounts: fc.integer({ min: 0, max: 2 }),
    ports: fc.uniqueArray(fc.constantFrom(80, 8000, 9000), { minLength: 1, maxLength: 3 }),
  }),
  { selector: ({ where, cluster }) => `${cluster} ${where}`, maxLength: 12 },
);

const versions = fc.constantFrom(undefined, { version: "v0" }, { version: "v1" }, { tier: "b", version: "v1" });

/** Splits by version and rules; not all of what they name is there. */
const routes = fc
  .tuple(
    fc.uniqueArray(fc.tuple(fc.constantFrom(...clusterNames), versions), {
      minLength: 2,
      maxLength: 2,
      selector: (part) => JSON.stringify(part),
    }),
    fc.array(fc.tuple(fc.option(fc.constantFrom(...clusterNames)), versions, fc.constantFrom("a", "b")), {
      maxLength: 2,
    }),
    fc.boolean(),
  )
  .map(([parts, rules, isSplit]) => ({
    ...(isSplit
      ? {
          split: parts.map(([cluster, labels], index) => ({
            cluster,
            weight: index === 0 ? 70 : 30,
            ...(labels === undefined ? {} : { labels }),
          })),
        }
      : {}),
    match: rules.flatMap(([cluster, labels, tenant]) =>
      cluster === null && labels === undefined
        ? []
        : [
            {
              headers: { "x-tenant": { exact: tenant } },
              methods: ["POST", "GET"],
              to: { ...(cluster === null ? {} : { cluster }), ...(labels === undefined ? {} : { labels }) },
            },
          ],
    ),
  }))
  .map(({ match, ...rest }) => (match.length === 0 ? rest : { ...rest, match }));

const shares = fc.uniqueArray(
  fc.record({
    where: fc.tuple(fc.constantFrom(...namespaces), fc.constantFrom(...services)).map((parts) => parts.join("/")),
    servedBy: fc.uniqueArray(fc.constantFrom(...clusterNames), { minLength: 1 }),
    consumers: fc.array(
      fc.record(
        {
          clusters: fc.uniqueArray(fc.constantFrom(...clusterNames), { minLength: 1 }),
          namespaces: fc.uniqueArray(fc.constantFrom(...namespaces), { minLength: 1 }),
        },
        { requiredKeys: ["clusters"] },
      ),
      { minLength: 1, maxLength: 2 },
    ),
    as: fc.uniqueArray(fc.constantFrom("PerCluster", "SameName", "Mesh"), { minLength: 1 }),
    traffic: fc.oneof(
      fc.constant({}),
      fc.constant({ locality: {} }),
      fc
        .shuffledSubarray([...clusterNames])
        .map((clusters) => (clusters.length === 0 ? {} : { locality: { clusters } })),
      fc.constant({
        locality: {
          failover: [
            { from: "eu", to: "us" },
            { from: "us", to: "asia" },
          ],
        },
      }),
      fc.constant({ timeout: "2s", retries: { attempts: 2, retryOn: "503" } }),
      routes,
      fc
        .tuple(fc.integer({ min: 0, max: 100 }), fc.shuffledSubarray([...clusterNames], { minLength: 2 }))
        .map(([weight, [one = "c1", two = "c2"]]) => ({
          split: [
            { cluster: one, weight },
            { cluster: two, weight: 100 - weight },
          ],
        })),
    ),
  }),
  { selector: ({ where }) => where, maxLength: 5 },
);

const outsideHosts = fc.uniqueArray(fc.constantFrom("a.example.com", "b.example.com", "c.example.com"), {
  minLength: 1,
});

const accesses = fc.uniqueArray(
  fc.record({
    where: fc.tuple(fc.constantFrom(...namespaces), fc.constantFrom(...services)).map((parts) => parts.join("/")),
    hosts: outsideHosts,
    port: fc.constantFrom(80, 8000),
    clusters: fc.uniqueArray(fc.constantFrom(...clusterNames), { minLength: 1 }),
    tls: fc.constantFrom(
      { mode: "None" },
      { mode: "Simple", credential: { secret: "credential" }, httpsRedirect: true },
      { mode: "Mutual", credential: { secret: "other" }, clients: { subjectAltNames: ["b.example", "a.example"] } },
    ),
  }),
  { selector: ({ where }) => where, maxLength: 3 },
);

const tcp = { number: 3306, protocol: "TCP" };
const http = { number: 80, protocol: "HTTP" };

const outsides = fc.uniqueArray(
  fc.record({
    where: fc.tuple(fc.constantFrom(...namespaces), fc.constantFrom(...services)).map((parts) => parts.join("/")),
    hosts: outsideHosts,
    ports: fc.constantFrom([tcp], [http], [tcp, http]),
    consumers: fc.tuple(
      fc.record(
        {
          clusters: fc.uniqueArray(fc.constantFrom(...clusterNames), { minLength: 1 }),
          namespaces: fc.uniqueArray(fc.constantFrom(...namespaces), { minLength: 1 }),
        },
        { requiredKeys: ["clusters"] },
      ),
    ),
  }),
  { selector: ({ where }) => where, maxLength: 3 },
);

/** Meshes of up to four clusters in which some declarations work, some are wrong, and some clusters cannot be read. */
export const randomMesh: fc.Arbitrary<RandomMesh> = fc
  .record({
    placed: placedServices,
    shares,
    accesses,
    outsides,
    drained: fc.subarray([...clusterNames], { maxLength: 2 }),
    hidden: fc.uniqueArray(fc.constantFrom(...clusterNames), { maxLength: 2 }),
    nodes: fc.integer({ min: 0, max: 2 }),
  })
  .map(
    ({ placed, shares: declared, drained, accesses: declaredAccesses, outsides: declaredServices, hidden, nodes }) => ({
      intents: intents(
        declared.map(({ where, ...spec }) => sharedService(where, spec)),
        {
          clusters: clusterNames.map((name) => meshCluster(name, { drain: drained.includes(name) })),
          externalAccesses: declaredAccesses.map(({ where, ...spec }) => externalAccess(where, spec)),
          externalServices: declaredServices.map(({ where, ...spec }) => externalService(where, spec)),
        },
      ),
      observed: {
        clusters: new Map(
          clusterNames
            .filter((name) => !hidden.includes(name))
            .map((name, index) => [name, cluster(name, index, { placed, nodes })]),
        ),
        unreachable: new Map(
          hidden.map((name) => [
            name,
            makeProblem({
              code: "CLUSTER_UNREACHABLE",
              at: { kind: "MeshCluster", name: name },
              message: say`${{ name }} does not answer`,
              hint: "",
            }),
          ]),
        ),
      },
    }),
  );

function cluster(
  name: string,
  index: number,
  { placed, nodes }: { readonly placed: readonly Placed[]; readonly nodes: number },
): ObservedCluster {
  const here = placed.filter((each) => each.cluster === name);
  const objects: KubeObject[] = [
    ...namespaces.map((each) => namespace(each)),
    ...Array.from({ length: nodes }, (_, extra) => node(`${name}-${extra}`, `192.0.2.${index * 10 + extra + 100}`)),
    ...here.flatMap(({ where, sidecar, accounts, ports }) => [
      service(
        where,
        ports.map((port) => ({ name: `http-${port}`, port, targetPort: port })),
      ),
      ...Array.from({ length: accounts }, (_, number) =>
        pod(`${where}-${number}`, {
          app: where.split("/")[1] ?? "",
          serviceAccount: `account${number}`,
          version: `v${number}`,
          sidecar,
        }),
      ),
    ]),
  ];
  return observedCluster(name, `192.0.2.${index + 1}`, objects);
}
