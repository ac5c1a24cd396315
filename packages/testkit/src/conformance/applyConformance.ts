import { expect, test } from "vitest";
import { type ConformanceRig, istio, kinds, openBench, refusal, service, serviceEntry } from "./rig.ts";

/** Server-side apply: who owns what, what is refused, what goes. */
export function applyConformance(rig: ConformanceRig): void {
  test("an apply creates, and then updates", async () => {
    await using bench = await openBench(rig);
    const { ours, namespace } = bench;

    const first = await ours.apply(kinds.serviceEntry, serviceEntry(namespace, { hosts: ["a.example"] }));
    const second = await ours.apply(kinds.serviceEntry, serviceEntry(namespace, { hosts: ["b.example"] }));

    expect([first.created, second.created]).toEqual([true, false]);
    expect(second.object.metadata.uid).toBe(first.object.metadata.uid);
    expect([first.object.metadata.generation, second.object.metadata.generation]).toEqual([1, 2]);
    expect(second.object.spec).toEqual({ hosts: ["b.example"] });
    expect(second.object.metadata.resourceVersion).not.toBe(first.object.metadata.resourceVersion);
  });

  test("applying the same again changes nothing, the version neither", async () => {
    await using bench = await openBench(rig);
    const { ours, namespace } = bench;
    const spec = { ports: [{ name: "http", port: 80 }], selector: { app: "web" } };

    const first = await ours.apply(kinds.service, service(namespace, spec, { labels: { a: "b" } }));
    const second = await ours.apply(kinds.service, service(namespace, spec, { labels: { a: "b" } }));

    expect(second).toEqual({ object: first.object, created: false });
  });

  test("managedFields name what the manager declared and nothing that was defaulted", async () => {
    await using bench = await openBench(rig);
    const { ours, namespace } = bench;
    const spec = { ports: [{ name: "http", port: 80 }], selector: { app: "web" } };

    const { object } = await ours.apply(kinds.service, service(namespace, spec, { labels: { a: "b" } }));

    expect(object.metadata.managedFields).toMatchObject([
      {
        manager: "isthmus",
        operation: "Apply",
        fieldsV1: {
          "f:metadata": { "f:labels": { "f:a": {} } },
          "f:spec": {
            "f:ports": { 'k:{"port":80,"protocol":"TCP"}': { ".": {}, "f:name": {}, "f:port": {} } },
            "f:selector": {},
          },
        },
      },
    ]);
  });

  test("a field that is no longer declared goes, and the maps and lists that it leaves empty", async () => {
    await using bench = await openBench(rig);
    const { ours, namespace } = bench;
    const full = {
      hosts: ["a.example"],
      workloadSelector: { labels: { a: "b" } },
      ports: [{ number: 80, name: "http" }],
    };
    await ours.apply(kinds.serviceEntry, serviceEntry(namespace, full, { labels: { a: "b" } }));

    const { object } = await ours.apply(kinds.serviceEntry, serviceEntry(namespace, { hosts: ["a.example"] }));

    expect(object.spec).toEqual({ hosts: ["a.example"] });
    expect(object.metadata.labels).toBeUndefined();
  });

  test("what another manager owns as well stays when one of them drops it", async () => {
    await using bench = await openBench(rig);
    const { ours, theirs, namespace } = bench;
    const both = { hosts: ["a.example"], location: "MESH_INTERNAL" };
    await ours.apply(kinds.serviceEntry, serviceEntry(namespace, both));
    await theirs.apply(kinds.serviceEntry, serviceEntry(namespace, { location: "MESH_INTERNAL" }));

    const { object } = await ours.apply(kinds.serviceEntry, serviceEntry(namespace, { hosts: ["a.example"] }));

    expect(object.spec).toEqual(both);
  });

  test("a field that another manager owns with another value is a conflict that names it, and nothing is written", async () => {
    await using bench = await openBench(rig);
    const { ours, theirs, namespace } = bench;
    const spec = { ports: [{ name: "http", port: 80 }], selector: { app: "web" } };
    const before = await theirs.apply(kinds.service, service(namespace, spec, { labels: { a: "b" } }));

    const changed = { ports: [{ name: "grpc", port: 80 }], selector: { app: "other" } };
    const refused = await refusal(ours.apply(kinds.service, service(namespace, changed, { labels: { a: "c" } })));

    expect(refused).toMatchObject({ status: 409, reason: "Conflict" });
    const { fields } = refused as { fields: string[] };
    expect(fields.toSorted()).toEqual([
      ".metadata.labels.a",
      '.spec.ports[port=80,protocol="TCP"].name',
      ".spec.selector",
    ]);
    expect(await ours.get(kinds.service, "web", namespace)).toEqual(before.object);
  });

  test("force takes the field over, and the other manager owns it no longer", async () => {
    await using bench = await openBench(rig);
    const { ours, theirs, namespace } = bench;
    await theirs.apply(
      kinds.serviceEntry,
      serviceEntry(namespace, { hosts: ["a.example"], location: "MESH_INTERNAL" }),
    );

    const spec = { hosts: ["b.example"] };
    const { object } = await ours.apply(kinds.serviceEntry, serviceEntry(namespace, spec), { force: true });

    expect(object.spec).toEqual({ hosts: ["b.example"], location: "MESH_INTERNAL" });
    const owned = object.metadata.managedFields?.map(({ manager, fieldsV1 }) => [manager, fieldsV1]);
    expect(new Map(owned as [string, unknown][])).toEqual(
      new Map([
        ["isthmus", { "f:spec": { "f:hosts": {} } }],
        ["theirs", { "f:spec": { "f:location": {} } }],
      ]),
    );
  });

  test("lists of Istio's kinds are replaced as a whole, and belong to one manager", async () => {
    await using bench = await openBench(rig);
    const { ours, theirs, namespace } = bench;
    const server = (port: number) => ({ hosts: ["*"], port: { number: port, name: `p${port}`, protocol: "HTTP" } });
    await ours.apply(kinds.gateway, istio("Gateway", namespace, { servers: [server(80), server(81)] }));

    const { object } = await ours.apply(kinds.gateway, istio("Gateway", namespace, { servers: [server(82)] }));
    const refused = await refusal(theirs.apply(kinds.gateway, istio("Gateway", namespace, { servers: [server(83)] })));

    expect(object.spec).toEqual({ servers: [server(82)] });
    expect(refused).toMatchObject({ status: 409, fields: [".spec.servers"] });
  });

  test("ports of a Service are merged by number and protocol", async () => {
    await using bench = await openBench(rig);
    const { ours, theirs, namespace } = bench;
    await ours.apply(kinds.service, service(namespace, { ports: [{ name: "http", port: 80 }] }));
    await theirs.apply(kinds.service, service(namespace, { ports: [{ name: "dns", port: 53, protocol: "UDP" }] }));

    const { object } = await ours.apply(kinds.service, service(namespace, { ports: [{ name: "grpc", port: 81 }] }));

    const { ports } = object.spec as { ports: { name: string; port: number; protocol: string }[] };
    expect(ports.map(({ name, port, protocol }) => [name, port, protocol]).toSorted()).toEqual([
      ["dns", 53, "UDP"],
      ["grpc", 81, "TCP"],
    ]);
  });

  test("ports of a ServiceEntry are merged by name", async () => {
    await using bench = await openBench(rig);
    const { ours, theirs, namespace } = bench;
    const hosts = ["a.example"];
    await ours.apply(kinds.serviceEntry, serviceEntry(namespace, { hosts, ports: [{ name: "http", number: 80 }] }));
    await theirs.apply(kinds.serviceEntry, serviceEntry(namespace, { hosts, ports: [{ name: "tcp", number: 90 }] }));

    const { object } = await ours.apply(kinds.serviceEntry, serviceEntry(namespace, { hosts }));

    expect(object.spec).toEqual({ hosts, ports: [{ name: "tcp", number: 90 }] });
  });

  test("a dry run answers as the write would, and writes nothing", async () => {
    await using bench = await openBench(rig);
    const { ours, namespace } = bench;
    const spec = { hosts: ["a.example"] };

    const create = await ours.apply(kinds.serviceEntry, serviceEntry(namespace, spec), { dryRun: true });
    const absent = await ours.get(kinds.serviceEntry, "web", namespace);
    const live = await ours.apply(kinds.serviceEntry, serviceEntry(namespace, spec));
    const update = await ours.apply(kinds.serviceEntry, serviceEntry(namespace, { hosts: ["b.example"] }), {
      dryRun: true,
    });
    const noop = await ours.apply(kinds.serviceEntry, serviceEntry(namespace, spec), { dryRun: true });

    expect([create.created, absent, live.created]).toEqual([true, undefined, true]);
    expect(update.object.spec).toEqual({ hosts: ["b.example"] });
    expect(noop.object).toEqual(live.object);
    expect(await ours.get(kinds.serviceEntry, "web", namespace)).toEqual(live.object);
  });

  test("a dry run is refused as the write would be", async () => {
    await using bench = await openBench(rig);
    const { ours, namespace } = bench;

    const refused = await refusal(ours.apply(kinds.serviceEntry, serviceEntry(namespace, {}), { dryRun: true }));

    expect(refused).toMatchObject({ status: 422, reason: "Invalid" });
  });

  test("a resourceVersion in what is applied is a precondition", async () => {
    await using bench = await openBench(rig);
    const { ours, namespace } = bench;
    const first = await ours.apply(kinds.service, service(namespace, { ports: [{ port: 80 }] }));
    const resourceVersion = first.object.metadata.resourceVersion ?? "";

    const second = await ours.apply(kinds.service, service(namespace, { ports: [{ port: 81 }] }, { resourceVersion }));
    const stale = ours.apply(kinds.service, service(namespace, { ports: [{ port: 82 }] }, { resourceVersion }));

    expect(second.created).toBe(false);
    expect(await refusal(stale)).toEqual({ status: 409, reason: "Conflict", fields: [] });
  });

  test("a uid in what is applied is a precondition, also where the object is gone", async () => {
    await using bench = await openBench(rig);
    const { ours, namespace } = bench;
    const { object } = await ours.apply(kinds.service, service(namespace, { ports: [{ port: 80 }] }));
    const uid = object.metadata.uid ?? "";
    const apply = (metadata: { uid: string }) =>
      ours.apply(kinds.service, service(namespace, { ports: [{ port: 81 }] }, metadata));

    const right = await apply({ uid });
    const wrong = await refusal(apply({ uid: "11111111-1111-4111-8111-111111111111" }));
    await ours.remove(kinds.service, "web", namespace);
    const gone = await refusal(apply({ uid }));

    expect(right.created).toBe(false);
    expect(wrong).toEqual({ status: 422, reason: "Invalid", fields: ["metadata.uid"] });
    expect(gone).toMatchObject({ status: 409, reason: "Conflict" });
  });

  test("a resourceVersion is not a precondition for an object that is gone: it is created anew", async () => {
    await using bench = await openBench(rig);
    const { ours, namespace } = bench;
    const { object } = await ours.apply(kinds.service, service(namespace, { ports: [{ port: 80 }] }));
    const resourceVersion = object.metadata.resourceVersion ?? "";
    await ours.remove(kinds.service, "web", namespace);

    const again = await ours.apply(kinds.service, service(namespace, { ports: [{ port: 80 }] }, { resourceVersion }));

    expect(again.created).toBe(true);
  });

  test("status is not taken from an apply", async () => {
    await using bench = await openBench(rig);
    const { ours, namespace } = bench;
    const status = { loadBalancer: { ingress: [{ ip: "203.0.113.7" }] } };

    const applied = await ours.apply(kinds.service, { ...service(namespace, { ports: [{ port: 80 }] }), status });

    expect(applied.object.status).toEqual({ loadBalancer: {} });
  });

  test("the subresource status takes the status and nothing else, keeps the generation, and needs the object", async () => {
    await using bench = await openBench(rig);
    const { ours, namespace } = bench;
    const object = serviceEntry(namespace, { hosts: ["a.example"] });
    const status = { conditions: [{ type: "Ready", status: "True" }] };
    const missing = await refusal(ours.apply(kinds.serviceEntry, { ...object, status }, { subresource: "status" }));
    const first = await ours.apply(kinds.serviceEntry, object);

    const other = { ...serviceEntry(namespace, { hosts: ["b.example"] }), status };
    const applied = await ours.apply(kinds.serviceEntry, other, { subresource: "status" });
    const again = await ours.apply(kinds.serviceEntry, object);

    expect(missing).toMatchObject({ status: 404 });
    expect(applied.object).toMatchObject({ spec: { hosts: ["a.example"] }, status });
    expect(applied.object.metadata.generation).toBe(first.object.metadata.generation);
    expect(again.object).toEqual(applied.object);
    expect(
      applied.object.metadata.managedFields?.map((each) => (each as { subresource?: string }).subresource),
    ).toEqual(expect.arrayContaining([undefined, "status"]));
  });

  test("what has a finalizer stays, marked as deleted, until the last one goes, and takes no more", async () => {
    await using bench = await openBench(rig);
    const { ours, theirs, namespace } = bench;
    const finalizers = ["isthmus.io/test"];
    await ours.apply(kinds.serviceEntry, serviceEntry(namespace, { hosts: ["a.example"] }));
    const marked = serviceEntry(namespace, {}, { finalizers });
    const { spec: _none, ...onlyFinalizers } = marked;
    await theirs.apply(kinds.serviceEntry, onlyFinalizers);

    await ours.remove(kinds.serviceEntry, "web", namespace);
    const kept = await ours.get(kinds.serviceEntry, "web", namespace);
    const late = await refusal(
      theirs.apply(kinds.serviceEntry, {
        ...onlyFinalizers,
        metadata: { ...onlyFinalizers.metadata, finalizers: [...finalizers, "isthmus.io/late"] },
      }),
    );
    await theirs.apply(kinds.serviceEntry, {
      ...onlyFinalizers,
      metadata: { ...onlyFinalizers.metadata, finalizers: [] },
    });

    expect(kept?.metadata).toMatchObject({ finalizers, deletionTimestamp: expect.any(String) });
    expect(late).toMatchObject({ status: 422 });
    expect(await ours.get(kinds.serviceEntry, "web", namespace)).toBeUndefined();
  });

  test("one finalizer goes, whoever applied it, and the others stay", async () => {
    await using bench = await openBench(rig);
    const { ours, theirs, namespace } = bench;
    const { spec: _none, ...marked } = serviceEntry(namespace, {}, { finalizers: ["isthmus.io/a", "isthmus.io/b"] });
    const { object } = await ours.apply(kinds.serviceEntry, serviceEntry(namespace, { hosts: ["a.example"] }));
    await theirs.apply(kinds.serviceEntry, marked);
    await ours.remove(kinds.serviceEntry, "web", namespace);

    const first = await ours.removeFinalizer(kinds.serviceEntry, object, "isthmus.io/a");
    const again = await ours.removeFinalizer(kinds.serviceEntry, object, "isthmus.io/a");
    const other = { ...object, metadata: { ...object.metadata, uid: "11111111-1111-4111-8111-111111111111" } };
    const another = await ours.removeFinalizer(kinds.serviceEntry, other, "isthmus.io/b");
    const left = await ours.get(kinds.serviceEntry, "web", namespace);
    await ours.removeFinalizer(kinds.serviceEntry, object, "isthmus.io/b");

    expect([first, again, another]).toEqual([true, false, false]);
    expect(left?.metadata.finalizers).toEqual(["isthmus.io/b"]);
    expect(await ours.get(kinds.serviceEntry, "web", namespace)).toBeUndefined();
    expect(await ours.removeFinalizer(kinds.serviceEntry, object, "isthmus.io/b")).toBe(false);
  });
}
