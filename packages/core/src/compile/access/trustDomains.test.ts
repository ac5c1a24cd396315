import { intents, namespace, observedCluster, pod, service, sharedService } from "@isthmus/testkit";
import { expect, test } from "vitest";
import { say } from "../../findings/index.ts";
import type { AuthorizationPolicy, DestinationRule, KubeObject } from "../../kinds/index.ts";
import { defaultMeshConfig, type MeshConfig } from "../../model/index.ts";
import { makeProblem } from "../../problem.ts";
import { compile } from "../compile.ts";

const istiod: KubeObject = {
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name: "istiod-1", namespace: "istio-system", labels: { app: "istiod" } },
  spec: { containers: [{ name: "discovery", env: [{ name: "PILOT_SKIP_VALIDATE_TRUST_DOMAIN", value: "true" }] }] },
} as KubeObject;

interface Settings {
  readonly client?: Partial<MeshConfig>;
  readonly server?: Partial<MeshConfig>;
  readonly spec?: Record<string, unknown>;
  readonly objects?: readonly KubeObject[];
  readonly isClientDown?: boolean;
}

const consumers = [{ clusters: ["cluster1"], namespaces: ["foo"] }];

function compiled({ client, server, spec = {}, objects = [], isClientDown = false }: Settings) {
  const told = (config: Partial<MeshConfig> | undefined) =>
    config === undefined ? {} : { meshConfig: { ...defaultMeshConfig, ...config } };
  const seen = [
    ...(isClientDown
      ? []
      : [
          observedCluster(
            "cluster1",
            "192.0.2.1",
            [namespace("foo"), namespace("bar"), pod("foo/sleep")],
            told(client),
          ),
        ]),
    observedCluster(
      "cluster2",
      "192.0.2.2",
      [namespace("bar"), service("bar/httpbin"), pod("bar/httpbin"), ...objects],
      told(server),
    ),
  ];
  const { desired, paths, problems } = compile(intents([sharedService("bar/httpbin", { consumers, ...spec })]), {
    clusters: new Map(seen.map((cluster) => [cluster.name, cluster])),
    unreachable: new Map(
      isClientDown
        ? [
            [
              "cluster1",
              makeProblem({ code: "CLUSTER_UNREACHABLE", at: { cluster: "cluster1" }, message: say`down`, hint: "" }),
            ],
          ]
        : [],
    ),
  });
  const [rule] = (desired.get("cluster1") ?? []).filter(({ kind }) => kind === "DestinationRule") as DestinationRule[];
  const [policy] = (desired.get("cluster2") ?? []).filter(
    ({ kind }) => kind === "AuthorizationPolicy",
  ) as AuthorizationPolicy[];
  return {
    pinned: rule?.spec.trafficPolicy?.tls?.subjectAltNames,
    identities: paths.map((path) => ("identities" in path ? path.identities : [])),
    allowed: policy?.spec.rules?.[0]?.from?.[0]?.source?.notPrincipals,
    problems: problems.map(({ code, at }) => `${code} ${at}`),
  };
}

const east = { trustDomain: "east" };
const west = { trustDomain: "west", trustDomainAliases: ["east"] };
const access = { access: [{}] };

test("identities are pinned in the trust domain of the cluster that serves", () => {
  const found = compiled({ client: east, server: west });

  expect(found).toMatchObject({
    pinned: ["spiffe://west/ns/bar/sa/httpbin"],
    identities: [["spiffe://west/ns/bar/sa/httpbin"]],
    problems: [],
  });
});

test("where the mesh config cannot be read, the Mesh's trust domain holds", () => {
  expect(compiled({}).pinned).toEqual(["spiffe://cluster.local/ns/bar/sa/httpbin"]);
});

test("a whole namespace is allowed in each trust domain, since istiod takes only exact principals for those of its aliases", () => {
  expect(compiled({ client: east, server: west, spec: access }).allowed).toEqual(["east/ns/foo/*", "west/ns/foo/*"]);
});

test("one account is allowed in the server's own trust domain, and in those that are not aliases of it", () => {
  const spec = { consumers: [{ ...consumers[0], serviceAccounts: ["sleep"] }] };
  const partner = { ...west, authorityTrustDomains: ["partner"] };

  expect(compiled({ client: east, server: west, spec }).allowed).toEqual(["west/ns/foo/sa/sleep"]);
  expect(compiled({ client: east, server: partner, spec }).allowed).toEqual([
    "partner/ns/foo/sa/sleep",
    "west/ns/foo/sa/sleep",
  ]);
});

test("who is allowed does not change while a consuming cluster cannot be read", () => {
  const settings = { client: east, server: west, spec: access };

  expect(compiled({ ...settings, isClientDown: true }).allowed).toEqual(compiled(settings).allowed);
});

test("a server that does not accept the consumer's trust domain is told, and no path leads there", () => {
  const strict = { trustDomain: "west" };

  expect(compiled({ client: east, server: strict })).toMatchObject({
    identities: [],
    problems: ["TRUST_DOMAIN_REFUSED MeshCluster cluster2"],
  });
  expect(compiled({ client: east, server: { ...strict, authorityTrustDomains: ["east"] } }).problems).toEqual([]);
  expect(compiled({ server: strict }).problems).toEqual([]);
});

test("an istiod that does not look at trust domains accepts any, and policies name the consumer's", () => {
  const settings = { client: east, server: { trustDomain: "west" }, spec: access, objects: [istiod] };

  expect(compiled(settings)).toMatchObject({ allowed: ["east/ns/foo/*", "west/ns/foo/*"], problems: [] });
});

test("under the Service's own name the caller's istiod must know the server's trust domain", () => {
  const sameName = { as: ["SameName"] };

  expect(compiled({ client: east, server: west, spec: sameName }).problems).toEqual([
    "TRUST_DOMAIN_REFUSED MeshCluster cluster1",
  ]);
  expect(compiled({ client: { ...east, trustDomainAliases: ["west"] }, server: west, spec: sameName })).toMatchObject({
    identities: [["spiffe://west/ns/bar/sa/httpbin"]],
    problems: [],
  });
});
