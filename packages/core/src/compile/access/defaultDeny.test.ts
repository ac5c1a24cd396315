import {
  externalAccess,
  intents,
  mesh,
  namespace,
  observedCluster,
  pod,
  service,
  sharedService,
} from "@isthmus/testkit";
import { expect, test } from "vitest";
import type { AuthorizationPolicy } from "../../kinds/index.ts";
import type { ExternalAccess } from "../../model/index.ts";
import { compile } from "../compile.ts";

const foo = { clusters: ["cluster1"], namespaces: ["foo"] };

function compiled(
  access: Record<string, unknown>,
  spec: Record<string, unknown> = {},
  {
    targetPort = 8080,
    externalAccesses = [],
  }: { targetPort?: number | string; externalAccesses?: ExternalAccess[] } = {},
) {
  const all = [
    observedCluster("cluster1", "192.0.2.1", [namespace("foo"), namespace("bar"), pod("foo/sleep")]),
    observedCluster("cluster2", "192.0.2.2", [
      namespace("bar"),
      namespace("shop"),
      service("bar/httpbin", [{ name: "http", port: 8000, targetPort }]),
      pod("bar/httpbin"),
    ]),
  ];
  const declared = intents([sharedService("bar/httpbin", { consumers: [foo], ...spec })], {
    mesh: mesh({ access }),
    externalAccesses,
  });
  const { desired, problems } = compile(declared, {
    clusters: new Map(all.map((cluster) => [cluster.name, cluster])),
    unreachable: new Map(),
  });
  const objects = [...desired.values()].flat();
  const policies = objects.filter(({ kind }) => kind === "AuthorizationPolicy") as AuthorizationPolicy[];
  return {
    rules: policies.map(({ spec: { rules } }) => rules),
    dryRuns: policies.map(({ metadata }) => metadata.annotations !== undefined),
    hasEntry: objects.some(({ metadata }) => metadata.name.startsWith("httpbin-entry-")),
    codes: problems.map(({ code, at }) => `${code} ${at}`),
  };
}

const notFrom = (...notPrincipals: readonly string[]) => [{ source: { notPrincipals } }];
const entry = expect.stringMatching(/^outbound_.8000_._.httpbin-entry-[a-z0-9]+.bar.svc.cluster.local$/);
const ofEntry = [{ key: "connection.sni", values: [entry] }];
const ofOthers = [{ key: "connection.sni", notValues: [entry] }];
const atPort = [{ operation: { ports: ["8080"] } }];

test("remoteCallers: Consumers holds calls from other clusters to the consumers of every service, and no local ones", () => {
  const { rules, hasEntry, codes } = compiled({ remoteCallers: "Consumers" });

  expect(rules).toEqual([[{ from: notFrom("cluster.local/ns/foo/*"), when: ofEntry }]]);
  expect(hasEntry).toBe(true);
  expect(codes).toEqual([]);
});

test("a merged name's local callers are not cut off by the Mesh's default alone", () => {
  const consumers = [foo, { clusters: ["cluster2"], namespaces: ["shop"] }];

  const { rules, codes } = compiled({ remoteCallers: "Consumers" }, { as: ["SameName"], consumers });

  expect(rules).toEqual([]);
  expect(codes).toContain("ACCESS_LOCAL_CALLERS SharedService bar/httpbin spec.as");
});

test("localCallers: Consumers lets in those that name this cluster, and holds nobody else's calls to it", () => {
  const consumers = [foo, { clusters: ["cluster2"], namespaces: ["shop"], serviceAccounts: ["web"] }];
  const access = [{ methods: ["GET"] }, { methods: ["POST"], from: ["sleep.foo"] }];

  const { rules, codes } = compiled({ localCallers: "Consumers" }, { consumers, access });

  const [, local] = rules;
  expect(codes).toEqual([]);
  expect(local).toEqual([
    { from: notFrom("cluster.local/ns/shop/sa/web"), to: atPort, when: ofOthers },
    { to: [{ operation: { notMethods: ["GET"], ports: ["8080"] } }], when: ofOthers },
  ]);
});

test("without a consumer in its cluster nobody calls locally but the gateway of an ExternalAccess", () => {
  const nobody = compiled({ localCallers: "Consumers" });
  const gateway = compiled(
    { localCallers: "Consumers" },
    {},
    { externalAccesses: [externalAccess("bar/public", { service: "httpbin" })] },
  );

  expect(nobody.rules).toEqual([[{ to: atPort, when: ofOthers }]]);
  expect(nobody.hasEntry).toBe(true);
  expect(gateway.rules).toEqual([[{ from: notFrom("cluster.local/ns/istio-system/*"), to: atPort, when: ofOthers }]]);
});

test("all calls under a merged name are held to all consumers where local callers are too", () => {
  const consumers = [foo, { clusters: ["cluster2"], namespaces: ["shop"] }];

  const { rules, codes } = compiled({ localCallers: "Consumers" }, { as: ["SameName"], consumers });

  expect(rules).toEqual([[{ from: notFrom("cluster.local/ns/foo/*", "cluster.local/ns/shop/*"), to: atPort }]]);
  expect(codes).toEqual([]);
});

test("a dry run of the Mesh's defaults leaves the rules of a declaration in force", () => {
  const access = { remoteCallers: "Consumers", localCallers: "Consumers", dryRun: true };

  expect(compiled(access).dryRuns).toEqual([true, true]);
  expect(compiled(access, { access: [{}] }).dryRuns).toEqual([false, true]);
});

test("local rules need the number of the pods' port", () => {
  const { rules, codes } = compiled({ localCallers: "Consumers" }, {}, { targetPort: "web" });

  expect(rules).toEqual([]);
  expect(codes).toEqual(["PORT_NAMED Mesh mesh spec.access.localCallers"]);
});
