import { type KubeObject, kindEntry, type Observed } from "@isthmus/core";
import { createKubeClient } from "@isthmus/kube";
import { namespace, startFakeApiServer } from "@isthmus/testkit";
import { expect, onTestFinished, test } from "vitest";
import { afterEvent, type ClusterEvent } from "../clusterEvent.ts";
import { observeCluster } from "./observeCluster.ts";
import { watchCluster } from "./watchCluster.ts";

const istioNamespace = "istio-system";

/** A cluster that is watched: `world` is what the events so far make of it. */
async function watched() {
  const server = await startFakeApiServer();
  server.seed([namespace(istioNamespace), namespace("foo"), named("sleep")]);
  const client = createKubeClient(
    { name: "c1", server: server.url, user: {} },
    { retry: { attempts: 1, firstPause: 1, longestPause: 1 } },
  );
  const stopping = new AbortController();
  const events: ClusterEvent[] = [];
  const options = { cluster: "c1", istioNamespace, signal: stopping.signal };
  const pacing = { firstPause: 10, longestPause: 50, random: () => 1 };
  let world: Observed = { clusters: new Map(), unreachable: new Map() };
  const watching = (async () => {
    for await (const event of watchCluster(client, { ...options, pacing })) {
      events.push(event);
      world = afterEvent(world, "c1", event);
    }
  })();
  const ended = watching.catch((error: unknown) => error);
  onTestFinished(async () => {
    stopping.abort(new Error("over"));
    await ended;
    await client.close();
    await server.stop();
  });
  const expected = async () => inOrder((await observeCluster(client, options)).cluster.objects);
  return {
    ...{ server, client, events, stopping, ended },
    world: () => world,
    /** Until the world is what a new observation shows. */
    isCurrent: async () =>
      expect.poll(async () => inOrder(world.clusters.get("c1")?.objects), { timeout: 5_000 }).toEqual(await expected()),
  };
}

function named(name: string): KubeObject {
  return { apiVersion: "v1", kind: "Service", metadata: { name, namespace: "foo" }, spec: { ports: [{ port: 80 }] } };
}

function inOrder(objects: readonly KubeObject[] | undefined): readonly string[] | undefined {
  return objects?.map((object) => JSON.stringify(Object.entries(object).toSorted())).toSorted();
}

test("first comes all of it, then each object that changes or goes", async () => {
  const { server, events, isCurrent } = await watched();
  await isCurrent();

  server.seed([named("httpbin")]);
  await isCurrent();

  expect(events[0]).toMatchObject({ type: "observed" });
  expect(events.at(-1)).toMatchObject({
    type: "changed",
    changes: [{ cluster: "c1", isGone: false, object: { kind: "Service", metadata: { name: "httpbin" } } }],
  });
});

test("what a change does not touch is the same object as before", async () => {
  const { server, world, isCurrent } = await watched();
  await isCurrent();
  const before = new Set(world().clusters.get("c1")?.objects);

  server.seed([named("httpbin")]);
  await isCurrent();

  const fresh = world()
    .clusters.get("c1")
    ?.objects.filter((object) => !before.has(object));
  expect(fresh?.map(({ metadata }) => metadata.name)).toEqual(["httpbin"]);
});

test("an API server that goes is told once, and what it missed to tell is known when it is back", async () => {
  const { server, events, world, isCurrent } = await watched();
  await isCurrent();

  await server.stop();
  await expect.poll(() => world().unreachable.get("c1")?.code).toBe("CLUSTER_UNREACHABLE");
  server.seed([named("httpbin")]);
  await server.restart();

  await isCurrent();
  expect(world().unreachable.size).toBe(0);
  expect(events.filter(({ type }) => type === "lost")).toHaveLength(1);
});

test("versions that are gone are listed anew, with what came and went meanwhile", async () => {
  const { server, client, world, isCurrent } = await watched();
  await isCurrent();

  server.fail({ when: ({ verb }) => verb === "watch", fault: { type: "status", status: 503 } });
  await server.stop();
  await server.restart();
  await expect.poll(() => world().unreachable.size, { timeout: 5_000 }).toBe(1);
  const kind = kindEntry("", "Service");
  if (kind === undefined) throw new Error("no Service in the catalog");
  await client.remove(kind, "sleep", "foo");
  server.seed([named("httpbin")]);
  server.compact();
  server.heal();

  await isCurrent();
  const names = world()
    .clusters.get("c1")
    ?.objects.filter(({ kind: each }) => each === "Service");
  expect(names?.map(({ metadata }) => metadata.name)).toEqual(["httpbin"]);
});

test("the mesh configuration and the trust root are followed", async () => {
  const { server, world, isCurrent } = await watched();
  await isCurrent();
  const metadata = { name: "istio", namespace: istioNamespace };

  server.seed([{ apiVersion: "v1", kind: "ConfigMap", metadata, data: { mesh: "trustDomain: east.example" } }]);

  await expect.poll(() => world().clusters.get("c1")?.meshConfig).toMatchObject({ trustDomain: "east.example" });
});

test("the signal ends it with its reason, also while nothing happens", async () => {
  const { stopping, ended, isCurrent } = await watched();
  await isCurrent();

  stopping.abort(new Error("enough"));

  expect(await ended).toEqual(new Error("enough"));
});
