import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Lab, startLab, waitFor } from "../src/index.ts";
import { accountKubeconfig } from "./account.ts";
import { analyze, ourObjects } from "./clusterState.ts";
import { isthmus } from "./isthmus.ts";
import { greeter, namespace, sleep } from "./manifests.ts";

let home: string;
let folder: string;
let lab: Lab;
const clusters = ["cluster1", "cluster2", "cluster3"];

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), "isthmus-three-"));
  folder = await mkdtemp(join(tmpdir(), "isthmus-three-declared-"));
  lab = await startLab({ home, clusters: 3, gateway: "LoadBalancer", outbound: "REGISTRY_ONLY" });
  const meshed = { "istio-injection": "enabled" };
  await Promise.all([
    lab.apply("cluster1", [namespace("foo", meshed), ...sleep("foo"), namespace("shop")]),
    lab.apply("cluster2", [namespace("shop", meshed), ...greeter("shop")]),
    lab.apply("cluster3", [namespace("shop", meshed), ...greeter("shop")]),
  ]);
  await declare("[PerCluster, SameName]");
});

afterAll(async () => {
  await lab?.down();
  await rm(home, { recursive: true, force: true });
  await rm(folder, { recursive: true, force: true });
});

async function declare(forms: string): Promise<void> {
  const meshClusters = clusters.map(
    (name) => `---
apiVersion: isthmus.io/v1alpha1
kind: MeshCluster
metadata: {name: ${name}, labels: {serves: "${name !== "cluster1"}"}}
spec: {access: {context: ${name}}}
`,
  );
  await writeFile(
    join(folder, "mesh.yaml"),
    `${meshClusters.join("")}---
apiVersion: isthmus.io/v1alpha1
kind: SharedService
metadata: {name: helloworld, namespace: shop}
spec:
  servedBy: ["serves=true"]
  consumers: [{clusters: [cluster1], namespaces: [foo]}]
  as: ${forms}
`,
  );
}

const hello = (host: string) => lab.curl("cluster1", "foo/sleep", `http://${host}:5000/hello`, { timeoutSeconds: 3 });

test("load balancers, two serving clusters, REGISTRY_ONLY: each by its own name, and both under the Service's name", async () => {
  const before = await hello("helloworld.shop.cluster3");
  const analysis = await Promise.all(clusters.map((cluster) => analyze(lab, cluster)));

  const applied = await isthmus(folder, lab.kubeconfig, "apply", "--yes");
  await lab.refreshDns();

  expect(applied.exitCode, applied.stderr).toBe(0);
  expect(before.status).not.toBe(200);
  for (const host of ["helloworld.shop.cluster2", "helloworld.shop.cluster3", "helloworld.shop.svc.cluster.local"]) {
    await waitFor(host, async () => (await hello(host)).status === 200);
  }
  const counts = await passedThrough();
  await waitFor("both clusters to have served the Service's name", async () => {
    await hello("helloworld.shop");
    const now = await passedThrough();
    return now.every((count, index) => count > (counts[index] ?? 0));
  });
  expect(await Promise.all(clusters.map((cluster) => analyze(lab, cluster)))).toEqual(analysis);
});

/** Requests that the apps of the serving clusters have answered, by their sidecars. */
async function passedThrough(): Promise<readonly number[]> {
  return Promise.all(
    ["cluster2", "cluster3"].map(async (cluster) => {
      const entries = await lab.accessLog(cluster, "shop/helloworld");
      return entries.length;
    }),
  );
}

test("a cluster that is down delays only what needs it, and what it serves stays declared", async () => {
  await lab.stopApiServer("cluster3");
  const objects = await ourObjects(lab, "cluster1");
  await declare("[SameName]");

  const applied = await isthmus(folder, lab.kubeconfig, "apply", "--yes");
  const meanwhile = await hello("helloworld.shop.svc.cluster.local");
  const kept = await ourObjects(lab, "cluster1");
  await lab.startApiServer("cluster3");
  const again = await isthmus(folder, lab.kubeconfig, "apply", "--yes");

  expect(applied.stderr).toContain("CLUSTER_UNREACHABLE");
  expect(meanwhile.status).toBe(200);
  expect(kept).toEqual(objects);
  expect(again.exitCode, again.stderr).toBe(0);
  expect((await ourObjects(lab, "cluster1")).filter((object) => object.startsWith("ServiceEntry"))).toEqual([]);
});

test("an account that may not read one kind is told which, and nothing is written", async () => {
  const account = await restrictedAccount("cluster1", "serviceentries");
  const since = new Date();

  const plan = await isthmus(folder, account, "apply", "--yes");

  expect(plan.exitCode).toBe(1);
  expect(plan.stderr).toContain("CLUSTER_FORBIDDEN");
  expect(plan.stderr).toContain("serviceentries");
  expect(await lab.writes("cluster1", { since })).toEqual([]);
  await rm(account);
});

/** A kubeconfig in which cluster1 is reached by an account that may read what `isthmus rbac` grants, but for one kind. */
async function restrictedAccount(cluster: string, hidden: string): Promise<string> {
  const isKept = ({ resources = [] }: Rule) => !resources.includes(hidden);
  const without = (rule: Rule) =>
    isKept(rule) ? rule : { ...rule, resources: rule.resources?.filter((resource) => resource !== hidden) };
  return accountKubeconfig(lab, [cluster], {
    args: ["--read-only"],
    change: (manifests) =>
      manifests.map((manifest) => {
        const { rules } = manifest as { readonly rules?: readonly Rule[] };
        return rules === undefined ? manifest : { ...manifest, rules: rules.map(without) };
      }),
  });
}

interface Rule {
  readonly resources?: readonly string[];
}
