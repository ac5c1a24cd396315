import { intents, namespace, observedCluster, pod, service, sharedService } from "@isthmus/testkit";
import { expect, test } from "vitest";
import { defaultMeshConfig, type MeshConfig } from "../../model/index.ts";
import { compile } from "../compile.ts";

function warnings(spec: Record<string, unknown>, config: Partial<MeshConfig> = {}) {
  const meshConfig = { ...defaultMeshConfig, ...config };
  const all = [
    observedCluster("cluster1", "192.0.2.1", [namespace("foo"), pod("foo/sleep"), namespace("bar")], { meshConfig }),
    observedCluster("cluster2", "192.0.2.2", [namespace("bar"), service("bar/httpbin"), pod("bar/httpbin")], {
      meshConfig,
    }),
  ];
  const { problems, held } = compile(intents([sharedService("bar/httpbin", spec)]), {
    clusters: new Map(all.map((cluster) => [cluster.name, cluster])),
    unreachable: new Map(),
  });
  expect([...held]).toEqual([]);
  return problems.filter(({ code }) => code === "PATH_NEVER_MATCHES");
}

test("a path of an access rule that no request has is told at its place, with what to write", () => {
  expect(warnings({ access: [{ paths: ["/get", "/x/../env"] }] })).toMatchObject([
    {
      code: "PATH_NEVER_MATCHES",
      at: "SharedService bar/httpbin spec.access[0].paths[1]",
      message:
        "no request has path /x/../env in cluster2: proxies there normalise paths, and leave out the query, before they compare them",
      hint: "write /env",
    },
  ]);
});

test("what is normal depends on the cluster's mesh config", () => {
  const access = { access: [{ paths: ["/a//b"] }] };

  expect(warnings(access)).toEqual([]);
  expect(warnings(access, { pathNormalization: "MERGE_SLASHES" })).toHaveLength(1);
  expect(warnings({ access: [{ paths: ["/x/../env"] }] }, { pathNormalization: "NONE" })).toEqual([]);
});

test("a route's path is compared at the caller's sidecar", () => {
  const match = (path: object) => ({ as: ["Mesh"], traffic: { match: [{ path, to: { cluster: "cluster2" } }] } });

  expect(warnings(match({ exact: "/env?a=b" }))).toMatchObject([
    { at: "SharedService bar/httpbin spec.traffic.match[0].path.exact", hint: "write /env" },
  ]);
  expect(warnings(match({ prefix: "/%61pi" }))).toMatchObject([
    { at: "SharedService bar/httpbin spec.traffic.match[0].path.prefix" },
  ]);
  expect(warnings(match({ prefix: "/api" }))).toEqual([]);
  expect(warnings(match({ regex: "/x/[.][.]/env" }))).toEqual([]);
});
