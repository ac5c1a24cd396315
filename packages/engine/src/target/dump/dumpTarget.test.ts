import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { catalog } from "@isthmus/core";
import { expect, onTestFinished, test } from "vitest";
import { DumpTarget } from "./dumpTarget.ts";

type Fields = Readonly<Record<string, unknown>>;

const noInput: AsyncIterable<string> = { async *[Symbol.asyncIterator]() {} };
const apiServer = object("v1", "Service", "default", "kubernetes", {});
const sleep = object("v1", "Pod", "foo", "sleep", { containers: [] });

/** As an API server gives it out. */
function object(apiVersion: string, kind: string, namespace: string, name: string, spec: Fields): Fields {
  return { apiVersion, kind, metadata: { name, namespace, uid: `${kind}-${name}`, resourceVersion: "7" }, spec };
}

function list(...items: readonly Fields[]): string {
  return JSON.stringify({ apiVersion: "v1", kind: "List", metadata: { resourceVersion: "" }, items });
}

async function observed(files: Readonly<Record<string, string>>, { isComplete = false } = {}) {
  const path = await mkdtemp(join(tmpdir(), "isthmus-dump-"));
  onTestFinished(() => rm(path, { recursive: true, force: true }));
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(path, name)), { recursive: true });
    await writeFile(join(path, name), text);
  }
  const target = new DumpTarget({ cluster: "eu", path, istioNamespace: "istio-system", isComplete, stdin: noInput });
  const { cluster } = await target.observe();
  const missing = (cluster.unreadable ?? []).filter(({ isMissing }) => isMissing === true);
  return { cluster, missing: missing.map(({ kind }) => kind), faults: missing.map(({ fault }) => fault) };
}

test("manifests are taken as all there is", async () => {
  const { cluster, missing } = await observed({
    "a.yaml": "{apiVersion: v1, kind: Service, metadata: {name: a, namespace: foo}, spec: {}}",
  });

  expect(missing).toEqual([]);
  expect(cluster).toMatchObject({ source: "directory", isTakenAsWhole: true });
});

test("a dump says nothing of kinds that it does not show, unless it is said to be complete", async () => {
  const files = { "all.json": list(apiServer, sleep) };

  const [dump, complete] = [await observed(files), await observed(files, { isComplete: true })];

  expect(dump.missing).toEqual(catalog.map(({ kind }) => kind).filter((kind) => kind !== "Service" && kind !== "Pod"));
  expect(dump.cluster.isTakenAsWhole).toBeUndefined();
  expect(complete.missing).toEqual([]);
  expect(complete.cluster.isTakenAsWhole).toBe(true);
});

test("an empty list shows that there are none of what its kind or its file's name says", async () => {
  const { missing } = await observed({
    "all.json": list(apiServer, sleep),
    "sidecars.json": list(),
    "gateways.gateway.networking.k8s.io.yaml": list(),
    "anything.yaml": "{apiVersion: v1, kind: NodeList, metadata: {resourceVersion: '9'}, items: []}",
  });

  expect(missing).not.toContain("Sidecar");
  expect(missing).not.toContain("Node");
  expect(missing.filter((kind) => kind === "Gateway")).toHaveLength(1);
});

test("an empty list of one namespace shows nothing of others", async () => {
  const { missing } = await observed({ "all.json": list(apiServer), "namespaces/foo/sidecars.json": list() });

  expect(missing).toContain("Sidecar");
});

test("a list that is cut off shows only a part", async () => {
  const cut = { apiVersion: "v1", kind: "PodList", metadata: { resourceVersion: "9", continue: "x" }, items: [sleep] };

  const { missing, faults } = await observed({ "pods.json": JSON.stringify(cut) });

  expect(faults[missing.indexOf("Pod")]).toBe("shows only a part of them");
});

test("what the CustomResourceDefinitions do not define, the cluster does not serve", async () => {
  const define = (name: string) => object("apiextensions.k8s.io/v1", "CustomResourceDefinition", "", name, {});
  const all = [define("virtualservices.networking.istio.io"), define("sidecars.networking.istio.io")];

  const { missing } = await observed({ "all.json": list(apiServer, sleep, ...all) });

  expect(missing).toEqual(["Namespace", "Node", "VirtualService", "Sidecar"]);
});

test("a dump of some namespaces shows no kind of the others", async () => {
  const { missing, faults } = await observed({
    "foo.json": list(object("v1", "Service", "foo", "sleep", {}), sleep, object("v1", "Node", "", "n1", {})),
  });

  expect(missing).not.toContain("Node");
  expect(faults[missing.indexOf("Service")]).toBe("is of some namespaces only");
});

test("where a dump has Pods, what makes them does not count beside them", async () => {
  const template = { metadata: {}, spec: { containers: [] } };
  const deployment = object("apps/v1", "Deployment", "foo", "sleep", { selector: {}, template });

  const [both, alone] = [
    await observed({ "all.json": list(apiServer, sleep, deployment) }),
    await observed({ "all.json": list(apiServer, deployment) }),
  ];

  expect(both.cluster.source).toBe("live");
  expect(alone.cluster.source).toBe("directory");
  expect(alone.missing).not.toContain("Pod");
});
