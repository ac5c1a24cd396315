import { expect, test } from "vitest";
import { type ConformanceRig, istio, kinds, openBench, refusal, service, serviceEntry } from "./rig.ts";

/** What is refused, and what is filled in. */
export function validationConformance(rig: ConformanceRig): void {
  test("what is not there is absent, and removing it is not a mistake", async () => {
    await using bench = await openBench(rig);
    const { ours, namespace } = bench;

    expect(await ours.get(kinds.service, "web", namespace)).toBeUndefined();
    expect(await ours.get(kinds.gateway, "web", "no-such-namespace")).toBeUndefined();
    expect(await ours.remove(kinds.gateway, "web", namespace)).toBe(false);
  });

  test("a kind that is not served is a 404, not an empty list", async () => {
    await using bench = await openBench(rig);
    const { ours, namespace } = bench;
    const kind = { ...kinds.gateway, plural: "nosuchthings", kind: "NoSuchThing" };

    expect(await refusal(ours.list(kind))).toMatchObject({ status: 404 });
    expect(await refusal(ours.get(kind, "web", namespace))).toMatchObject({ status: 404 });
    expect(await refusal(ours.list({ ...kind, group: "nosuch.example" }))).toMatchObject({ status: 404 });
  });

  test("an object in a namespace that does not exist is a 404", async () => {
    await using bench = await openBench(rig);
    const { ours } = bench;

    const refused = await refusal(ours.apply(kinds.service, service("no-such-namespace", { ports: [{ port: 80 }] })));

    expect(refused).toMatchObject({ status: 404, reason: "NotFound" });
  });

  test("names and labels that are none are a 422 that names the field", async () => {
    await using bench = await openBench(rig);
    const { ours, namespace } = bench;
    const ports = [{ port: 80 }];

    const dotted = await refusal(ours.apply(kinds.service, service(namespace, { ports }, { name: "a.b" })));
    const upper = await refusal(
      ours.apply(kinds.serviceEntry, serviceEntry(namespace, { hosts: ["a.example"] }, { name: "A_b" })),
    );
    const label = await refusal(ours.apply(kinds.service, service(namespace, { ports }, { labels: { a: "b c" } })));

    expect(dotted).toEqual({ status: 422, reason: "Invalid", fields: ["metadata.name"] });
    expect(upper).toEqual({ status: 422, reason: "Invalid", fields: ["metadata.name"] });
    expect(label).toEqual({ status: 422, reason: "Invalid", fields: ["metadata.labels"] });
  });

  test.each([
    ["spec.hosts", kinds.serviceEntry, {}],
    ["spec.ports[0].number", kinds.serviceEntry, { hosts: ["a.example"], ports: [{ name: "http" }] }],
    ["spec.servers[0].port", kinds.gateway, { servers: [{ hosts: ["*"] }] }],
    [
      "spec.servers[0].port.number",
      kinds.gateway,
      { servers: [{ hosts: ["*"], port: { name: "a", protocol: "TLS" } }] },
    ],
    ["spec.host", kinds.destinationRule, {}],
  ])("an object without the required %s is a 422 that names it", async (field, kind, spec) => {
    await using bench = await openBench(rig);
    const { ours, namespace } = bench;

    const refused = await refusal(ours.apply(kind, istio(kind.kind, namespace, spec)));

    expect(refused).toMatchObject({ status: 422, reason: "Invalid" });
    expect((refused as { fields: string[] }).fields).toContain(field);
  });

  test("all kinds of Istio that we write are taken", async () => {
    await using bench = await openBench(rig);
    const { ours, namespace } = bench;
    const server = {
      hosts: ["*"],
      port: { number: 15443, name: "tls", protocol: "TLS" },
      tls: { mode: "AUTO_PASSTHROUGH" },
    };

    const created = await Promise.all([
      ours.apply(kinds.gateway, istio("Gateway", namespace, { selector: { istio: "gw" }, servers: [server] })),
      ours.apply(kinds.serviceEntry, istio("ServiceEntry", namespace, { hosts: ["a.example"] })),
      ours.apply(kinds.destinationRule, istio("DestinationRule", namespace, { host: "a.example" })),
      ours.apply(kinds.workloadEntry, istio("WorkloadEntry", namespace, { address: "192.0.2.1" })),
    ]);

    expect(created.map(({ created: isNew }) => isNew)).toEqual([true, true, true, true]);
  });

  test("a Service gets an address and defaults, and keeps them", async () => {
    await using bench = await openBench(rig);
    const { ours, namespace } = bench;

    const first = await ours.apply(kinds.service, service(namespace, { ports: [{ name: "http", port: 80 }] }));
    const ports = [{ name: "http", port: 80, targetPort: "web" }];
    const second = await ours.apply(kinds.service, service(namespace, { ports, selector: { app: "web" } }));

    const clusterIP = (first.object.spec as { clusterIP: string }).clusterIP;
    expect(clusterIP).toMatch(/^\d+\.\d+\.\d+\.\d+$/);
    const defaults = {
      clusterIP,
      clusterIPs: [clusterIP],
      internalTrafficPolicy: "Cluster",
      ipFamilies: ["IPv4"],
      ipFamilyPolicy: "SingleStack",
      sessionAffinity: "None",
      type: "ClusterIP",
    };
    const port = { name: "http", port: 80, protocol: "TCP" };
    expect(first.object.spec).toEqual({ ...defaults, ports: [{ ...port, targetPort: 80 }] });
    expect(second.object.spec).toEqual({
      ...defaults,
      ports: [{ ...port, targetPort: "web" }],
      selector: { app: "web" },
    });
  });

  test("a headless Service and one that is exposed differ in their defaults", async () => {
    await using bench = await openBench(rig);
    const { ours, namespace } = bench;
    const ports = [{ name: "http", port: 80 }];

    const headless = await ours.apply(kinds.service, service(namespace, { ports, clusterIP: "None" }, { name: "a" }));
    const exposed = await ours.apply(kinds.service, service(namespace, { ports, type: "LoadBalancer" }, { name: "b" }));

    expect(headless.object.spec).toMatchObject({ clusterIP: "None", clusterIPs: ["None"], type: "ClusterIP" });
    expect(exposed.object.spec).toMatchObject({
      allocateLoadBalancerNodePorts: true,
      externalTrafficPolicy: "Cluster",
      ports: [{ nodePort: expect.any(Number) }],
    });
  });

  test("a Service with several ports must name them", async () => {
    await using bench = await openBench(rig);
    const { ours, namespace } = bench;
    const ports = [{ port: 80, name: "a" }, { port: 81 }];

    const none = await refusal(ours.apply(kinds.service, service(namespace, { selector: { a: "b" } })));
    const unnamed = await refusal(ours.apply(kinds.service, service(namespace, { ports })));

    expect(none).toEqual({ status: 422, reason: "Invalid", fields: ["spec.ports"] });
    expect(unnamed).toEqual({ status: 422, reason: "Invalid", fields: ["spec.ports[1].name"] });
  });

  test("a delete with preconditions spares an object that changed or was replaced", async () => {
    await using bench = await openBench(rig);
    const { ours, namespace } = bench;
    const { object } = await ours.apply(kinds.service, service(namespace, { ports: [{ port: 80 }] }));
    const { uid = "", resourceVersion = "" } = object.metadata;
    const remove = (preconditions: { uid?: string; resourceVersion?: string }, dryRun = false) =>
      ours.remove(kinds.service, "web", namespace, { preconditions, dryRun });

    const version = await refusal(remove({ uid, resourceVersion: "1" }));
    const other = await refusal(remove({ uid: "11111111-1111-4111-8111-111111111111" }));
    const dry = await remove({ uid, resourceVersion }, true);
    const stays = await ours.get(kinds.service, "web", namespace);
    const removed = await remove({ uid, resourceVersion });

    expect(version).toMatchObject({ status: 409, reason: "Conflict" });
    expect(other).toMatchObject({ status: 409, reason: "Conflict" });
    expect([dry, stays?.metadata.uid, removed]).toEqual([true, uid, true]);
    expect(await ours.get(kinds.service, "web", namespace)).toBeUndefined();
  });
}
