import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Lab, startLab } from "../src/index.ts";
import { cacheDirectory } from "../src/programs.ts";
import { examples } from "./example.ts";
import { bundle } from "./isthmus.ts";

let home: string;
let lab: Lab;
let folder: string;

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), "isthmus-dumps-"));
  lab = await startLab({ home, clusters: 1 });
  for (const file of ["cluster1/sleep.yaml", "cluster2/httpbin.yaml"]) {
    await lab.apply("cluster1", await readFile(join(examples, "sleep-httpbin/clusters", file), "utf8"));
  }
  await lab.apply("cluster1", [
    {
      apiVersion: "security.istio.io/v1",
      kind: "AuthorizationPolicy",
      metadata: { name: "no-post", namespace: "bar" },
      spec: { action: "DENY", rules: [{ to: [{ operation: { methods: ["POST"] } }] }] },
    },
  ]);
  await lab.curlUntil("cluster1", "foo/sleep", "http://httpbin.bar:8000/get", 200);
  folder = await mkdtemp(join(home, "dumps-"));
});

afterAll(async () => {
  await lab?.down();
  await rm(home, { recursive: true, force: true });
});

const env = () => ({
  KUBECONFIG: lab.kubeconfig,
  NO_COLOR: "1",
  PATH: `${join(cacheDirectory(), "bin")}:${process.env.PATH}`,
});

/** Of a real tool, in the folder of dumps. */
async function run(program: string, ...args: readonly string[]): Promise<string> {
  const { stdout } = await execa(program, args, { cwd: folder, env: env() });
  return `${stdout}\n`;
}

/** What is said of a GET and of a POST, which the policy denies. */
async function verdicts(source: readonly string[], input?: string) {
  const answers = ["GET", "POST"].map(async (method) => {
    const words = ["trace", "sleep.foo", "http://httpbin.bar:8000/get", "--method", method, "-o", "json", ...source];
    const { stdout, stderr } = await execa(process.execPath, [bundle, ...words], {
      cwd: folder,
      env: env(),
      reject: false,
      ...(input === undefined ? { stdin: "ignore" } : { input }),
    });
    if (!stdout.startsWith("{")) throw new Error(stderr);
    const { verdict, blamed, branches } = JSON.parse(stdout);
    return { verdict, blamed: blamed?.code, outcomes: branches.map((each: { outcome: object }) => each.outcome) };
  });
  return Promise.all(answers);
}

const live = () => verdicts(["--context", "cluster1"]);

/** Every kind that may decide, each in a file of its own, as docs/guide/dumps.md says. */
async function dumpKinds(into: string, format: "yaml" | "json"): Promise<void> {
  await mkdir(join(folder, into), { recursive: true });
  const served = (await run("kubectl", "api-resources", "--verbs=list", "-o", "name")).split("\n");
  const own = served.filter((kind) => /\.(istio\.io|gateway\.networking\.k8s\.io|multicluster\.x-k8s\.io)$/.test(kind));
  for (const kind of ["namespaces", "nodes", "services", "pods", "configmaps", ...own, "customresourcedefinitions"]) {
    await writeFile(join(folder, into, `${kind}.${format}`), await run("kubectl", "get", kind, "-A", "-o", format));
  }
}

test("live, the GET reaches and the POST is denied", async () => {
  expect(await live()).toMatchObject([{ verdict: "reaches" }, { verdict: "broken", blamed: "TRACE_DENIED" }]);
});

test.each(["yaml", "json"] as const)(
  "a dump of kubectl in %s, a file for each kind, says what the cluster says",
  async (format) => {
    await dumpKinds(format, format);
    await run("tar", "-czf", `${format}.tar.gz`, format);

    const expected = await live();

    expect(await verdicts(["--dir", `cluster1=${format}`])).toEqual(expected);
    expect(await verdicts(["--dir", `cluster1=${format}.tar.gz`])).toEqual(expected);
  },
);

test("one list of several kinds leaves out what it does not show, and --complete says that it is all", async () => {
  const kinds = "namespaces,nodes,services,pods,configmaps,authorizationpolicies.security.istio.io";
  const text = await run("kubectl", "get", kinds, "-A", "-o", "yaml");
  await writeFile(join(folder, "some.yaml"), text);

  const unknown = await verdicts(["--dir", "cluster1=some.yaml"]);

  expect(unknown.map(({ verdict }) => verdict)).toEqual(["unknown", "unknown"]);
  expect(await verdicts(["--dir", "cluster1=some.yaml", "--complete"])).toEqual(await live());
  expect(await verdicts(["--dir", "cluster1=-", "--complete"], text)).toEqual(await live());
});

test("kubectl cluster-info dump shows nothing of Istio", async () => {
  await run("kubectl", "cluster-info", "dump", "-A", "--output-directory", "info").catch(() => "");

  const found = await verdicts(["--dir", "cluster1=info"]);

  expect(found.map(({ verdict }) => verdict)).toEqual(["unknown", "unknown"]);
});

test("an archive of istioctl bug-report says what the cluster says", async () => {
  await run("istioctl", "bug-report", "--output-dir", folder, "--dir", join(folder, "report"), "--skip-analyze");

  expect(await verdicts(["--dir", "cluster1=bug-report.tar.gz"])).toEqual(await live());
});

test("what is cut off is refused with its place", async () => {
  const text = await readFile(join(folder, "json/pods.json"), "utf8");
  await writeFile(join(folder, "cut.json"), text.slice(0, -200));

  const words = ["trace", "sleep.foo", "http://httpbin.bar:8000/get", "--dir", "cluster1=cut.json"];
  const { exitCode, stderr } = await execa(process.execPath, [bundle, ...words], {
    cwd: folder,
    env: env(),
    reject: false,
  });

  expect(exitCode).toBe(2);
  expect(stderr).toMatch(/DUMP_INVALID[\s\S]*cut\.json:\d+:1/);
});
