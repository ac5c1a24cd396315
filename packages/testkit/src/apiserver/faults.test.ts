import { type KindEntry, type KubeObject, kindEntry } from "@isthmus/core";
import { createKubeClient, type KubeClient } from "@isthmus/kube";
import { expect, test } from "vitest";
import { type FakeApiServer, type FakeApiServerOptions, startFakeApiServer } from "./fakeApiServer.ts";

test.each([
  ["before", []],
  ["after", ["web"]],
] as const)(
  "a crash %s a write leaves what was written, and the server stays down until it is restarted",
  async (effect, names) => {
    await using bench = await open();
    bench.server.fail({ when: ({ write }) => write === 1, times: 1, fault: { type: "crash", effect } });

    const first = await bench.client.apply(services, web).catch((failure: unknown) => failure);
    const down = await bench.client.list(services).catch((failure: unknown) => failure);
    await bench.server.restart();
    const left = await bench.client.list(services);

    expect([first, down]).toMatchObject([{ code: "CLUSTER_UNREACHABLE" }, { code: "CLUSTER_UNREACHABLE" }]);
    expect(left.map(({ metadata }) => metadata.name)).toEqual(names);
  },
);

test("writes are counted, dry runs and reads are not", async () => {
  await using bench = await open();

  await bench.client.apply(services, web, { dryRun: true });
  await bench.client.apply(services, web);
  await bench.client.remove(services, "web", "default", { dryRun: true });
  await bench.client.list(services);
  await bench.client.remove(services, "web", "default");

  expect(bench.server.writes.map(({ verb, write, name }) => [verb, write, name])).toEqual([
    ["patch", 1, "web"],
    ["delete", 2, "web"],
  ]);
});

test("a compaction makes old versions too old to watch from", async () => {
  await using bench = await open();
  const { resourceVersion } = await bench.client.snapshot(services);
  await bench.client.apply(services, web);
  bench.server.compact();

  const watching = (async () => {
    for await (const _event of bench.client.watch(services, resourceVersion)) break;
  })();

  await expect(watching).rejects.toMatchObject({ status: 410, reason: "Expired" });
});

test("a kind that is left out is not served", async () => {
  await using bench = await open({ without: ["services"] });

  await expect(bench.client.list(services)).rejects.toMatchObject({ status: 404, isObjectMissing: false });
});

test("seeded objects belong to another manager, keep their status, and get what the server adds", async () => {
  await using bench = await open();
  const status = { loadBalancer: { ingress: [{ ip: "203.0.113.7" }] } };
  bench.server.seed([{ ...web, metadata: { name: "web", namespace: "shop" }, status }]);

  const live = await bench.client.get(services, "web", "shop");
  const changed = { ...web, metadata: { name: "web", namespace: "shop" }, spec: { ports: [{ port: 80, name: "x" }] } };

  expect(live).toMatchObject({ status, spec: { type: "ClusterIP", clusterIP: expect.any(String) } });
  await expect(bench.client.apply(services, changed)).rejects.toMatchObject({ status: 409 });
});

const services: KindEntry = kindEntry("", "Service") as KindEntry;
const web: KubeObject = {
  apiVersion: "v1",
  kind: "Service",
  metadata: { name: "web", namespace: "default" },
  spec: { ports: [{ port: 80, name: "http" }] },
};

interface Bench extends AsyncDisposable {
  readonly server: FakeApiServer;
  readonly client: KubeClient;
}

async function open(options: FakeApiServerOptions = {}): Promise<Bench> {
  const server = await startFakeApiServer(options);
  const client = createKubeClient({ name: "fake", server: server.url, user: {} }, { retry: { attempts: 1 } });
  return {
    server,
    client,
    async [Symbol.asyncDispose]() {
      await client.close();
      await server.stop();
    },
  };
}
