import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Lab, startLab } from "../src/index.ts";
import { prepareExample } from "./example.ts";
import { isthmus } from "./isthmus.ts";

let home: string;
let folder: string;
let lab: Lab;

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), "isthmus-roots-"));
  lab = await startLab({ home, clusters: 2, roots: "separate" });
  folder = await prepareExample(lab, "sleep-httpbin");
});

afterAll(async () => {
  await lab?.down();
  await rm(home, { recursive: true, force: true });
  await rm(folder, { recursive: true, force: true });
});

test("clusters whose istiod made its own root: check says so, apply writes nothing", async () => {
  const check = await isthmus(folder, lab.kubeconfig, "check", "--category", "trust", "-o", "json");
  // After it: a review of rights is a create to the audit log.
  const since = new Date();
  const apply = await isthmus(folder, lab.kubeconfig, "apply", "--yes");

  const { rows }: { readonly rows: readonly { readonly code?: string }[] } = JSON.parse(check.stdout);
  expect(check.exitCode).toBe(1);
  expect(rows.flatMap(({ code }) => code ?? [])).toEqual(["TRUST_ROOTS_DIFFER"]);
  expect(apply.exitCode).toBe(1);
  expect(apply.stderr).toContain("TRUST_ROOTS_DIFFER");
  expect(await Promise.all(lab.clusters.map(({ name }) => lab.writes(name, { since })))).toEqual([[], []]);
});
