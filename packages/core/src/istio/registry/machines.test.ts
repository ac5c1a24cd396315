import { pod, service } from "@isthmus/testkit";
import { expect, test } from "vitest";
import type { KubeObject } from "../../kinds/index.ts";
import type { IstioCluster } from "../istioCluster.ts";
import { istioCluster } from "../istioClusters.ts";
import { isMachine, machineAt, machines, workloadsBehind } from "./machines.ts";

function entry(name: string, spec: object, labels: Readonly<Record<string, string>> = {}): KubeObject {
  return {
    apiVersion: "networking.istio.io/v1",
    kind: "WorkloadEntry",
    metadata: { name, namespace: "shop", labels },
    spec,
  };
}

function clusterOf(...objects: readonly KubeObject[]): IstioCluster {
  return istioCluster({ name: "west", source: "live", objects, istiodVersions: [], trustRoots: [] });
}

const machine = entry("vm1", {
  address: "10.2.9.9",
  serviceAccount: "api",
  labels: { app: "api" },
  ports: { http: 8081 },
});

test("a machine speaks mutual TLS by its label, and without one where it has an account", () => {
  const cluster = clusterOf(
    machine,
    entry("plain", { address: "10.2.9.8" }),
    entry("off", { address: "10.2.9.7", serviceAccount: "api" }, { "security.istio.io/tlsMode": "disabled" }),
    entry("on", { address: "10.2.9.6", labels: { "security.istio.io/tlsMode": "istio" } }),
  );

  expect(machines(cluster, "shop").map(({ name, isMutualTls, proxy }) => [name, isMutualTls, proxy])).toEqual([
    ["off", false, "none"],
    ["on", true, "sidecar"],
    ["plain", false, "none"],
    ["vm1", true, "sidecar"],
  ]);
});

test("a machine is behind the Services that select its labels, beside their pods, and behind no headless one", () => {
  const api = service("shop/api");
  const headless = service("shop/headless", undefined, { clusterIP: "None", selector: { app: "api" } });
  const cluster = clusterOf(machine, pod("shop/api"), api, headless);

  expect(workloadsBehind(cluster, api).map(({ name }) => name)).toEqual(["api", "vm1"]);
  expect(workloadsBehind(cluster, headless).filter(isMachine)).toEqual([]);
});

test("a machine is found by its address however that is written; a name is not a machine, nor is what we wrote", () => {
  const ours = entry("ours", { address: "10.2.9.1" }, { "app.kubernetes.io/managed-by": "isthmus" });
  const cluster = clusterOf(
    machine,
    entry("v6", { address: "2001:DB8:0::9" }),
    entry("named", { address: "vm.example" }),
    ours,
  );

  expect(machineAt(cluster, "10.2.9.9")?.name).toBe("vm1");
  expect(machineAt(cluster, "2001:db8::9")?.name).toBe("v6");
  expect(machineAt(cluster, "vm.example")).toBeUndefined();
  expect(machineAt(cluster, "10.2.9.1")).toBeUndefined();
});
