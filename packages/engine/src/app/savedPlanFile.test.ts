import { chmod, mkdtemp, readdir, rm, stat, symlink, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ownershipLabels } from "@isthmus/core";
import type { Action, SavedPlan } from "@isthmus/core/plan";
import { intents, meshCluster } from "@isthmus/testkit";
import { expect, onTestFinished, test } from "vitest";
import { maxSavedPlanSize, readSavedPlan, writeSavedPlan } from "./savedPlanFile.ts";

async function folder(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), "isthmus-plan-"));
  onTestFinished(() => rm(path, { recursive: true, force: true }));
  return path;
}

const create: Action = {
  verb: "create",
  cluster: "c1",
  ref: { group: "networking.istio.io", kind: "Gateway", namespace: "foo", name: "httpbin" },
  owner: "SharedService.bar.httpbin",
  side: "server",
  phase: 1,
  desired: {
    apiVersion: "networking.istio.io/v1",
    kind: "Gateway",
    metadata: { name: "httpbin", namespace: "foo", labels: ownershipLabels("SharedService.bar.httpbin", "server") },
    spec: {},
  },
  changes: [],
};
const saved: SavedPlan = {
  plan: { actions: [create], stages: [] },
  intents: intents([], { clusters: [meshCluster("c1")] }),
};

test("a plan is saved for its user only, with nothing left beside it, and reads as it was", async () => {
  const path = await folder();
  const file = join(path, "saved.plan");

  await writeSavedPlan(file, saved);

  expect((await stat(file)).mode & 0o777).toBe(0o600);
  expect(await readdir(path)).toEqual(["saved.plan"]);
  expect(await readSavedPlan(file)).toEqual({ saved, problems: [] });
});

test("a file that others could read is replaced by one that they cannot", async () => {
  const file = join(await folder(), "saved.plan");
  await writeSavedPlan(file, saved);
  await chmod(file, 0o644);

  await writeSavedPlan(file, saved);

  expect((await stat(file)).mode & 0o777).toBe(0o600);
});

test("a plan that cannot be saved leaves what was there", async () => {
  const path = await folder();

  await expect(writeSavedPlan(path, saved)).rejects.toMatchObject({ code: "WRITE_FAILED", at: path });
  await expect(writeSavedPlan(join(path, "none", "saved.plan"), saved)).rejects.toMatchObject({ code: "WRITE_FAILED" });

  expect(await readdir(path)).toEqual([]);
});

test("what is not a file, too large or not a plan is a problem", async () => {
  const path = await folder();
  const [large, other, device] = [join(path, "large"), join(path, "other"), join(path, "device")];
  await writeFile(large, "");
  await truncate(large, maxSavedPlanSize + 1);
  await writeFile(other, "kind: Mesh\n");
  await symlink("/dev/zero", device);

  const codes = await Promise.all(
    [join(path, "none"), path, large, device, other].map(async (file) => {
      const { problems } = await readSavedPlan(file);
      return problems.map(({ code }) => code);
    }),
  );

  expect(codes).toEqual([
    ["FILE_UNREADABLE"],
    ["FILE_UNREADABLE"],
    ["FILE_TOO_LARGE"],
    ["FILE_UNREADABLE"],
    ["PLAN_INVALID"],
  ]);
});
