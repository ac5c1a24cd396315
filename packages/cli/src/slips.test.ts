import { mkdir, rename, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { exampleFolder, filesIn, runCli } from "./testing/runCli.ts";

/** A mistake that a person makes, where the example is applied, and what is told. Nothing changes on disk or in a cluster. */
interface Slip {
  readonly what: string;
  readonly argv: readonly string[];
  readonly code: number;
  /** Part of it, `code` of a problem for instance. */
  readonly stderr: string | RegExp;
  /** None unless set. */
  readonly stdout?: string | RegExp;
  /** What was done to the folder before. */
  readonly before?: (folder: string) => Promise<unknown>;
  readonly input?: string;
}

const write = (name: string, text: string | Buffer) => (folder: string) => writeFile(join(folder, name), text);
const service = (more: string) =>
  `apiVersion: isthmus.io/v1alpha1\nkind: SharedService\nmetadata: {name: other, namespace: bar}\n${more}`;
/** As a Windows editor may save it. */
const recoded = async (folder: string, name: string) =>
  write(name, Buffer.from(`\uFEFF${(await filesIn(folder))[name]}`, "utf16le"))(folder);
const request = ["sleep.foo@cluster1", "http://httpbin.bar.cluster2:8000/"] as const;
const connect = ["connect", "other.bar", "--from", "cluster2", "--to", "cluster1/foo"] as const;
const anything = /./;

const slips: readonly Slip[] = [
  // What is typed
  { what: "no command", argv: [], code: 1, stderr: "Usage: isthmus" },
  { what: "a command that does not exist", argv: ["aply"], code: 1, stderr: "Did you mean apply?" },
  { what: "an option that does not exist", argv: ["plan", "--prun"], code: 1, stderr: "--prune" },
  { what: "a group of commands alone", argv: ["ca"], code: 1, stderr: /^Usage: isthmus ca/ },
  { what: "a format that does not exist", argv: ["status", "-o", "xml"], code: 1, stderr: "is not one of" },
  { what: "a file as a format", argv: ["plan", "-o", "httpbin.yaml"], code: 1, stderr: "--out httpbin.yaml" },
  {
    what: "a declaration as --out",
    argv: ["plan", "--out", "mesh.yaml"],
    code: 1,
    stderr: "not a saved plan",
  },
  { what: "a folder as --out", argv: ["plan", "--out", "clusters"], code: 1, stderr: "WRITE_FAILED" },
  {
    what: "--out in a folder that is not there",
    argv: ["plan", "--out", "no/p"],
    code: 1,
    stderr: "WRITE_FAILED",
  },
  { what: "a time without sense", argv: ["status", "--timeout", "soon"], code: 1, stderr: "30s" },
  { what: "no time at all", argv: ["status", "--timeout", "0s"], code: 1, stderr: "30s" },
  { what: "a limit without sense", argv: ["apply", "--max-delete", "half"], code: 1, stderr: "25%" },
  { what: "more than all", argv: ["apply", "--max-delete", "120%"], code: 1, stderr: "25%" },
  { what: "a port that is none", argv: [...connect, "--port", "0"], code: 1, stderr: "65535" },
  { what: "a form of name that is none", argv: [...connect, "--as", "Nickname"], code: 1, stderr: "PerCluster" },
  { what: "an argument too many", argv: ["plan", "cluster1"], code: 1, stderr: "error[USAGE]" },
  // Which files
  { what: "a file that is not there", argv: ["plan", "-f", "mash.yaml"], code: 1, stderr: "FILE_UNREADABLE" },
  { what: "a folder that is not there", argv: ["diff", "-f", "no/"], code: 2, stderr: "FILE_UNREADABLE" },
  { what: "a folder without declarations", argv: ["apply", "--yes", "-f", "clusters"], code: 1, stderr: "NO_INTENTS" },
  {
    what: "a manifest in place of a declaration",
    argv: ["plan", "-f", "clusters/cluster1/sleep.yaml"],
    code: 1,
    stderr: "KIND_UNKNOWN",
  },
  { what: "an empty standard input", argv: ["plan", "-f", "-"], input: "", code: 1, stderr: "NO_INTENTS" },
  {
    what: "UTF-16",
    argv: ["apply", "--yes"],
    before: write("a.yaml", Buffer.from(`\uFEFF${service("")}`, "utf16le")),
    code: 1,
    stderr: "a.yaml:1:1",
  },
  {
    what: "a slip in apiVersion",
    argv: ["apply", "--yes"],
    before: write("a.yaml", service("").replace("isthmus", "istmus")),
    code: 1,
    stderr: "a.yaml:1:13",
  },
  {
    what: "no apiVersion",
    argv: ["apply", "--yes"],
    before: write("a.yaml", "kind: SharedService\nmetadata: {name: a}\n"),
    code: 1,
    stderr: "FIELD_MISSING",
  },
  {
    what: "a slip in the kind",
    argv: ["plan"],
    before: write("a.yaml", service("").replace("SharedService", "SharedServcie")),
    code: 1,
    stderr: "did you mean SharedService?",
  },
  {
    what: "a tab in YAML",
    argv: ["plan"],
    before: write("a.yaml", service("spec:\n\tservedBy: [cluster2]\n")),
    code: 1,
    stderr: "YAML_INVALID",
  },
  {
    what: "a slip in a field",
    argv: ["apply", "--yes"],
    before: write("a.yaml", service("spec: {servdBy: [cluster2], consumers: [{clusters: [cluster1]}]}\n")),
    code: 1,
    stderr: "did you mean servedBy?",
  },
  {
    what: "the same declaration twice",
    argv: ["plan"],
    before: async (folder) => write("a.yaml", (await filesIn(folder))["httpbin.yaml"] ?? "")(folder),
    code: 1,
    stderr: "RESOURCE_DUPLICATE",
  },
  {
    what: "a cluster that is not declared",
    argv: ["plan"],
    before: write("a.yaml", service("spec: {servedBy: [clustre2], consumers: [{clusters: [cluster1]}]}\n")),
    code: 1,
    stderr: "CLUSTER_UNKNOWN",
  },
  {
    what: "a Service that is not there",
    argv: ["apply", "--yes"],
    before: write("a.yaml", service("spec: {servedBy: [cluster2], consumers: [{clusters: [cluster1]}]}\n")),
    code: 1,
    stderr: "SERVICE_MISSING",
    stdout: "Nothing was applied.",
  },
  {
    what: "a directory that was moved",
    argv: ["apply", "--yes"],
    before: (folder) => rename(join(folder, "clusters"), join(folder, "moved")),
    code: 1,
    stderr: "DIRECTORY_INVALID",
    stdout: anything,
  },
  {
    what: "a directory outside of the declarations",
    argv: ["apply", "--yes"],
    before: async (folder) => {
      const mesh = (await filesIn(folder))["mesh.yaml"] ?? "";
      await write("mesh.yaml", mesh.replace("clusters/cluster1", "../.."))(folder);
    },
    code: 1,
    stderr: "--trust-access",
    stdout: anything,
  },
  {
    what: "a link that leads nowhere",
    argv: ["plan", "-f", "gone.yaml"],
    before: (folder) => symlink("none", join(folder, "gone.yaml")),
    code: 1,
    stderr: "FILE_UNREADABLE",
  },
  // What deletes
  {
    what: "a declaration that was forgotten",
    argv: ["apply", "--yes"],
    before: (folder) => rm(join(folder, "httpbin.yaml")),
    code: 1,
    stderr: "MASS_DELETE",
    stdout: "Nothing was applied.",
  },
  {
    what: "only one of the files",
    argv: ["apply", "--yes", "-f", "mesh.yaml"],
    code: 1,
    stderr: "No file declares any longer",
    stdout: "Nothing was applied.",
  },
  {
    what: "a declaration that moved into a folder below",
    argv: ["apply", "--yes"],
    before: async (folder) => {
      await mkdir(join(folder, "team"));
      await rename(join(folder, "httpbin.yaml"), join(folder, "team/httpbin.yaml"));
    },
    code: 1,
    stderr: "-R reads them",
    stdout: "Nothing was applied.",
  },
  {
    what: "an apply that nobody can approve",
    argv: ["apply"],
    before: (folder) => rm(join(folder, "clusters/cluster1/isthmus"), { recursive: true }),
    code: 1,
    stderr: "CONFIRMATION_NEEDED",
  },
  {
    what: "fewer deletions allowed",
    argv: ["apply", "--yes", "--max-delete", "0"],
    before: (folder) => rm(join(folder, "httpbin.yaml")),
    code: 1,
    stderr: "MASS_DELETE",
    stdout: anything,
  },
  // Saved plans
  { what: "a saved plan that is not there", argv: ["apply", "saved.plan"], code: 1, stderr: "FILE_UNREADABLE" },
  { what: "a declaration as a saved plan", argv: ["apply", "mesh.yaml"], code: 1, stderr: "PLAN_INVALID" },
  { what: "a declaration that is shown as a plan", argv: ["show", "mesh.yaml"], code: 1, stderr: "PLAN_INVALID" },
  { what: "-f beside a saved plan", argv: ["apply", "saved.plan", "-f", "mesh.yaml"], code: 1, stderr: "leave out -f" },
  // connect and init
  {
    what: "a Service without its namespace",
    argv: ["connect", "other", "--from", "cluster2", "--to", "cluster1"],
    code: 1,
    stderr: "such as httpbin.bar",
  },
  { what: "no consumer", argv: ["connect", "other.bar", "--from", "cluster2"], code: 1, stderr: "--to" },
  {
    what: "a server that is not declared",
    argv: ["connect", "other.bar", "--from", "clustre2", "--to", "cluster1"],
    code: 1,
    stderr: "CLUSTER_UNKNOWN",
  },
  { what: "a Service that no cluster has", argv: connect, code: 1, stderr: "Nothing was written", stdout: anything },
  {
    what: "what is declared, in another form",
    argv: ["connect", "httpbin.bar", "--from", "cluster2", "--to", "cluster1/foo", "--as", "Mesh"],
    code: 1,
    stderr: "httpbin.yaml:",
  },
  {
    what: "a folder that is not there to connect in",
    argv: [...connect, "-f", "no/a.yaml"],
    code: 1,
    stderr: /FILE_UNREADABLE|WRITE_FAILED/,
  },
  {
    what: "a Service that is not shared",
    argv: ["disconnect", "httpbon.bar"],
    code: 1,
    stderr: "did you mean httpbin.bar?",
  },
  {
    what: "a consumer that is none",
    argv: ["disconnect", "httpbin.bar", "--to", "cluster1/none"],
    code: 1,
    stderr: "is not a consumer",
  },
  {
    what: "to connect while a file cannot be read",
    argv: ["connect", "httpbin.bar", "--from", "cluster2", "--to", "cluster1/other"],
    before: (folder) => recoded(folder, "httpbin.yaml"),
    code: 1,
    stderr: /FILE_UNREADABLE[\s\S]*Nothing was written/,
  },
  {
    what: "to connect while a file is too large",
    argv: connect,
    before: write("a.yaml", " ".repeat(20_000_000)),
    code: 1,
    stderr: /FILE_TOO_LARGE[\s\S]*Nothing was written/,
  },
  {
    what: "to disconnect while a file cannot be read",
    argv: ["disconnect", "httpbin.bar"],
    before: (folder) => recoded(folder, "mesh.yaml"),
    code: 1,
    stderr: /FILE_UNREADABLE[\s\S]*Nothing was written/,
  },
  {
    what: "to disconnect from what comes on standard input",
    argv: ["disconnect", "httpbin.bar", "-f", "-"],
    input: service("spec: {}\n"),
    code: 1,
    stderr: "standard input is not one",
  },
  { what: "to connect in standard input", argv: [...connect, "-f", "-"], code: 1, stderr: "standard input is not one" },
  {
    what: "init over a file",
    argv: ["init", "--context", "one"],
    before: write("kubeconfig", "{}"),
    code: 1,
    stderr: "error[",
  },
  {
    what: "a time without its unit",
    argv: ["plan"],
    before: write(
      "a.yaml",
      service("spec: {servedBy: [cluster2], consumers: [{clusters: [cluster1]}], traffic: {timeout: 5}}\n"),
    ),
    code: 1,
    stderr: "did you mean 5s?",
  },
  { what: "a destruction that nobody can approve", argv: ["destroy"], code: 1, stderr: "CONFIRMATION_NEEDED" },
  // Looking
  {
    what: "the status of a service with a slip",
    argv: ["status", "httpbon.bar"],
    code: 1,
    stderr: "did you mean httpbin.bar?",
  },
  {
    what: "a proof of a service with a slip",
    argv: ["verify", "httpbon.bar"],
    code: 2,
    stderr: "did you mean httpbin.bar?",
  },
  {
    what: "a code with a slip",
    argv: ["explain", "GATEWAY_NO_ADRESS"],
    code: 1,
    stderr: "did you mean GATEWAY_NO_ADDRESS?",
  },
  { what: "a caller without a cluster", argv: ["trace", "sleep", request[1]], code: 2, stderr: "error[USAGE]" },
  {
    what: "a caller in a cluster that is not declared",
    argv: ["trace", "sleep.foo@clustre1", request[1]],
    code: 2,
    stderr: "error[USAGE]",
  },
  {
    what: "a URL without a scheme",
    argv: ["trace", request[0], "httpbin.bar.cluster2"],
    code: 2,
    stderr: "error[USAGE]",
  },
  {
    what: "a scheme that is none",
    argv: ["doctor", request[0], "htp://httpbin.bar.cluster2"],
    code: 2,
    stderr: "error[USAGE]",
  },
  {
    what: "a name with a slip",
    argv: ["trace", request[0], "http://htpbin.bar.cluster2:8000/"],
    code: 1,
    stderr: "",
    stdout: "TRACE_HOST_UNKNOWN",
  },
  { what: "a service that is not shared, to be probed", argv: ["probe", "nope.bar"], code: 2, stderr: "error[USAGE]" },
  {
    what: "a cluster with a slip, to be checked",
    argv: ["check", "--cluster", "clustre1"],
    code: 2,
    stderr: "did you mean cluster1?",
  },
  { what: "a category that is none", argv: ["check", "--category", "gatewy"], code: 2, stderr: "gateway" },
  {
    what: "checks that a directory has none of",
    argv: ["check", "--category", "rights"],
    code: 2,
    stderr: "Nothing could be checked",
    stdout: anything,
  },
  {
    what: "a status of clusters that cannot be read",
    argv: ["status"],
    before: (folder) => rename(join(folder, "clusters"), join(folder, "moved")),
    code: 1,
    stderr: "DIRECTORY_INVALID",
    stdout: "not read",
  },
  {
    what: "a cluster with a slip, for its roles",
    argv: ["rbac", "clustre1"],
    code: 1,
    stderr: "did you mean cluster1?",
  },
  {
    what: "roles for a directory",
    argv: ["rbac", "cluster1"],
    code: 1,
    stderr: "files need no roles",
  },
  {
    what: "a kubeconfig that is not there",
    argv: ["check", "--context", "one", "--kubeconfig", "none"],
    code: 1,
    stderr: "",
    stdout: "KUBECONFIG_INVALID",
  },
  { what: "a shell that there is none of", argv: ["completion", "tcsh"], code: 1, stderr: "bash" },
];

test("there are at least sixty mistakes here", () => {
  expect(slips.length).toBeGreaterThanOrEqual(60);
});

test.each(slips)("$what: told, and nothing changes", async ({ argv, code, stderr, stdout, before, input }) => {
  const folder = await appliedFolder();
  await before?.(folder);
  const files = await filesIn(folder);

  const run = await runCli(folder, argv, { env: { KUBECONFIG: "" }, ...(input === undefined ? {} : { input }) });

  expect(run.stderr).toMatch(stderr);
  if (stdout === undefined) expect(run.stdout).toBe("");
  else expect(run.stdout).toMatch(stdout);
  expect(run.code).toBe(code);
  expect(run.stdout + run.stderr).not.toMatch(/in a way it should not|<code>|outputHelp|\bat .*\.ts:/);
  expect(await filesIn(folder)).toEqual(files);
});

test.each(slips.filter(({ argv }) => argv.length > 0 && !argv.includes("-o") && argv[0] !== "ca"))(
  "$what: data as well with -o json",
  async ({ argv, before, input }) => {
    const folder = await appliedFolder();
    await before?.(folder);

    const run = await runCli(folder, [...argv, "-o", "json"], {
      env: { KUBECONFIG: "" },
      ...(input === undefined ? {} : { input }),
    });

    expect(JSON.parse(run.stdout)).toMatchObject({ apiVersion: "output.isthmus.io/v1" });
  },
);

async function appliedFolder(): Promise<string> {
  const folder = await exampleFolder();
  await runCli(folder, ["apply", "--yes"]);
  return folder;
}
