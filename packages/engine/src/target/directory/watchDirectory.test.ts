import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import type { ClusterEvent } from "../clusterEvent.ts";
import { DirectoryTarget } from "../directoryTarget.ts";

async function watched() {
  const directory = await mkdtemp(join(tmpdir(), "isthmus-watch-"));
  await writeFile(join(directory, "a.yaml"), service("a"));
  const target = new DirectoryTarget({ cluster: "c1", directory, istioNamespace: "istio-system" });
  const stopping = new AbortController();
  const events = target.watch({ signal: stopping.signal });
  onTestFinished(async () => {
    stopping.abort();
    await rm(directory, { recursive: true, force: true });
  });
  return { directory, stopping, next: async () => (await events.next()).value as ClusterEvent };
}

function service(name: string): string {
  return JSON.stringify({ apiVersion: "v1", kind: "Service", metadata: { name, namespace: "foo" }, spec: {} });
}

function objectsOf(event: ClusterEvent) {
  return event.type === "observed" ? event.observation.cluster.objects : [];
}

test("a file that comes, in a new folder too, is told, and objects of other files are the same", async () => {
  const { directory, next } = await watched();
  const before = objectsOf(await next());

  const after = next();
  await mkdir(join(directory, "more"));
  await writeFile(join(directory, "more/b.yaml"), service("b"));

  const objects = objectsOf(await after);
  expect(objects.map(({ metadata }) => metadata.name)).toEqual(["foo", "a", "b"]);
  expect(objects.filter((object) => before.includes(object))).toEqual(before);
});

test("a file that cannot be read is told as lost, and all of it once it can", async () => {
  const { directory, next } = await watched();
  await next();

  await writeFile(join(directory, "a.yaml"), "{");
  const lost = await next();
  await writeFile(join(directory, "a.yaml"), service("c"));
  const found = await next();

  expect(lost).toMatchObject({ type: "lost", problem: { code: "DIRECTORY_INVALID" } });
  expect(objectsOf(found).map(({ metadata }) => metadata.name)).toEqual(["foo", "c"]);
});

test("the signal ends it with its reason", async () => {
  const { stopping, next } = await watched();
  await next();

  const rest = next();
  stopping.abort(new Error("enough"));

  await expect(rest).rejects.toThrow("enough");
});
