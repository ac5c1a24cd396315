import { access, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, expect, test } from "vitest";
import { attachLab, startControlPlanes, stopLab, waitFor } from "../src/index.ts";

let home: string;

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), "isthmus-lab-crash-"));
});

afterAll(async () => {
  await stopLab(home);
  await rm(home, { recursive: true, force: true });
});

const leftovers = async () => {
  const [links, processes] = await Promise.all([execa("ip", ["link", "show"]), execa("ps", ["axe", "-o", "command"])]);
  return [
    ...links.stdout.split("\n").filter((line) => line.includes(`alias ${home}`)),
    ...processes.stdout.split("\n").filter((line) => line.includes(`ISTHMUS_LAB=${home}`)),
  ];
};

test("a lab that was killed on its way up is neither used nor started over by mistake, and down removes it", async () => {
  const up = execa("npx", ["tsx", "lab/src/main.ts", "up", "--no-mesh"], {
    env: { LAB_HOME: home },
    detached: true,
    reject: false,
  });
  await waitFor("an API server to be started", () =>
    access(join(home, "logs", "cluster2-apiserver.log")).then(() => true),
  );
  process.kill(-(up.pid ?? 0), "SIGKILL");
  await up;

  await expect(attachLab(home)).rejects.toThrow("half up");
  await expect(startControlPlanes({ home })).rejects.toThrow("half up");
  expect(await leftovers()).not.toEqual([]);
  await stopLab(home);
  await stopLab(home);

  expect(await leftovers()).toEqual([]);
});

test("API servers alone are up within seconds, with Istio's kinds and working namespaces", async () => {
  const started = Date.now();
  await using lab = await startControlPlanes({ home, clusters: 1 });
  const seconds = (Date.now() - started) / 1000;
  const { api } = lab.cluster("cluster1");

  await lab.apply("cluster1", [
    { apiVersion: "v1", kind: "Namespace", metadata: { name: "foo" } },
    {
      apiVersion: "networking.istio.io/v1",
      kind: "Sidecar",
      metadata: { name: "default", namespace: "foo" },
      spec: {},
    },
  ]);
  await lab.remove("cluster1", { apiVersion: "v1", kind: "Namespace", name: "foo" });

  expect(seconds).toBeLessThan(60);
  expect(await api.get("/api/v1/namespaces/foo")).toBeUndefined();
});
