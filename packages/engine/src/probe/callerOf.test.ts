import type { AcrossPath } from "@isthmus/core";
import { intents, meshCluster, observedCluster, pod, sharedService } from "@isthmus/testkit";
import { expect, test } from "vitest";
import { callerOf } from "./callerOf.ts";

const path: AcrossPath = {
  direction: "across",
  owner: "SharedService.bar.httpbin",
  host: "httpbin.bar.cluster2",
  port: 8000,
  portName: "http",
  consumer: { cluster: "cluster1", namespace: "foo" },
  server: { cluster: "cluster2", namespace: "bar", service: "httpbin" },
  sni: "outbound_.8000_._.httpbin.bar.svc.cluster.local",
  identities: [],
};

const clusters = [meshCluster("cluster1", {}, { tier: "edge" }), meshCluster("cluster2", {}, { tier: "inner" })];
const objects = [pod("foo/a", { serviceAccount: "guard" }), pod("foo/b", { serviceAccount: "clerk" })];
const observed = {
  clusters: new Map([["cluster1", observedCluster("cluster1", "192.168.121.1", objects)]]),
  unreachable: new Map(),
};

test("who calls is one that may from its own cluster, not one that may from another", () => {
  const share = sharedService("bar/httpbin", {
    consumers: [
      { clusters: ["tier=inner"], namespaces: ["foo"], serviceAccounts: ["guard"] },
      { clusters: ["tier=edge"], namespaces: ["foo"], serviceAccounts: ["clerk"] },
    ],
  });

  expect(callerOf(path, share, { observed, intents: intents([share], { clusters }) })?.pod).toBe("b");
});

test("without a declaration any workload of the namespace may call", () => {
  expect(callerOf(path, undefined, { observed, intents: intents([], { clusters }) })?.pod).toBe("a");
});
