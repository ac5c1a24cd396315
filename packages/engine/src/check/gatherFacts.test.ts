import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { KubeObject } from "@isthmus/core";
import { type CheckInput, runChecks } from "@isthmus/core/check";
import { type ClientOptions, createKubeClient } from "@isthmus/kube";
import {
  type FakeApiServer,
  type FakeApiServerOptions,
  intents,
  meshCluster,
  startFakeApiServer,
} from "@isthmus/testkit";
import { expect, onTestFinished, test } from "vitest";
import { LiveTarget } from "../target/liveTarget.ts";
import { type GatherOptions, gatherFacts } from "./gatherFacts.ts";

const once: ClientOptions = { retry: { attempts: 1 } };

async function server(options: FakeApiServerOptions = {}): Promise<FakeApiServer> {
  const started = await startFakeApiServer(options);
  onTestFinished(() => started.stop());
  return started;
}

async function gather(
  servers: Readonly<Record<string, FakeApiServer>>,
  spec: Record<string, unknown> = {},
  options: Partial<GatherOptions> = {},
): Promise<CheckInput> {
  const targets = new Map(
    Object.entries(servers).map(([cluster, { url }]) => {
      const client = createKubeClient({ name: cluster, server: url, user: {} }, once);
      return [cluster, new LiveTarget({ cluster, client, istioNamespace: "istio-system" })] as const;
    }),
  );
  onTestFinished(async () => {
    await Promise.all([...targets.values()].map((target) => target.close()));
  });
  const declared = intents([], { clusters: [...targets.keys()].map((name) => meshCluster(name, spec)) });
  const purposes = ["observe", "check", "write"] as const;
  return gatherFacts(declared, targets, { cwd: "/nowhere", purposes, timeout: 5000, probeTimeout: 500, ...options });
}

function codes(input: CheckInput, category: string): readonly (string | undefined)[] {
  return runChecks(input).flatMap((row) => (row.category === category && row.code !== undefined ? [row.code] : []));
}

test("an API server of an old version, and a clock that is minutes ahead: what no lab can make", async () => {
  const old = await gather({ cluster: await server({ version: "v1.24.17" }) });
  const fast = await gather({ cluster: await server({ clockAhead: 300_000 }) });

  expect(codes(old, "api")).toEqual(["KUBERNETES_UNSUPPORTED"]);
  expect(codes(fast, "api")).toEqual(["CLOCK_SKEWED"]);
});

test("every right is asked for, and one that is not given everywhere also where it is needed", async () => {
  const cluster = await server();
  const ours: KubeObject = {
    apiVersion: "v1",
    kind: "Service",
    metadata: { name: "a", namespace: "foo", labels: { "app.kubernetes.io/managed-by": "isthmus" } },
    spec: { ports: [{ port: 80 }] },
  };
  cluster.seed([ours]);
  cluster.forbid(({ verb, resource, namespace }) => verb === "patch" && resource === "services" && namespace !== "foo");
  cluster.forbid(({ verb, resource }) => verb === "list" && resource === "servicecidrs.networking.k8s.io");

  const input = await gather({ cluster });

  expect(codes(input, "rights")).toEqual(["RIGHTS_PARTIAL"]);
  expect(codes(input, "api")).toEqual([]);
});

test("a server that never answers is given up after the time for it, and no check fails in an unknown way", async () => {
  const hanging = await server();
  hanging.fail({ when: () => true, fault: { type: "hang" } });

  const input = await gather({ hanging, sound: await server() }, {}, { timeout: 3000 });

  const rows = runChecks(input);
  expect(
    rows.filter(({ check }) => check === "api-reachable").map(({ cluster, status, code }) => [cluster, status, code]),
  ).toEqual([
    ["hanging", "failed", "CLUSTER_UNREACHABLE"],
    ["sound", "ok", undefined],
  ]);
});

test("a gateway's addresses are tried by TCP, refused or open", async () => {
  const listener = createServer().listen(0, "127.0.0.1");
  onTestFinished(() => void listener.close());
  await new Promise((resolve) => listener.once("listening", resolve));
  const { port } = listener.address() as { port: number };
  const closed = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => closed.once("listening", resolve));
  const { port: closedPort } = closed.address() as { port: number };
  await new Promise((resolve) => closed.close(resolve));
  const addresses = [`127.0.0.1:${port}`, `127.0.0.1:${closedPort}`];

  const input = await gather({ cluster: await server() }, { eastWestGateway: { addresses } });

  expect(input.clusters[0]?.probes).toEqual(
    expect.arrayContaining([
      { address: `127.0.0.1:${port}`, outcome: { kind: "connected" } },
      {
        address: `127.0.0.1:${closedPort}`,
        outcome: { kind: "no connection", message: expect.stringContaining("ECONNREFUSED"), isRefused: true },
      },
    ]),
  );
});

test("key files are found by what is in them, with their permissions", async () => {
  const cwd = await mkdtemp(join(tmpdir(), "isthmus-keys-"));
  onTestFinished(() => rm(cwd, { recursive: true, force: true }));
  await writeFile(join(cwd, "root.json"), '{"format": "isthmus-ca-key"}', { mode: 0o644 });
  await writeFile(join(cwd, "other.json"), "{}", { mode: 0o644 });

  const input = await gather({ cluster: await server() }, {}, { cwd });

  expect(input.keyFiles).toEqual([{ path: "root.json", mode: 0o644 }]);
});
