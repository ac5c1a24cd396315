import { copyFile, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Lab, startLab, waitFor } from "../src/index.ts";
import { ourObjects } from "./clusterState.ts";
import { prepareExample } from "./example.ts";
import { isthmus } from "./isthmus.ts";
import { watchPath } from "./watchPath.ts";
import { WriteProxy } from "./writeProxy.ts";

let home: string;
let lab: Lab;
let proxy: WriteProxy;
let kubeconfig: string;

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), "isthmus-killed-"));
  lab = await startLab({ home, clusters: 2 });
  proxy = new WriteProxy();
  kubeconfig = `${home}.kubeconfig`;
  await proxy.open(lab.kubeconfig, kubeconfig);
});

afterAll(async () => {
  proxy?.close();
  await lab?.down();
  await rm(home, { recursive: true, force: true });
  await rm(kubeconfig, { force: true });
});

test("an API server that dies at any write leaves the paths that worked, and the next apply finishes", async () => {
  const folder = await prepareExample(lab, "two-tenants");
  const more = await prepareExample(lab, "several-ports");
  expect((await isthmus(folder, kubeconfig, "apply", "--yes")).exitCode).toBe(0);
  const added = "http://catalog.shop.cluster2:8000/get";
  const worked = "http://httpbin.red.cluster2:8000/get";
  await lab.curlUntil("cluster1", "foo/sleep", worked, 200);
  const before = await Promise.all(["cluster1", "cluster2"].map((cluster) => ourObjects(lab, cluster)));
  await copyFile(join(more, "catalog.yaml"), join(folder, "catalog.yaml"));
  const catalog = await readFile(join(folder, "catalog.yaml"), "utf8");
  const path = watchPath(lab, "cluster1", "foo/sleep", worked);

  const killed: string[] = [];
  for (const moment of ["before", "after"] as const) {
    for (let nth = 1; ; nth++) {
      proxy.writes = 0;
      let victim: string | undefined;
      const strike = async (cluster: string, number: number): Promise<"lost" | "sent"> => {
        if (number !== nth || victim !== undefined) return "sent";
        victim = cluster;
        await lab.stopApiServer(cluster);
        return "lost";
      };
      proxy.hooks =
        moment === "after" ? { after: strike } : { before: async (...write) => void (await strike(...write)) };
      const struck = await isthmus(folder, kubeconfig, "apply", "--yes");
      proxy.hooks = {};
      if (victim === undefined) {
        expect(struck.exitCode).toBe(0);
        break;
      }
      killed.push(`${moment} write ${nth} in ${victim}`);
      expect(struck.exitCode, struck.stderr).toBe(1);
      expect(struck.stderr).toContain("CLUSTER_UNREACHABLE");
      await lab.startApiServer(victim);

      const again = await isthmus(folder, kubeconfig, "apply", "--yes");
      expect(again.exitCode, again.stderr).toBe(0);
      // istiod waits longer and longer before it watches a server again that has died several times.
      await waitFor("the catalog", async () => (await lab.curl("cluster1", "foo/sleep", added)).status === 200, {
        seconds: 180,
      });

      await rm(join(folder, "catalog.yaml"));
      expect((await isthmus(folder, kubeconfig, "apply", "--yes")).exitCode).toBe(0);
      expect(await Promise.all(["cluster1", "cluster2"].map((cluster) => ourObjects(lab, cluster)))).toEqual(before);
      await writeFile(join(folder, "catalog.yaml"), catalog);
    }
    await rm(join(folder, "catalog.yaml"));
    expect((await isthmus(folder, kubeconfig, "apply", "--yes")).exitCode).toBe(0);
    await writeFile(join(folder, "catalog.yaml"), catalog);
  }

  expect((await path.stop()).failures).toEqual([]);
  expect(killed.length).toBeGreaterThanOrEqual(6);
}, 900_000);
