import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Observed } from "@isthmus/core";
import { afterEvent, type ClusterEvent } from "@isthmus/engine";
import { execa } from "execa";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { type KubeObject, type Lab, startControlPlanes, toolPath, waitFor } from "../src/index.ts";
import { accountKubeconfig } from "./account.ts";
import { namespace } from "./manifests.ts";
import { openLabTarget } from "./openLabTargets.ts";
import { pick, randomNumbers } from "./trace/combinations.ts";

/** A cluster that is watched is known as it is, by a real API server: whatever happens to its objects, to the server or to our rights. */

let home: string;
let lab: Lab;

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), "isthmus-watch-"));
  lab = await startControlPlanes({ home, clusters: 1 });
  const target = await openLabTarget(lab);
  // An API server serves a kind some moments after its CRD was stored.
  await waitFor("Istio's kinds", () => target.observe());
  await target.close();
  await lab.apply("cluster1", [namespace("istio-system"), namespace("foo"), namespace("bar")]);
});

afterAll(async () => {
  await lab?.down();
  await rm(home, { recursive: true, force: true });
});

/** Follows the cluster until the test is over. */
async function watched(kubeconfig: string) {
  const target = await openLabTarget({ kubeconfig });
  const observer = await openLabTarget(lab);
  const stopping = new AbortController();
  const events: ClusterEvent[] = [];
  let world: Observed = { clusters: new Map(), unreachable: new Map() };
  const follow = async () => {
    for await (const event of target.watch?.({ signal: stopping.signal }) ?? []) {
      events.push(event);
      world = afterEvent(world, "cluster1", event);
    }
  };
  const ended = follow().catch((error: unknown) => error);
  onTestFinished(async () => {
    stopping.abort(new Error("over"));
    expect(await ended).toEqual(new Error("over"));
    await Promise.all([target.close(), observer.close()]);
  });
  return {
    events,
    unreachable: () => world.unreachable.get("cluster1"),
    isCurrent: async () => {
      const known = () => inOrder(world.clusters.get("cluster1")?.objects);
      const now = async () => inOrder((await observer.observe()).cluster.objects);
      await expect.poll(async () => diff(known(), await now()), { timeout: 60_000, interval: 500 }).toEqual([]);
    },
  };
}

function inOrder(objects: readonly object[] = []): ReadonlySet<string> {
  return new Set(objects.map((object) => JSON.stringify(Object.entries(object).toSorted())));
}

function diff(known: ReadonlySet<string>, now: ReadonlySet<string>): readonly string[] {
  return [...known].filter((each) => !now.has(each)).concat([...now].filter((each) => !known.has(each)));
}

function service(name: string, port: number): KubeObject {
  const ports = [{ name: "http", port, targetPort: 80 }];
  return { apiVersion: "v1", kind: "Service", metadata: { name, namespace: "foo" }, spec: { ports } };
}

function serviceEntry(name: string, port: number): KubeObject {
  const ports = [{ name: "http", number: port, protocol: "HTTP" }];
  const spec = { hosts: [`${name}.example.com`], resolution: "DNS", ports };
  return { apiVersion: "networking.istio.io/v1", kind: "ServiceEntry", metadata: { name, namespace: "bar" }, spec };
}

test("a churn of changes, with an API server that dies twice, ends in the world that a new look shows", async () => {
  const { events, isCurrent } = await watched(lab.kubeconfig);
  await isCurrent();
  const { api } = lab.cluster("cluster1");
  const random = randomNumbers(3);

  for (let number = 0; number < 300; number++) {
    if (number === 100 || number === 200) {
      await lab.stopApiServer("cluster1");
      await lab.startApiServer("cluster1");
    }
    const make = pick([service, serviceEntry], random);
    const object = make(`n${Math.floor(random() * 40)}`, 1 + Math.floor(random() * 3));
    const { apiVersion, kind, metadata } = object;
    const ref = { apiVersion, kind, name: metadata.name, namespace: metadata.namespace ?? "" };
    await (random() < 0.3 ? api.remove(ref) : api.apply(object));
  }

  await isCurrent();
  expect(events[0]).toMatchObject({ type: "observed" });
  expect(events.filter(({ type }) => type === "changed").length).toBeGreaterThan(10);
});

test("the account of `isthmus rbac --controller` can watch; rights that are taken away and come back are told and taken up", async () => {
  const role = "isthmus-watcher";
  const kubeconfig = await accountKubeconfig(lab, ["cluster1"], { args: ["--controller", "--name", role] });
  const { events, unreachable, isCurrent } = await watched(kubeconfig);
  await isCurrent();
  const { api } = lab.cluster("cluster1");
  await api.apply(service("late", 1));
  await isCurrent();
  const ref = { apiVersion: "rbac.authorization.k8s.io/v1", kind: "ClusterRoleBinding", name: role };
  const { stdout: binding } = await execa(toolPath("kubectl"), [
    ...["--kubeconfig", lab.kubeconfig, "--context", "cluster1"],
    ...["get", "clusterrolebinding", role, "-o", "jsonpath={.roleRef}{'|'}{.subjects}"],
  ]);

  await api.remove(ref);
  // What stands goes on: only who asks anew is asked for rights.
  await lab.stopApiServer("cluster1");
  await lab.startApiServer("cluster1");
  await expect.poll(() => unreachable()?.code, { timeout: 60_000 }).toBe("CLUSTER_FORBIDDEN");
  const [roleRef = "", subjects = ""] = binding.split("|");
  const { apiVersion, kind, name } = ref;
  await api.apply({
    ...{ apiVersion, kind, metadata: { name } },
    ...{ roleRef: JSON.parse(roleRef), subjects: JSON.parse(subjects) },
  });
  await api.apply(service("later", 1));

  await isCurrent();
  expect(unreachable()).toBeUndefined();
  expect(events.filter(({ type }) => type === "lost").length).toBeGreaterThanOrEqual(1);
});
