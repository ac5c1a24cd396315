import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Lab, startLab } from "../src/index.ts";
import { prepareExample } from "./example.ts";
import { isthmus } from "./isthmus.ts";

const root = new URL("../../", import.meta.url).pathname;

let home: string;
let folder: string;
let lab: Lab;
let readme: string;

beforeAll(async () => {
  readme = await readFile(join(root, "README.md"), "utf8");
  home = await mkdtemp(join(tmpdir(), "isthmus-readme-"));
  folder = await mkdtemp(join(tmpdir(), "isthmus-readme-user-"));
  lab = await startLab({ home, clusters: 2 });
  await rm(await prepareExample(lab, "sleep-httpbin"), { recursive: true });
});

afterAll(async () => {
  await lab?.down();
  await rm(home, { recursive: true, force: true });
  await rm(folder, { recursive: true, force: true });
});

/** The commands of README's shell blocks. */
function commands(): readonly string[] {
  return [...readme.matchAll(/^```sh\n(.*?)^```/gms)].flatMap(([, block = ""]) => block.trim().split("\n"));
}

test("the commands of README for clusters of one's own lead from nothing to a call that works", async () => {
  const session = commands().filter((command) => command.startsWith("isthmus "));
  expect(session.length).toBeGreaterThanOrEqual(5);

  for (const command of session) {
    // Without a terminal there is nobody to ask.
    const words = [...command.split(" ").slice(1), ...(command === "isthmus apply" ? ["--yes"] : [])];
    const { exitCode, stderr } = await isthmus(folder, lab.kubeconfig, ...words);
    expect(exitCode, `${command}\n${stderr}`).toBe(0);
  }

  await lab.curlUntil("cluster1", "foo/sleep", "http://httpbin.bar.cluster2:8000/headers", 200);
});

test("every command in README's table is one", async () => {
  const named = new Set([...readme.matchAll(/^\| `isthmus (\w+)/gm)].map(([, name]) => name ?? ""));
  const { stdout } = await isthmus(folder, lab.kubeconfig, "--help");

  for (const name of named) expect(stdout).toMatch(new RegExp(`^ +${name}\\b`, "m"));
  expect(named.size).toBeGreaterThanOrEqual(8);
});

test("every npm command in README is run by CI", async () => {
  const ci = await readFile(join(root, ".ci/run"), "utf8");

  const missing = commands().filter((command) => command.startsWith("npm ") && !ci.includes(command));

  expect(missing).toEqual([]);
});
