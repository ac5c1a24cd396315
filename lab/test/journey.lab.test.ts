import { mkdir, mkdtemp, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Lab, startLab, waitFor } from "../src/index.ts";
import { foreignObjects, ourObjects } from "./clusterState.ts";
import { prepareExample } from "./example.ts";
import { bundle } from "./isthmus.ts";
import { openTerminal } from "./terminal.ts";

let home: string;
let lab: Lab;

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), "isthmus-journey-"));
  lab = await startLab({ home, clusters: 2 });
  await prepareExample(lab, "sleep-httpbin");
  await mkdir(join(home, "user/mesh"), { recursive: true });
  await symlink(bundle, join(home, "user/isthmus"));
});

afterAll(async () => {
  await lab?.down();
  await rm(home, { recursive: true, force: true });
});

const url = "http://httpbin.bar.cluster2:8000/get";
const down = "\u001b[B";
const ctrlC = "\u0003";

async function owned(): Promise<readonly string[]> {
  return (await Promise.all(["cluster1", "cluster2"].map((cluster) => ourObjects(lab, cluster)))).flat();
}

test("a person's keys lead from nothing to a call that works, through a fault, and back to nothing", async () => {
  const begin = performance.now();
  const before = await Promise.all(["cluster1", "cluster2"].map((cluster) => foreignObjects(lab, cluster)));
  using shell = await openTerminal(join(home, "user/mesh"), {
    PATH: `${join(home, "user")}:${process.env.PATH}`,
    KUBECONFIG: lab.kubeconfig,
  });

  await shell.run("source <(isthmus completion bash)");
  shell.type("isthmus ini\t");
  await shell.until(/isthmus init /);
  expect(await shell.run("", [[/Which clusters form the mesh/, ` ${down} \r`]])).toMatchObject({ code: 0 });
  expect(await shell.run("isthmus connect httpbin.bar --from cluster2 --to cluster1/foo")).toMatchObject({
    code: 0,
    shown: expect.stringContaining("3 to create"),
  });

  expect(await shell.run("isthmus apply", [[/Apply 3 changes to 2 clusters/, ctrlC]])).toMatchObject({ code: 130 });
  expect(await owned()).toEqual([]);
  expect(await shell.run("isthmus apply --wait 1m", [[/Apply 3 changes to 2 clusters/, "y"]])).toMatchObject({
    code: 0,
    shown: expect.stringContaining("1 path, all hops in place"),
  });
  await lab.curlUntil("cluster1", "foo/sleep", url, 200);
  expect(await shell.run("isthmus status")).toMatchObject({ code: 0, shown: expect.stringContaining("in sync") });

  const entry = (await ourObjects(lab, "cluster1")).find((object) => object.startsWith("ServiceEntry ")) ?? "";
  const [namespace = "", name = ""] = entry.replace("ServiceEntry ", "").split("/");
  const apiVersion = "networking.istio.io/v1";
  await lab.remove("cluster1", { apiVersion, kind: "ServiceEntry", name, namespace });
  await waitFor("a call that fails", async () => (await lab.curl("cluster1", "foo/sleep", url)).status !== 200);
  expect((await shell.run("isthmus status")).shown).toContain("to apply");
  expect(await shell.run("isthmus verify")).toMatchObject({
    code: 1,
    shown: expect.stringContaining(`${entry} is missing`),
  });
  expect(await shell.run(`isthmus doctor sleep.foo@cluster1 ${url}`)).toMatchObject({ code: 1 });
  expect(await shell.run("isthmus apply --yes --wait 1m")).toMatchObject({ code: 0 });
  await lab.curlUntil("cluster1", "foo/sleep", url, 200);

  expect(await shell.run("isthmus disconnect httpbin.bar")).toMatchObject({
    code: 0,
    shown: expect.stringContaining("3 to delete"),
  });
  expect(await shell.run("isthmus destroy", [[/Apply 3 changes/, "y"]])).toMatchObject({ code: 0 });
  expect(await owned()).toEqual([]);
  expect(await Promise.all(["cluster1", "cluster2"].map((cluster) => foreignObjects(lab, cluster)))).toEqual(before);
  expect(performance.now() - begin).toBeLessThan(120_000);
});
