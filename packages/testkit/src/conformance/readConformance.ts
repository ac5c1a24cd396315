import type { WatchEvent } from "@isthmus/kube";
import { expect, test } from "vitest";
import { type Bench, type ConformanceRig, kinds, openBench, refusal, service, serviceEntry } from "./rig.ts";

/** Lists, selectors, pages and watches. */
export function readConformance(rig: ConformanceRig): void {
  test("a list goes through all pages, sorted, each object complete", async () => {
    await using bench = await openBench(rig);
    const { ours, namespace } = bench;
    await applyMany(bench, ["e", "a", "c", "b", "d"]);

    const keepManagedFields = () => true;
    const pages = await ours.list(kinds.service, { namespace, pageSize: 2, keepManagedFields });
    const whole = await ours.list(kinds.service, { namespace, keepManagedFields });

    expect(pages.map((object) => object.metadata.name)).toEqual(["a", "b", "c", "d", "e"]);
    expect(pages).toEqual(whole);
    expect(pages[0]).toEqual(await ours.get(kinds.service, "a", namespace));
  });

  test("a list of the whole cluster holds the namespace's, and another namespace's does not", async () => {
    await using bench = await openBench(rig);
    await using other = await openBench(rig);
    await applyMany(bench, ["a"]);
    const isOurs = ({ metadata }: { metadata: { namespace?: string } }) => metadata.namespace === bench.namespace;

    expect((await bench.ours.list(kinds.service)).filter(isOurs)).toHaveLength(1);
    expect(await bench.ours.list(kinds.service, { namespace: other.namespace })).toEqual([]);
  });

  test("metadata alone is all that comes back where it is asked for, of a read and of a write", async () => {
    await using bench = await openBench(rig);
    const { ours, namespace } = bench;
    const object = {
      apiVersion: "v1",
      kind: "Secret",
      metadata: { name: "a", namespace, annotations: { shown: "yes" } },
      data: { key: "c2VjcmV0" },
    };

    const applied = await ours.apply(kinds.secret, object, { metadataOnly: true });
    const read = await ours.get(kinds.secret, "a", namespace, { metadataOnly: true });
    const absent = await ours.get(kinds.secret, "b", namespace, { metadataOnly: true });

    expect(applied.created).toBe(true);
    expect(Object.keys(applied.object).sort()).toEqual(["apiVersion", "kind", "metadata"]);
    expect(read).toEqual(applied.object);
    expect(read).toMatchObject({ apiVersion: "v1", kind: "Secret", metadata: { annotations: { shown: "yes" } } });
    expect(JSON.stringify(read)).not.toContain("c2VjcmV0");
    expect(absent).toBeUndefined();
  });

  test("the server tells its kinds, its time and our rights", async () => {
    await using bench = await openBench(rig);
    const { ours, namespace } = bench;

    expect(await ours.served("networking.istio.io", "v1")).toEqual(
      expect.arrayContaining(["gateways", "serviceentries", "workloadentries"]),
    );
    expect(await ours.served("nonsense.istio.io", "v1")).toEqual([]);
    expect(Math.abs(((await ours.clock()) ?? 0) - Date.now())).toBeLessThan(60_000);
    expect(await ours.mayI({ verb: "patch", group: "", resource: "services", namespace, name: "a" })).toBe(true);
  });

  test("labels and fields select", async () => {
    await using bench = await openBench(rig);
    const { ours, namespace } = bench;
    const spec = { ports: [{ port: 80 }] };
    await ours.apply(kinds.service, service(namespace, spec, { name: "a", labels: { app: "x", tier: "one" } }));
    await ours.apply(kinds.service, service(namespace, spec, { name: "b", labels: { app: "x", tier: "two" } }));
    await ours.apply(kinds.service, service(namespace, spec, { name: "c", labels: { app: "y" } }));
    const names = async (options: { labelSelector?: string; fieldSelector?: string }) =>
      (await ours.list(kinds.service, { namespace, ...options })).map((object) => object.metadata.name);

    expect(await names({ labelSelector: "app=x" })).toEqual(["a", "b"]);
    expect(await names({ labelSelector: "app=x,tier!=one" })).toEqual(["b"]);
    expect(await names({ labelSelector: "tier" })).toEqual(["a", "b"]);
    expect(await names({ labelSelector: "!tier" })).toEqual(["c"]);
    expect(await names({ labelSelector: "app in (y,z)" })).toEqual(["c"]);
    expect(await names({ fieldSelector: "metadata.name=b" })).toEqual(["b"]);
  });

  test("a watch tells what happened since the list, in order, and goes on", async () => {
    await using bench = await openBench(rig);
    const { ours, namespace } = bench;
    await ours.apply(kinds.serviceEntry, serviceEntry(namespace, { hosts: ["a.example"] }, { name: "before" }));
    const { resourceVersion } = await ours.snapshot(kinds.serviceEntry, { namespace });
    const first = await ours.apply(kinds.serviceEntry, serviceEntry(namespace, { hosts: ["a.example"] }));

    const watching = collect(ours.watch(kinds.serviceEntry, resourceVersion, { namespace }), 3);
    const second = await ours.apply(kinds.serviceEntry, serviceEntry(namespace, { hosts: ["b.example"] }));
    await ours.remove(kinds.serviceEntry, "web", namespace);
    const events = await watching;

    expect(events.map(({ type }) => type)).toEqual(["ADDED", "MODIFIED", "DELETED"]);
    expect(events[0]).toEqual({ type: "ADDED", object: first.object });
    expect(events[1]).toEqual({ type: "MODIFIED", object: second.object });
    expect(events[2]).toMatchObject({ object: { metadata: { name: "web", uid: first.object.metadata.uid } } });
  });

  test("with a selector an object appears and disappears as its labels do", async () => {
    await using bench = await openBench(rig);
    const { ours, namespace } = bench;
    const spec = { hosts: ["a.example"] };
    const { resourceVersion } = await ours.snapshot(kinds.serviceEntry, { namespace });
    for (const labels of [{ on: "no" }, { on: "yes" }, { on: "yes", more: "yes" }, { on: "no" }]) {
      await ours.apply(kinds.serviceEntry, serviceEntry(namespace, spec, { labels }));
    }

    const events = await collect(
      ours.watch(kinds.serviceEntry, resourceVersion, { namespace, labelSelector: "on=yes" }),
      3,
    );

    expect(events.map(({ type }) => type)).toEqual(["ADDED", "MODIFIED", "DELETED"]);
  });

  test("a watch from a version that is gone ends with 410", async () => {
    await using bench = await openBench(rig);
    const { ours, namespace } = bench;

    const refused = await refusal(collect(ours.watch(kinds.serviceEntry, "1", { namespace }), 1));

    expect(refused).toMatchObject({ status: 410, reason: "Expired" });
  });

  test("a watch ends when its time is over, and nothing but bookmarks came", async () => {
    await using bench = await openBench(rig);
    const client = await rig.connect({ timeouts: { watch: 1_000 } });
    const { namespace } = bench;
    const { resourceVersion } = await client.snapshot(kinds.serviceEntry, { namespace });

    const watch = client.watch(kinds.serviceEntry, resourceVersion, { namespace });
    const events = await collect(watch, Number.POSITIVE_INFINITY);
    await client.close();

    expect(events.filter(({ type }) => type !== "BOOKMARK")).toEqual([]);
  });
}

async function applyMany({ ours, namespace }: Bench, names: readonly string[]): Promise<void> {
  for (const name of names) await ours.apply(kinds.service, service(namespace, { ports: [{ port: 80 }] }, { name }));
}

/** The first `count` events, bookmarks left out unless all are asked for. */
async function collect(watch: AsyncIterable<WatchEvent>, count: number): Promise<WatchEvent[]> {
  const events: WatchEvent[] = [];
  for await (const event of watch) {
    if (event.type !== "BOOKMARK" || count === Number.POSITIVE_INFINITY) events.push(event);
    if (events.length >= count) break;
  }
  return events;
}
