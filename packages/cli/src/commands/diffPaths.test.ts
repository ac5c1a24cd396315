import { cp, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type GitFolder, gitFolder } from "@isthmus/testkit";
import { expect, test } from "vitest";
import { exampleFolder, runCli } from "../testing/runCli.ts";

const denied = `apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {name: nobody, namespace: bar}
spec: {}
`;

test("diff-paths of a folder and itself changes nothing", async () => {
  const run = await runCli(await exampleFolder(), ["diff-paths", "clusters/cluster2", "clusters/cluster2"]);

  expect(run).toMatchObject({ code: 0, stdout: "Nobody reaches anything else than before.\n" });
});

test("diff-paths of a revision and the work tree tells what a new policy takes away", async () => {
  const { folder } = await exampleInGit();
  await writeFile(join(folder, "clusters/cluster2/policy.yaml"), denied);

  const words = ["HEAD..", "--", "clusters/cluster2"];
  const run = await runCli(folder, ["diff-paths", "-o", "json", ...words]);
  const { kind, changes } = JSON.parse(run.stdout);
  expect({ code: run.code, kind }).toEqual({ code: 1, kind: "PathChanges" });
  expect(changes).toMatchObject([
    { kind: "no longer reached", object: { kind: "AuthorizationPolicy", name: "nobody" } },
  ]);

  const markdown = await runCli(folder, ["diff-paths", "-o", "markdown", ...words]);
  expect(markdown.stdout).toContain("| **no longer reached** |");
  const junit = await runCli(folder, ["diff-paths", "-o", "junit", ...words]);
  expect(junit.stdout).toContain('type="no longer reached"');
});

test("each way to name the same two states tells the same, from any folder", async () => {
  const { folder, commit } = await exampleInGit();
  await commit({ "clusters/cluster2/policy.yaml": denied });
  await cp(join(folder, "clusters"), join(folder, "copy"), { recursive: true });
  const inside = join(folder, "clusters/cluster1");
  const changes = async (...words: string[]) => (await runCli(inside, ["diff-paths", "-o", "json", ...words])).stdout;

  const expected = await changes("HEAD~1..HEAD", "--", "../cluster2");
  expect(JSON.parse(expected).changes).toHaveLength(1);
  for (const words of [
    ["HEAD~1..", join(folder, "clusters/cluster2")],
    ["HEAD~1...HEAD", "../cluster2"],
    ["HEAD~1:clusters/cluster2", "HEAD:../cluster2"],
    ["HEAD~1:./../cluster2", "../cluster2"],
    ["HEAD~1:clusters/cluster2", "../../copy/cluster2"],
    ["HEAD~1:clusters/cluster2", "../cluster1/../cluster2"],
  ]) {
    expect(await changes(...words), words.join(" ")).toBe(expected);
  }
  expect(JSON.parse(await changes("../../copy/cluster2", "../cluster2")).changes).toEqual([]);
});

test("what is wrong with a file at a revision is told at its revision", async () => {
  const { folder, commit } = await exampleInGit();
  await commit({ "clusters/cluster2/broken.yaml": "kind: Service\nmetadata: [\n" });

  const run = await runCli(folder, ["diff-paths", "HEAD..", "--", "clusters/cluster2"]);
  expect(run.code).toBe(2);
  expect(run.stderr).toContain("HEAD:clusters/cluster2/broken.yaml:");
});

test("a revision that git does not have is a mistake of the command line, and no option of git", async () => {
  const run = await runCli(await exampleFolder(), ["diff-paths", "no-such-revision..", "--", "clusters"]);

  expect(run.code).toBe(2);
  expect(run.stderr).toContain("USAGE");
});

async function exampleInGit(): Promise<GitFolder> {
  const repository = await gitFolder();
  await cp(await exampleFolder(), repository.folder, { recursive: true });
  await repository.commit({});
  return repository;
}
