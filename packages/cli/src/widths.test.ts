import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { emptyFolder, exampleFolder, runCli } from "./testing/runCli.ts";

const request = ["sleep.foo@cluster1", "http://httpbin.bar.cluster2:8000/headers"];

/** What a person reads of every command on the example: [file, what is done before, the command]. */
const cases: readonly (readonly [string, "empty" | "new" | "applied" | "broken", readonly string[]])[] = [
  ["plan", "new", ["plan"]],
  ["plan-applied", "applied", ["plan"]],
  ["plan-broken", "broken", ["plan"]],
  ["apply", "new", ["apply", "--yes"]],
  ["describe-broken", "broken", ["describe", "httpbin.bar"]],
  ["status-new", "new", ["status"]],
  ["status-broken", "broken", ["status"]],
  ["verify", "applied", ["verify"]],
  ["verify-new", "new", ["verify"]],
  ["trace", "applied", ["trace", ...request]],
  ["trace-new", "new", ["trace", ...request]],
  ["doctor", "new", ["doctor", ...request]],
  ["paths", "applied", ["paths"]],
  ["paths-wide", "broken", ["paths", "--to", "httpbin.*", "-o", "wide"]],
  ["diff-paths", "applied", ["diff-paths", "clusters/cluster2", "clusters/cluster1"]],
  ["test", "applied", ["test", "tests"]],
  ["test-broken", "broken", ["test", "tests"]],
  ["check", "applied", ["check"]],
  ["destroy", "applied", ["destroy", "--dry-run"]],
  ["explain", "new", ["explain", "GATEWAY_NO_ADDRESS", "SharedService.spec.traffic"]],
  ["explain-all", "new", ["explain"]],
  ["ca-status", "new", ["ca", "status"]],
  ["import-nothing", "new", ["import", "emco", "mesh.yaml"]],
  ["version", "new", ["version"]],
  ["connect", "new", ["connect", "httpbin.bar", "--from", "cluster2", "--to", "cluster1/legacy", "--dry-run"]],
  ["disconnect", "applied", ["disconnect", "httpbin.bar", "--dry-run"]],
  ["rbac", "empty", ["rbac", "cluster1", "--probe"]],
  ["rbac-directory", "new", ["rbac", "cluster1"]],
  ["install-config", "new", ["install-config", "cluster1", "--chart", "istiod"]],
  ["demo", "new", ["demo", "--dir", "isthmus-demo"]],
  // What a probe finds is of the network that it runs in.
  ["probe-slip", "applied", ["probe", "httpbim.bar"]],
  ["usage", "new", ["status", "httpbim.bar"]],
];

async function writeTests(folder: string): Promise<void> {
  await mkdir(folder);
  await writeFile(
    join(folder, "httpbin.yaml"),
    `apiVersion: isthmus.io/v1alpha1
kind: PathTestSuite
metadata: {name: httpbin}
spec:
  from: {workload: sleep, namespace: foo, cluster: cluster1}
  tests:
  - name: across
    to: {url: "http://httpbin.bar.cluster2:8000/get"}
    expect: {reaches: {workload: httpbin, cluster: cluster2}, mutualTLS: true}
  - name: nobody-else
    description: Only sleep calls across.
    from: {none: {namespace: bar}}
    to: {url: "http://httpbin.bar.cluster2:8000/get"}
    expect: {reaches: {}}
  - name: misspelt
    from: {workload: slep, namespace: foo, cluster: cluster1}
    to: {url: "http://httpbin.bar.cluster2:8000/get"}
    expect: {reaches: {}}
`,
  );
}

test.each(cases.flatMap((each) => [80, 120].map((columns) => [...each, columns] as const)))(
  "%s, where the mesh is %s, is as a stranger would read it: isthmus %j in %i columns",
  async (name, state, argv, columns) => {
    const folder = state === "empty" ? await emptyFolder() : await exampleFolder();
    if (state === "applied" || state === "broken") await runCli(folder, ["apply", "--yes"]);
    if (argv[0] === "test") await writeTests(join(folder, "tests"));
    if (state === "broken") await rm(join(folder, "clusters/cluster2/httpbin.yaml"));

    const run = await runCli(folder, argv, { columns, keys: [], env: { NO_COLOR: "1" } });

    const text = `$ isthmus ${argv.join(" ")}\n${run.stdout}--- stderr, exit code ${run.code} ---\n${run.stderr}`;
    const steady = text.replaceAll(folder, "FOLDER").replace(/in \d+ ms/g, "in N ms");
    await expect(steady).toMatchFileSnapshot(`testdata/widths/${name}-${columns}.golden.txt`);
    const wide = `${run.stdout}${run.stderr}`.split("\n").filter((line) => line.length > columns);
    expect(wide).toEqual([]);
  },
);
