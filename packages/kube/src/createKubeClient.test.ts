import { type KindEntry, type KubeObject, kindEntry } from "@isthmus/core";
import { type FakeApiServer, startFakeApiServer } from "@isthmus/testkit";
import { expect, test } from "vitest";
import type { ClusterAccess } from "./clusterAccess.ts";
import { type ClientOptions, createKubeClient } from "./createKubeClient.ts";
import type { KubeClient } from "./kubeClient.ts";

test("requests name us, and the manager that fields are applied for", async () => {
  await using bench = await open();

  await bench.client.apply(services, web(80));

  expect(bench.server.requests.at(-1)).toMatchObject({
    userAgent: "isthmus/0.1.0",
    verb: "patch",
    path: "/api/v1/namespaces/default/services/web?fieldManager=isthmus&fieldValidation=Strict",
  });
});

test("connections are kept and used again", async () => {
  await using bench = await open();

  for (let count = 0; count < 20; count++) await bench.client.list(services);

  // undici may open a second one while the first is still closing its answer.
  expect(new Set(bench.server.requests.map((request) => request.connection)).size).toBeLessThanOrEqual(2);
});

test("a burst of refusals is waited out", async () => {
  await using bench = await open();
  bench.server.fail({ when: () => true, times: 1, fault: { type: "status", status: 429, retryAfter: 7 } });
  bench.server.fail({ when: () => true, times: 2, fault: { type: "status", status: 500 } });

  const { created } = await bench.client.apply(services, web(80));

  expect([created, bench.pauses]).toEqual([true, [7_000 + 100, 200, 400]]);
});

test("a write whose answer was lost is done again, and does no more", async () => {
  await using bench = await open();
  bench.server.fail({ when: ({ write }) => write === 1, fault: { type: "kill", effect: "after" } });

  const { created } = await bench.client.apply(services, web(80));

  expect([created, bench.server.writes.length, bench.server.stored("services")]).toMatchObject([false, 2, [{}]]);
});

test("an update whose answer was lost succeeds, although its precondition no longer holds", async () => {
  await using bench = await open();
  const { object } = await bench.client.apply(services, web(80));
  bench.server.fail({ when: ({ write }) => write === 2, fault: { type: "kill", effect: "after" } });

  const applied = await bench.client.apply(services, web(81, object.metadata.resourceVersion));

  expect(applied.object).toEqual(await bench.client.get(services, "web", "default"));
  expect(applied.object.spec).toMatchObject({ ports: [{ port: 81 }] });
});

test("a precondition that someone else broke meanwhile is a conflict, also at a second try", async () => {
  await using bench = await open();
  const { object } = await bench.client.apply(services, web(80));
  bench.server.fail({
    when: ({ write }) => {
      if (write === 2) bench.server.seed([{ ...object, metadata: { ...object.metadata, labels: { moved: "yes" } } }]);
      return write === 2;
    },
    fault: { type: "kill", effect: "before" },
  });

  await expect(bench.client.apply(services, web(81, object.metadata.resourceVersion))).rejects.toMatchObject({
    status: 409,
  });
});

test("a removal whose answer was lost is done again where it names the object, and counts", async () => {
  await using bench = await open();
  const { object } = await bench.client.apply(services, web(80));
  bench.server.fail({ when: ({ verb }) => verb === "delete", times: 1, fault: { type: "kill", effect: "after" } });

  const { uid = "" } = object.metadata;

  expect(await bench.client.remove(services, "web", "default", { preconditions: { uid } })).toBe(true);
});

test("a removal that names no object is not done again: it might meet another one", async () => {
  await using bench = await open();
  await bench.client.apply(services, web(80));
  bench.server.fail({ when: ({ verb }) => verb === "delete", fault: { type: "kill", effect: "after" } });

  await expect(bench.client.remove(services, "web", "default")).rejects.toMatchObject({ code: "CLUSTER_UNREACHABLE" });

  expect(bench.server.writes.filter(({ verb }) => verb === "delete")).toHaveLength(1);
});

test("a server that comes back in time is not missed", async () => {
  const server = await startFakeApiServer();
  await server.stop();
  const sleep = () => server.restart();
  await using bench = await open({ timing: { now: () => 0, random: () => 0, sleep } }, server);

  expect(await bench.client.version()).toBe("v1.37.2");
});

test("a server that stays down is CLUSTER_UNREACHABLE", async () => {
  await using bench = await open();
  await bench.server.stop();

  await expect(bench.client.list(services)).rejects.toMatchObject({
    code: "CLUSTER_UNREACHABLE",
    at: "fake",
    message: `cluster fake: ${bench.server.url} does not answer (ECONNREFUSED)`,
  });

  expect(bench.pauses).toHaveLength(4);
});

test("a server that takes a request and says nothing is given up", async () => {
  await using bench = await open({ timeouts: { headers: 100 }, retry: { attempts: 1 } });
  bench.server.fail({ when: () => true, fault: { type: "hang" } });

  await expect(bench.client.list(services)).rejects.toMatchObject({ code: "CLUSTER_UNREACHABLE" });
});

test("an abort ends a request at once, with the reason that was given", async () => {
  await using bench = await open();
  bench.server.fail({ when: () => true, fault: { type: "hang" } });
  const controller = new AbortController();
  const reason = new Error("enough");

  const listing = bench.client.list(services, { signal: controller.signal });
  await expect.poll(() => bench.server.requests.length).toBe(1);
  controller.abort(reason);

  await expect(listing).rejects.toBe(reason);
});

test("an abort ends a pause between two tries at once", async () => {
  const server = await startFakeApiServer();
  await using client = createClosing({ name: "fake", server: server.url, user: {} });
  server.fail({ when: () => true, fault: { type: "status", status: 429, retryAfter: 10 } });
  const controller = new AbortController();
  const reason = new Error("enough");

  const listing = client.list(services, { signal: controller.signal });
  await expect.poll(() => server.requests.length).toBe(1);
  controller.abort(reason);

  await expect(listing).rejects.toBe(reason);
  await server.stop();
});

test("nothing is sent once the signal is aborted", async () => {
  await using bench = await open();

  await expect(bench.client.list(services, { signal: AbortSignal.abort("no") })).rejects.toBe("no");

  expect(bench.server.requests).toEqual([]);
});

test("a list begins again where its token expired on the way, once", async () => {
  await using bench = await open();
  for (const name of ["a", "b", "c"]) await bench.client.apply(services, web(80, undefined, name));
  const isNextPage = ({ path }: { path: string }) => path.includes("continue=");
  const fault = { type: "status", status: 410, reason: "Expired" } as const;

  bench.server.fail({ when: isNextPage, times: 1, fault });
  const objects = await bench.client.list(services, { pageSize: 2 });
  bench.server.fail({ when: isNextPage, fault });
  const again = bench.client.list(services, { pageSize: 2 });

  expect(objects.map(({ metadata }) => metadata.name)).toEqual(["a", "b", "c"]);
  await expect(again).rejects.toMatchObject({ status: 410, reason: "Expired" });
});

test("managedFields are kept of our own objects only, unless asked for", async () => {
  await using bench = await open();
  const ours = { "app.kubernetes.io/managed-by": "isthmus" };
  bench.server.seed([web(80, undefined, "foreign")]);
  await bench.client.apply(services, { ...web(80), metadata: { name: "web", namespace: "default", labels: ours } });
  const kept = async (options: { keepManagedFields?: () => boolean }) =>
    (await bench.client.list(services, options)).map(({ metadata }) => metadata.managedFields !== undefined);

  expect(await kept({})).toEqual([false, true]);
  expect(await kept({ keepManagedFields: () => true })).toEqual([true, true]);
});

test("a watch passes bookmarks on, and ends with CLUSTER_UNREACHABLE when its connection breaks", async () => {
  await using bench = await open();
  const { resourceVersion } = await bench.client.snapshot(services);

  const watching = (async () => {
    for await (const event of bench.client.watch(services, resourceVersion)) {
      expect(event).toEqual({ type: "BOOKMARK", resourceVersion });
      await bench.server.stop();
    }
  })();

  await expect(watching).rejects.toMatchObject({ code: "CLUSTER_UNREACHABLE" });
});

test("an abort ends a watch at once, with the reason that was given", async () => {
  await using bench = await open();
  const { resourceVersion } = await bench.client.snapshot(services);
  const controller = new AbortController();
  const reason = new Error("enough");

  const watching = (async () => {
    for await (const _event of bench.client.watch(services, resourceVersion, { signal: controller.signal })) {
      controller.abort(reason);
    }
  })();

  await expect(watching).rejects.toBe(reason);
});

test("a path in the server's URL stays in front: clusters behind a proxy such as Rancher's", async () => {
  await using server = await startFakeApiServer();
  await using client = createClosing({ name: "fake", server: `${server.url}/k8s/clusters/c-1/`, user: {} });

  await expect(client.list(services)).rejects.toMatchObject({ status: 404 });

  expect(server.requests[0]?.path).toBe("/k8s/clusters/c-1/api/v1/services?limit=500");
});

const services: KindEntry = kindEntry("", "Service") as KindEntry;

function web(port: number, resourceVersion?: string, name = "web"): KubeObject {
  const version = resourceVersion === undefined ? {} : { resourceVersion };
  return {
    apiVersion: "v1",
    kind: "Service",
    metadata: { name, namespace: "default", ...version },
    spec: { ports: [{ port }] },
  };
}

interface Bench extends AsyncDisposable {
  readonly server: FakeApiServer;
  readonly client: KubeClient;
  /** Milliseconds of each pause before a further try; nobody waits for them. */
  readonly pauses: number[];
}

async function open(options: ClientOptions = {}, started?: FakeApiServer): Promise<Bench> {
  const server = started ?? (await startFakeApiServer());
  const pauses: number[] = [];
  const sleep = async (milliseconds: number) => {
    pauses.push(milliseconds);
  };
  const timing = { now: () => 0, random: () => 0.5, sleep };
  const client = createKubeClient({ name: "fake", server: server.url, user: {} }, { timing, ...options });
  return {
    server,
    client,
    pauses,
    async [Symbol.asyncDispose]() {
      await client.close();
      await server.stop();
    },
  };
}

function createClosing(access: ClusterAccess): KubeClient & AsyncDisposable {
  const client = createKubeClient(access);
  return { ...client, [Symbol.asyncDispose]: () => client.close() };
}
