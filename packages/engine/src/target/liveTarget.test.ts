import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { type KubeObject, MeshError, ownershipLabels, refOf } from "@isthmus/core";
import type { Action } from "@isthmus/core/plan";
import { createKubeClient } from "@isthmus/kube";
import { type FakeApiServerOptions, namespace, pod, service, startFakeApiServer } from "@isthmus/testkit";
import { expect, onTestFinished, test } from "vitest";
import { LiveTarget } from "./liveTarget.ts";

const owner = "SharedService.bar.httpbin";
const resource = "serviceentries.networking.istio.io";

async function openCluster(options: FakeApiServerOptions = {}) {
  const server = await startFakeApiServer(options);
  server.seed([namespace("foo")]);
  const client = createKubeClient(
    { name: "c1", server: server.url, user: {} },
    { retry: { attempts: 3, firstPause: 1, longestPause: 5 } },
  );
  const target = new LiveTarget({ cluster: "c1", client, istioNamespace: "istio-system" });
  onTestFinished(async () => {
    await target.close();
    await server.stop();
  });
  return {
    server,
    target,
    stored: () => server.stored(resource),
    find: async (name: string) => {
      const { cluster } = await target.observe();
      const found = cluster.objects.find(({ kind, metadata }) => kind === "ServiceEntry" && metadata.name === name);
      if (found === undefined) throw new Error(`no ServiceEntry ${name}`);
      return found;
    },
  };
}

function serviceEntry(spec: Readonly<Record<string, unknown>> = { hosts: ["httpbin.bar.c2"] }): KubeObject {
  return {
    apiVersion: "networking.istio.io/v1",
    kind: "ServiceEntry",
    metadata: { name: "httpbin", namespace: "foo", labels: ownershipLabels(owner, "consumer") },
    spec,
  };
}

/** Of the same name, by somebody else, with nothing that our fields would conflict with. */
const foreign: KubeObject = {
  ...serviceEntry({ hosts: ["httpbin.bar.c2"] }),
  metadata: { name: "httpbin", namespace: "foo", labels: { team: "shop" } },
};

function action(verb: Action["verb"], object: KubeObject, live?: KubeObject): Action {
  const { uid = "", resourceVersion = "" } = live?.metadata ?? {};
  return {
    verb,
    cluster: "c1",
    ref: refOf(object),
    owner,
    side: "consumer",
    phase: 2,
    changes: [],
    ...(verb === "delete" ? {} : { desired: object }),
    ...(live === undefined ? {} : { live: { uid, resourceVersion } }),
  };
}

async function problemOf(run: Promise<unknown>) {
  const error: unknown = await run.catch((failure: unknown) => failure);
  if (error instanceof MeshError) return error.problem;
  throw error;
}

test("a cluster is read as a whole: objects without what nobody reads, version, istiod, trust roots", async () => {
  const { server, target } = await openCluster();
  const istio = await readFile(
    join(import.meta.dirname, "../../../../examples/sleep-httpbin/clusters/cluster2/istio.yaml"),
    "utf8",
  );
  const pem = (/-----BEGIN[^-]+-----[^-]+-----END[^-]+-----/.exec(istio)?.[0] ?? "").replaceAll(/^ +/gm, "");
  const istiod = pod("istio-system/istiod");
  server.seed([
    {
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name: "istio-ca-root-cert", namespace: "istio-system" },
      data: { "root-cert.pem": pem },
    },
    {
      ...istiod,
      spec: { ...istiod.spec, containers: [{ name: "discovery", image: "istio/pilot:1.28.0" }], volumes: [{}] },
    } as KubeObject,
    service("bar/httpbin"),
  ]);

  const { cluster, problems } = await target.observe();

  expect(problems).toEqual([]);
  expect(cluster).toMatchObject({
    name: "c1",
    source: "live",
    version: "v1.37.2",
    istiodVersions: ["1.28.0"],
    trustRoots: [{ subject: "O=Isthmus example, CN=Root CA" }],
  });
  const [found] = cluster.objects.filter(({ kind }) => kind === "Pod");
  expect(Object.keys(found?.metadata ?? {}).sort()).toEqual(["labels", "name", "namespace", "resourceVersion", "uid"]);
  expect(found?.spec).toEqual({
    serviceAccountName: "istiod",
    containers: [{ name: "discovery", image: "istio/pilot:1.28.0" }],
  });
  expect(server.requests.filter(({ path }) => path.includes("secrets"))).toEqual([]);
});

test("managedFields are kept of our own objects only", async () => {
  const { server, target, find } = await openCluster();
  await target.write(action("create", serviceEntry()));
  server.seed([{ ...foreign, metadata: { ...foreign.metadata, name: "theirs" } }]);

  expect((await find("httpbin")).metadata.managedFields).toHaveLength(1);
  expect((await find("theirs")).metadata.managedFields).toBeUndefined();
});

test("kinds that we need and may not list are told all at once, with the rules that are missing", async () => {
  const { server, target } = await openCluster();
  server.forbid(
    ({ resource: kind }) => kind === "pods" || kind === "services" || kind === "gateways.networking.istio.io",
  );

  expect(await problemOf(target.observe())).toMatchObject({
    code: "CLUSTER_FORBIDDEN",
    at: "c1",
    message: "cluster c1: we may not list services, pods, gateways.networking.istio.io",
    hint: 'Bind a ClusterRole with the rules {apiGroups: [""], resources: [services, pods], verbs: [get, list, watch]}, {apiGroups: [networking.istio.io], resources: [gateways], verbs: [get, list, watch]}',
  });
});

test("kinds that are needed and not served are told all at once", async () => {
  const { target } = await openCluster({ without: [resource, "gateways.networking.istio.io"] });

  expect(await problemOf(target.observe())).toMatchObject({
    code: "KIND_NOT_INSTALLED",
    message: `cluster c1: the API server does not serve gateways.networking.istio.io, ${resource}`,
  });
});

test("what is optional and kept from us is a problem, and the rest is read", async () => {
  const { server, target } = await openCluster({ without: ["nodes"] });
  server.forbid(({ resource: kind }) => kind === "configmaps");

  const { cluster, problems } = await target.observe();

  expect(cluster.objects.map(({ kind, metadata }) => `${kind} ${metadata.name}`)).toContain("Namespace foo");
  expect(problems.map(({ code }) => code)).toEqual(["CLUSTER_FORBIDDEN", "CLUSTER_FORBIDDEN", "KIND_NOT_INSTALLED"]);
});

test("a server that does not answer is unreachable", async () => {
  const { server, target } = await openCluster();
  await server.stop();

  expect(await problemOf(target.observe())).toMatchObject({ code: "CLUSTER_UNREACHABLE" });
});

test("a reading that hangs ends when it is aborted", async () => {
  const { server, target } = await openCluster();
  server.fail({ when: ({ resource: kind }) => kind === "pods", fault: { type: "hang" } });
  const abort = new AbortController();

  const reading = target.observe({ signal: abort.signal });
  setTimeout(() => abort.abort(new Error("enough")), 20);

  await expect(reading).rejects.toThrow("enough");
});

test("create, update and delete leave the object as wanted, then gone", async () => {
  const { target, stored, find } = await openCluster();

  await target.write(action("create", serviceEntry()));
  await target.write(action("update", serviceEntry({ hosts: ["other"] }), await find("httpbin")));
  expect(stored()).toMatchObject([
    { spec: { hosts: ["other"] }, metadata: { labels: ownershipLabels(owner, "consumer") } },
  ]);
  const live = await find("httpbin");
  await target.write(action("delete", serviceEntry(), live));
  await target.write(action("delete", serviceEntry(), live));

  expect(stored()).toEqual([]);
});

test("a dry run is refused as the write would be, and writes nothing", async () => {
  const { server, target, stored } = await openCluster();
  const nowhere = { ...serviceEntry(), metadata: { ...serviceEntry().metadata, namespace: "nowhere" } };

  await target.write(action("create", serviceEntry()), { dryRun: true });

  expect(await problemOf(target.write(action("create", nowhere), { dryRun: true }))).toMatchObject({
    code: "NAMESPACE_MISSING",
    at: "c1: ServiceEntry nowhere/httpbin",
  });
  expect(stored()).toEqual([]);
  expect(server.writes).toEqual([]);
});

test("an object that appeared since the plan is not taken over by a create, not even where no field conflicts", async () => {
  const { server, target, stored } = await openCluster();
  server.seed([foreign]);
  const before = stored();

  expect(await problemOf(target.write(action("create", serviceEntry())))).toMatchObject({ code: "OBJECT_NOT_OURS" });
  expect(stored()).toEqual(before);
});

test("an update that was planned against a foreign object takes it over: that is what --adopt asks for", async () => {
  const { server, target, stored, find } = await openCluster();
  server.seed([foreign]);

  await target.write(action("update", serviceEntry(), await find("httpbin")));

  expect(stored()).toMatchObject([
    {
      metadata: { labels: { team: "shop", ...ownershipLabels(owner, "consumer") } },
      spec: { hosts: ["httpbin.bar.c2"] },
    },
  ]);
});

test("a create meets an object of ours: fine where it is as wanted, else the plan is stale", async () => {
  const { target, stored } = await openCluster();
  await target.write(action("create", serviceEntry()));
  const before = stored();

  await target.write(action("create", serviceEntry()));

  expect(await problemOf(target.write(action("create", serviceEntry({ hosts: ["other"] }))))).toMatchObject({
    code: "PLAN_STALE",
  });
  expect(stored()).toEqual(before);
});

test("what changed since the plan is neither updated nor deleted", async () => {
  const { target, stored, find } = await openCluster();
  await target.write(action("create", serviceEntry()));
  const planned = await find("httpbin");
  await target.write(action("update", serviceEntry({ hosts: ["other"] }), planned));
  const before = stored();

  const [update, removal] = [
    action("update", serviceEntry({ hosts: ["third"] }), planned),
    action("delete", serviceEntry(), planned),
  ];

  expect(await problemOf(target.write(update))).toMatchObject({ code: "PLAN_STALE" });
  expect(await problemOf(target.write(removal))).toMatchObject({ code: "PLAN_STALE" });
  expect(stored()).toEqual(before);
});

test("an update of what is gone does not bring it back", async () => {
  const { target, stored, find } = await openCluster();
  await target.write(action("create", serviceEntry()));
  const planned = await find("httpbin");
  await target.write(action("delete", serviceEntry(), planned));

  expect(await problemOf(target.write(action("update", serviceEntry({ hosts: ["other"] }), planned)))).toMatchObject({
    code: "PLAN_STALE",
  });
  expect(stored()).toEqual([]);
});

test("what was replaced since the plan by an object of the same name is neither updated nor deleted", async () => {
  const { server, target, stored, find } = await openCluster();
  await target.write(action("create", serviceEntry()));
  const planned = await find("httpbin");
  await target.write(action("delete", serviceEntry(), planned));
  server.seed([foreign]);
  const before = stored();

  expect(await problemOf(target.write(action("update", serviceEntry({ hosts: ["x"] }), planned)))).toMatchObject({
    code: "OBJECT_NOT_OURS",
  });
  expect(await problemOf(target.write(action("delete", serviceEntry(), planned)))).toMatchObject({
    code: "OBJECT_NOT_OURS",
  });
  expect(stored()).toEqual(before);
});

test("an edit of somebody else in our object is taken back by an update", async () => {
  const { server, target, stored, find } = await openCluster();
  await target.write(action("create", serviceEntry()));
  server.seed([serviceEntry({ hosts: ["edited"] })]);

  await target.write(action("update", serviceEntry(), await find("httpbin")));

  expect(stored()).toMatchObject([{ spec: { hosts: ["httpbin.bar.c2"] } }]);
});

test("a write whose answer is lost is done once and is not an error", async () => {
  const { server, target, stored, find } = await openCluster();
  const loseNext = () =>
    server.fail({ when: ({ write }) => write > 0, times: 1, fault: { type: "kill", effect: "after" } });

  loseNext();
  await target.write(action("create", serviceEntry()));
  const created = await find("httpbin");
  loseNext();
  await target.write(action("update", serviceEntry({ hosts: ["other"] }), created));
  const updated = await find("httpbin");
  expect(updated.metadata.generation).toBe(2);
  loseNext();
  await target.write(action("delete", serviceEntry(), updated));

  expect(stored()).toEqual([]);
});

test("what we may not write is told with verb and resource", async () => {
  const { server, target } = await openCluster();
  server.forbid(({ verb }) => verb === "patch");

  expect(await problemOf(target.write(action("create", serviceEntry())))).toMatchObject({
    code: "CLUSTER_FORBIDDEN",
    message: expect.stringContaining(`patch (and create) ${resource} in namespace foo`),
  });
});

test("an object that the server finds invalid is refused with the field", async () => {
  const { target } = await openCluster();
  const invalid: KubeObject = { ...service("foo/httpbin"), spec: {} };

  expect(await problemOf(target.write(action("create", invalid)))).toMatchObject({
    code: "OBJECT_REFUSED",
    message: expect.stringContaining("spec.ports: Required value"),
  });
});

test("a kind that we do not write is refused before anything is asked", async () => {
  const { server, target } = await openCluster();

  expect(await problemOf(target.write(action("create", namespace("x"))))).toMatchObject({ code: "OBJECT_REFUSED" });
  expect(server.requests).toEqual([]);
});
