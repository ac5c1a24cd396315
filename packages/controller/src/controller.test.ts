import { randomUUID } from "node:crypto";
import type { KubeObject } from "@isthmus/core";
import { namespace, pod, service, sharedService } from "@isthmus/testkit";
import { expect, onTestFinished, test } from "vitest";
import {
  apply,
  conditionsOf,
  controlledMesh,
  declared,
  eventsOf,
  gateway,
  httpbin,
  isReady,
  kubeconfigSecret,
  messageOf,
  ours,
  remove,
  startController,
} from "./testing/controlledMesh.ts";

const path = "httpbin.bar.cluster2:8000 for cluster1/foo";

/** Nobody may call what is in the namespace. */
const denyAll: KubeObject = {
  apiVersion: "security.istio.io/v1",
  kind: "AuthorizationPolicy",
  metadata: { name: "nobody", namespace: "bar" },
  spec: {},
};

async function readyMesh(options: Parameters<typeof startController>[1] = {}) {
  const mesh = await controlledMesh();
  const controller = startController(mesh.hub, options);
  mesh.hub.seed([httpbin()]);
  await isReady(mesh.hub);
  return { ...mesh, controller };
}

test("what is declared is written in the clusters, proved, and told in its status", async () => {
  const { hub, cluster1, cluster2 } = await readyMesh();

  expect(ours(cluster1)).toEqual([expect.stringMatching(/^ServiceEntry /), expect.stringMatching(/^DestinationRule /)]);
  expect(ours(cluster2)).toEqual([expect.stringMatching(/^Gateway /)]);
  const [stored] = hub.stored("sharedservices.isthmus.io");
  expect(stored?.status).toMatchObject({
    observedGeneration: 1,
    hosts: ["httpbin.bar.cluster2"],
    paths: { works: 1, broken: 0, unknown: 0 },
  });
  expect(conditionsOf(hub, "meshclusters", "cluster1")).toEqual([
    "Accepted: True (Accepted)",
    "Reachable: True (Followed)",
    "Ready: True (Ready)",
  ]);
});

test("once all is right nothing is written any more, on no side", async () => {
  const { hub, cluster1, cluster2 } = await readyMesh();
  const writes = () =>
    [hub, cluster1, cluster2].flatMap(({ writes: all }) =>
      all.filter(({ resource }) => !resource?.startsWith("leases")),
    );
  await expect.poll(async () => [writes().length, await after(400, () => writes().length)]).toSatisfy(isSame);

  const before = writes().length;
  cluster2.seed([{ ...pod("bar/httpbin"), metadata: { ...pod("bar/httpbin").metadata, annotations: { a: "b" } } }]);
  await after(800, () => {});

  expect(writes().length).toBe(before);
});

test("a path that somebody breaks is told with the object and its writer, and so is that it works again", async () => {
  const { hub, cluster2 } = await readyMesh();

  cluster2.seed([denyAll], "mallory");
  await expect.poll(() => eventsOf(hub)).toHaveLength(1);
  const broken = conditionsOf(hub, "sharedservices", "httpbin");
  await remove(cluster2, denyAll);
  await isReady(hub);

  expect(broken).toContain("PathProven: False (PathBroken)");
  await expect.poll(() => eventsOf(hub)).toHaveLength(2);
  const [first, second] = eventsOf(hub);
  expect(first).toMatch(
    /^PathBroken: httpbin\.bar\.cluster2:8000 for cluster1\/foo is broken: .*AuthorizationPolicy bar\/nobody.*last written by mallory at 20/,
  );
  expect(second).toBe(`PathHealed: ${path} works again`);
});

test("what somebody deletes or changes of ours is put right", async () => {
  const { hub, cluster1 } = await readyMesh();
  const [entry] = cluster1.stored("serviceentries.networking.istio.io");
  const object = entry as unknown as KubeObject;

  await remove(cluster1, object);
  await expect.poll(() => ours(cluster1)).toHaveLength(2);
  await isReady(hub);

  expect(cluster1.stored("serviceentries.networking.istio.io")[0]?.spec).toEqual(entry?.spec);
});

test("a declaration that is deleted stays until nothing of it is left, and leaves what is not its own", async () => {
  const { hub, cluster1, cluster2 } = await readyMesh();
  cluster2.seed([denyAll]);

  await remove(hub, httpbin());

  await expect.poll(() => hub.stored("sharedservices.isthmus.io"), { timeout: 10_000 }).toEqual([]);
  expect([...ours(cluster1), ...ours(cluster2)]).toEqual([]);
  expect(cluster2.stored("authorizationpolicies.security.istio.io")).toHaveLength(1);
});

test("a declaration that vanishes without having been deleted through us keeps its objects", async () => {
  const { hub, cluster1, cluster2, controller } = await readyMesh();
  await controller.stop();
  // As after a restore of an empty backup.
  for (const { metadata } of hub.stored("sharedservices.isthmus.io")) {
    hub.seed([
      declared({
        ...sharedService("bar/httpbin"),
        metadata: { name: metadata.name, namespace: "bar", finalizers: [] } as never,
      }),
    ]);
  }
  await remove(hub, httpbin());
  const before = [...ours(cluster1), ...ours(cluster2)];

  const { lines } = startController(hub, { identity: "two" });
  await expect.poll(() => lines.some(({ code }) => code === "DECLARATION_VANISHED")).toBe(true);
  await after(500, () => {});

  expect(hub.stored("sharedservices.isthmus.io")).toEqual([]);
  expect([...ours(cluster1), ...ours(cluster2)]).toEqual(before);
});

test("an error in one declaration is told there, keeps what it has, and troubles no other", async () => {
  const { hub, cluster1, cluster2 } = await readyMesh();
  const before = ours(cluster1);
  cluster2.seed([service("bar/other"), pod("bar/other")]);

  hub.seed([declared(sharedService("bar/httpbin", { servedBy: ["cluster9"] })), declared(sharedService("bar/other"))]);
  await isReady(hub, "other");

  expect(conditionsOf(hub, "sharedservices", "httpbin").slice(0, 2)).toEqual([
    "Accepted: False (ClusterUnknown)",
    "Applied: False (NotAccepted)",
  ]);
  expect(ours(cluster1)).toEqual(expect.arrayContaining([...before]));
});

test("a member that is away delays what needs it, prunes nothing, and is made right when it is back", async () => {
  const { hub, cluster1, cluster2 } = await readyMesh();
  const before = ours(cluster2);
  await cluster1.stop();
  await expect
    .poll(() => conditionsOf(hub, "meshclusters", "cluster1"), { timeout: 10_000 })
    .toContain("Reachable: False (ClusterUnreachable)");
  cluster2.seed([namespace("baz"), service("baz/near"), pod("baz/near"), pod("baz/caller")]);
  const near = { consumers: [{ clusters: ["cluster2"], namespaces: ["baz"] }], as: ["PerCluster"] };

  hub.seed([declared(sharedService("baz/near", near))]);
  await expect
    .poll(() => conditionsOf(hub, "sharedservices", "near"), { timeout: 10_000 })
    .toContain("Applied: True (InSync)");
  expect(ours(cluster2)).toEqual(expect.arrayContaining([...before]));
  await cluster1.restart();

  await isReady(hub);
});

test("of two controllers one writes, and the other takes over when it is gone", async () => {
  const { hub, cluster1, controller } = await readyMesh();
  const second = startController(hub, { identity: "two" });
  await expect.poll(() => second.lines.filter(({ msg }) => msg === "the cluster is followed")).toHaveLength(2);
  expect(second.lines.filter(({ msg }) => msg === "wrote an object")).toEqual([]);

  await controller.stop();
  const [entry] = cluster1.stored("serviceentries.networking.istio.io");
  await remove(cluster1, entry as unknown as KubeObject);

  await expect
    .poll(() => second.lines.filter(({ msg }) => msg === "wrote an object"), { timeout: 10_000 })
    .toHaveLength(1);
  expect(ours(cluster1)).toHaveLength(2);
});

test("read-only, it proves, writes nothing anywhere, and does not take the Lease from one that writes", async () => {
  const { hub, cluster1, cluster2 } = await controlledMesh();
  const { lines } = startController(hub, { readOnly: true });
  hub.seed([httpbin()]);
  await expect.poll(() => lines.filter(({ msg }) => msg === "the cluster is followed")).toHaveLength(2);
  await after(500, () => {});

  expect([hub, cluster1, cluster2].flatMap(({ writes }) => writes)).toEqual([]);
  startController(hub, { identity: "two" });
  await isReady(hub);
});

test("other credentials of a member are taken up; those that do not do leave the old ones in use", async () => {
  const { hub, cluster1, controller } = await readyMesh();
  const bad = kubeconfigSecret("cluster1", "nowhere");
  const token = randomUUID();

  hub.seed([bad]);
  await expect
    .poll(() => controller.lines.some(({ msg }) => msg === "new credentials do not do: the old ones go on"))
    .toBe(true);
  cluster1.seed([{ ...pod("foo/sleep"), metadata: { ...pod("foo/sleep").metadata, annotations: { a: "b" } } }]);
  const heard = () => controller.lines.filter(({ msg }) => msg === "objects have changed").length;
  await expect.poll(heard).toBeGreaterThan(0);
  hub.seed([kubeconfigSecret("cluster1", cluster1.url, token)]);
  cluster1.tokens = [token];
  const [entry] = cluster1.stored("serviceentries.networking.istio.io");
  cluster1.vanish(entry as unknown as KubeObject);

  await expect.poll(() => ours(cluster1), { timeout: 10_000 }).toHaveLength(2);
  expect(JSON.stringify(controller.lines)).not.toContain(token);
  expect(JSON.stringify(controller.lines)).not.toContain(Buffer.from(token).toString("base64").slice(0, 20));
});

test("a declaration that was restored with our finalizer on it goes like any other", async () => {
  const { hub, cluster1 } = await controlledMesh();
  startController(hub);
  hub.seed([{ ...httpbin(), metadata: { ...httpbin().metadata, finalizers: ["isthmus.io/clusters"] } }], "velero");
  await isReady(hub);

  await remove(hub, httpbin());

  await expect.poll(() => hub.stored("sharedservices.isthmus.io"), { timeout: 10_000 }).toEqual([]);
  expect(ours(cluster1)).toEqual([]);
});

test("what is paused is proved and not written, in a cluster, of a declaration, and of all", async () => {
  const { hub, cluster1, cluster2 } = await controlledMesh();
  startController(hub);
  const mesh = (paused: boolean) => ({
    ...{ apiVersion: "isthmus.io/v1alpha1", kind: "Mesh", metadata: { name: "mesh" } },
    spec: { paused },
  });
  const isPaused = (why: string) =>
    expect
      .poll(() => [...conditionsOf(hub, "sharedservices", "httpbin"), messageOf(hub, "httpbin", "Applied")], {
        timeout: 10_000,
      })
      .toEqual([
        ...["Accepted: True (Accepted)", "Applied: False (Paused)", "PathProven: False (PathBroken)"],
        ...["Ready: False (Paused)", `Nothing is written: ${why}.`],
      ]);
  const readyOf = (resource: string, name: string) =>
    expect.poll(() => conditionsOf(hub, resource, name).at(-1), { timeout: 10_000 });

  hub.seed([mesh(true)]);
  await readyOf("meshes", "mesh").toBe("Ready: True (Paused)");
  hub.seed([httpbin()]);
  await isPaused("the Mesh is paused");
  hub.seed([declared(sharedService("bar/httpbin", { paused: true }))]);
  await isPaused("it is paused");
  hub.seed([mesh(false)]);
  await readyOf("meshes", "mesh").toBe("Ready: True (Ready)");
  const [cluster] = hub.stored("meshclusters.isthmus.io") as unknown as readonly KubeObject[];
  if (cluster === undefined) throw new Error("no cluster is declared");
  hub.seed([{ ...cluster, spec: { ...(cluster.spec as object), paused: true } }]);
  await readyOf("meshclusters", "cluster1").toBe("Ready: True (Paused)");
  hub.seed([httpbin()]);
  await isPaused("cluster cluster1 is paused");
  expect([...ours(cluster1), ...ours(cluster2)]).toEqual([]);
  hub.seed([cluster]);

  await isReady(hub);
});

test("what is deleted while nobody looks, or while it is written, is taken out of the clusters before it goes", async () => {
  const { hub, cluster1, cluster2, controller } = await readyMesh();
  await controller.stop();
  await remove(hub, httpbin());
  const other = declared(sharedService("bar/other"));
  cluster2.seed([service("bar/other"), pod("bar/other")]);
  const isWrite = ({ write }: { readonly write: number }) => write > 0;
  for (const server of [cluster1, cluster2]) {
    server.fail({ when: isWrite, times: 20, fault: { type: "delay", milliseconds: 200 } });
  }

  startController(hub, { identity: "two" });
  hub.seed([other]);
  await expect.poll(() => [...cluster1.writes, ...cluster2.writes].length, { timeout: 10_000 }).toBeGreaterThan(0);
  await remove(hub, other);

  await expect.poll(() => hub.stored("sharedservices.isthmus.io"), { timeout: 20_000 }).toEqual([]);
  await after(500, () => {});
  expect([...ours(cluster1), ...ours(cluster2)]).toEqual([]);
});

test("writes that fail wait longer each time, and cost no turns meanwhile", async () => {
  const { hub, cluster2 } = await controlledMesh();
  cluster2.fail({ when: ({ write, dryRun }) => write > 0 || dryRun, fault: { type: "status", status: 403 } });
  const { lines } = startController(hub, {
    statusAddress: "127.0.0.1:0",
    timing: { firstPause: 200, longestPause: 60_000 },
  });
  hub.seed([httpbin()]);
  await expect
    .poll(() => conditionsOf(hub, "sharedservices", "httpbin"), { timeout: 10_000 })
    .toContain("Applied: False (ClusterForbidden)");
  const { port } = lines.find((line) => line.port !== undefined) ?? {};
  const turns = async () => {
    const text = await (await fetch(`http://127.0.0.1:${String(port)}/metrics`)).text();
    return Number(/reconcile_time_seconds_count.* (\d+)/.exec(text)?.[1]);
  };

  const before = await turns();
  await after(2_000, () => {});

  expect((await turns()) - before).toBeLessThan(20);
  cluster2.heal();
  await isReady(hub);
});

test("a status that does not go through, or that somebody else changes, is put right", async () => {
  const { hub, cluster2 } = await readyMesh();
  hub.fail({
    when: ({ resource }) => resource?.endsWith("/status") === true,
    times: 2,
    fault: { type: "status", status: 403 },
  });

  cluster2.seed([denyAll]);
  await expect.poll(() => conditionsOf(hub, "sharedservices", "httpbin")).toContain("PathProven: False (PathBroken)");
  await expect.poll(() => eventsOf(hub)).toHaveLength(1);
  const [stored] = hub.stored("sharedservices.isthmus.io");
  hub.seed([{ ...(stored as unknown as KubeObject), status: { conditions: [] } }]);

  await expect.poll(() => conditionsOf(hub, "sharedservices", "httpbin")).toContain("PathProven: False (PathBroken)");
});

test("what breaks a path now is told, not what broke it before", async () => {
  const { hub, cluster2 } = await readyMesh();
  cluster2.seed([denyAll], "mallory");
  await expect.poll(() => messageOf(hub, "httpbin", "PathProven")).toContain("last written by mallory");

  await remove(cluster2, gateway());
  await remove(cluster2, denyAll);

  await expect.poll(() => messageOf(hub, "httpbin", "PathProven")).toContain("no ready pod");
  expect(messageOf(hub, "httpbin", "PathProven")).not.toContain("mallory");
});

test("somebody who undoes what is written does not set the pace", async () => {
  const { hub, cluster1 } = await readyMesh({ timing: { longestPause: 5_000 } });
  const before = cluster1.writes.length;
  const undo = setInterval(() => {
    const [entry] = cluster1.stored("serviceentries.networking.istio.io");
    if (entry !== undefined) cluster1.vanish(entry as unknown as KubeObject);
  }, 10);
  onTestFinished(() => clearInterval(undo));

  await after(2_500, () => {});

  expect(cluster1.writes.length - before).toBeGreaterThan(0);
  expect(cluster1.writes.length - before).toBeLessThan(7);
  expect(conditionsOf(hub, "sharedservices", "httpbin")).not.toContain("Ready: True (Ready)");
});

test("what would break a path that works is not written, the declaration says so, and others go on", async () => {
  const { hub, cluster1, cluster2, controller } = await readyMesh();
  await controller.stop();
  // Somebody led the path over a gateway of theirs, by hand, and took the declared one away.
  const [entry] = cluster1.stored("serviceentries.networking.istio.io");
  await apply(cluster1, JSON.parse(JSON.stringify(entry).replaceAll("32001", "32002")));
  cluster2.seed([...otherGateway(), service("bar/other"), pod("bar/other")]);
  await remove(cluster2, gateway());

  startController(hub, { identity: "two" });
  await expect
    .poll(() => conditionsOf(hub, "sharedservices", "httpbin"), { timeout: 10_000 })
    .toContain("Applied: False (PathWouldBreak)");
  cluster2.seed([gateway()]);
  await isReady(hub);

  expect(JSON.stringify(cluster1.stored("serviceentries.networking.istio.io"))).toContain("32001");
});

/** Passes namespace bar through at node port 32002. */
function otherGateway(): readonly KubeObject[] {
  return [
    {
      ...{ apiVersion: "v1", kind: "Service", metadata: { name: "other", namespace: "istio-system" } },
      spec: {
        ...{ type: "NodePort", selector: { istio: "other" } },
        ports: [{ name: "tls", port: 15443, targetPort: 15443, nodePort: 32002 }],
      },
    },
    gateway("other", "other"),
    {
      apiVersion: "networking.istio.io/v1",
      kind: "Gateway",
      metadata: { name: "other", namespace: "istio-system" },
      spec: {
        selector: { istio: "other" },
        servers: [
          {
            port: { number: 15443, name: "tls", protocol: "TLS" },
            tls: { mode: "AUTO_PASSTHROUGH" },
            hosts: ["bar/*.local"],
          },
        ],
      },
    },
  ];
}

async function after<T>(milliseconds: number, look: () => T): Promise<T> {
  await new Promise((resolve) => setTimeout(resolve, milliseconds));
  return look();
}

function isSame(values: readonly unknown[]): boolean {
  return new Set(values).size === 1;
}
