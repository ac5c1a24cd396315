import { expect, test } from "vitest";
import type { KubeObject } from "../../kinds/index.ts";
import { istioCluster } from "../istioClusters.ts";
import { mutualTlsMode } from "./peerAuthentication.ts";

const httpbin = { namespace: "bar", labels: { app: "httpbin" } };

/** `namespace/name`, older ones first. */
function policy(where: string, spec: object, creationTimestamp = "2026-01-01T00:00:00Z"): KubeObject {
  const [namespace = "", name = ""] = where.split("/");
  return {
    apiVersion: "security.istio.io/v1",
    kind: "PeerAuthentication",
    metadata: { name, namespace, creationTimestamp },
    spec,
  };
}

function modeAt(port: number, ...objects: readonly KubeObject[]) {
  const cluster = istioCluster({ name: "c", source: "live", objects, istiodVersions: [], trustRoots: [] });
  const { mode, policy: found, field } = mutualTlsMode(cluster, httpbin, port);
  return [mode, found?.metadata.name, field];
}

const mesh = policy("istio-system/default", { mtls: { mode: "STRICT" } });
const selecting = { selector: { matchLabels: { app: "httpbin" } } };

test("PERMISSIVE where nothing is said", () => {
  expect(modeAt(8080)).toEqual(["PERMISSIVE", undefined, undefined]);
});

test("a workload's policy counts more than its namespace's, and that more than the mesh's", () => {
  const namespace = policy("bar/ns", { mtls: { mode: "DISABLE" } });
  const workload = policy("bar/workload", { ...selecting, mtls: { mode: "PERMISSIVE" } });

  expect(modeAt(8080, mesh)).toEqual(["STRICT", "default", "spec.mtls.mode"]);
  expect(modeAt(8080, mesh, namespace)).toEqual(["DISABLE", "ns", "spec.mtls.mode"]);
  expect(modeAt(8080, mesh, namespace, workload)).toEqual(["PERMISSIVE", "workload", "spec.mtls.mode"]);
});

test("UNSET is what the level above says", () => {
  const unset = policy("bar/workload", { ...selecting, mtls: { mode: "UNSET" } });

  expect(modeAt(8080, mesh, policy("bar/ns", {}), unset)).toEqual(["STRICT", "default", "spec.mtls.mode"]);
});

test("a port's mode counts only in a policy that selects the workload, and not in the root namespace", () => {
  const portLevelMtls = { "8080": { mode: "DISABLE" } };
  const ofPort = policy("bar/workload", { ...selecting, portLevelMtls });

  expect(modeAt(8080, mesh, ofPort)).toEqual(["DISABLE", "workload", "spec.portLevelMtls[8080].mode"]);
  expect(modeAt(9000, mesh, ofPort)).toEqual(["STRICT", "default", "spec.mtls.mode"]);
  expect(modeAt(8080, mesh, policy("bar/ns", { portLevelMtls }))).toEqual(["STRICT", "default", "spec.mtls.mode"]);
  expect(modeAt(8080, policy("istio-system/x", { ...selecting, mtls: { mode: "STRICT" } }))[0]).toBe("PERMISSIVE");
});

test("the oldest policy of a level counts", () => {
  const younger = policy("bar/a", { mtls: { mode: "STRICT" } }, "2026-02-01T00:00:00Z");
  const older = policy("bar/b", { mtls: { mode: "DISABLE" } });

  expect(modeAt(8080, younger, older)[0]).toBe("DISABLE");
});

test("a policy without spec says nothing", () => {
  const { spec: _, ...bare } = policy("bar/bare", {});

  expect(modeAt(8080, bare, mesh)).toEqual(["STRICT", "default", "spec.mtls.mode"]);
});
