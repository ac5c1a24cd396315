import { execFileSync } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
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
  const folder = await exampleFolder();
  const git = (...words: string[]) =>
    execFileSync("git", ["-c", "user.name=t", "-c", "user.email=t@example.com", ...words], { cwd: folder });
  git("init", "-q");
  git("add", "-A");
  git("commit", "-qm", "before");
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

test("a revision that git does not have is a mistake of the command line, and no option of git", async () => {
  const run = await runCli(await exampleFolder(), ["diff-paths", "no-such-revision..", "--", "clusters"]);

  expect(run.code).toBe(2);
  expect(run.stderr).toContain("USAGE");
});
