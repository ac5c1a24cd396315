import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { startFakeApiServer } from "@isthmus/testkit";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { buildProgram } from "./testing/buildProgram.ts";
import { emptyFolder, exampleFolder } from "./testing/runCli.ts";
import { version } from "./version.ts";

const exec = promisify(execFile);

const work = await mkdtemp(join(tmpdir(), "isthmus-package-"));
/** An empty folder into which the packed npm package is installed without network. */
const installed = join(work, "installed");
/** What it prints for bash to load. */
const bashScript = join(work, "completion.bash");

beforeAll(async () => {
  const packed = join(work, "packed");
  for (const folder of [installed, packed]) await mkdir(folder);
  await exec("npm", ["pack", await buildProgram(), "--pack-destination", packed], { cwd: packed });
  const [tarball = ""] = await readdir(packed);
  await exec("npm", ["install", "--offline", "--no-audit", "--no-fund", join(packed, tarball)], { cwd: installed });
  await writeFile(bashScript, (await isthmus(installed, ["completion", "bash"])).stdout);
}, 60_000);

afterAll(() => rm(work, { recursive: true, force: true }));

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Starts the installed `isthmus`; `during` may meddle with it. */
function isthmus(
  cwd: string,
  argv: readonly string[],
  during: (child: ReturnType<typeof spawn>) => void = () => {},
): Promise<Ended> {
  const path = `${join(installed, "node_modules/.bin")}${delimiter}${process.env.PATH}`;
  const child = spawn("isthmus", argv, { cwd, env: { ...process.env, PATH: path } });
  const text = { stdout: "", stderr: "" };
  child.stdout.on("data", (chunk: Buffer) => {
    text.stdout += chunk;
  });
  child.stderr.on("data", (chunk: Buffer) => {
    text.stderr += chunk;
  });
  during(child);
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => resolve({ code, ...text }));
  });
}

test("the package is one program with licence and readme, and brings no dependencies", async () => {
  const folder = join(installed, "node_modules/isthmus");

  expect((await readdir(folder)).sort()).toEqual(["LICENSE", "README.md", "isthmus.js", "lib", "package.json"]);
  expect((await readdir(join(installed, "node_modules"))).filter((name) => !name.startsWith("."))).toEqual(["isthmus"]);
  expect(JSON.parse(await readFile(join(folder, "package.json"), "utf8"))).toMatchObject({ name: "isthmus", version });
  expect((await stat(join(folder, "isthmus.js"))).mode & 0o111).not.toBe(0);
});

test("the installed program tells its version", async () => {
  const run = await isthmus(installed, ["--version"]);

  expect(run).toEqual({ code: 0, stdout: `${version}\n`, stderr: "" });
});

test("plan loads what it needs and no more: an import leads to the file that declares a name, not to all of its package", async () => {
  const lib = join(installed, "node_modules/isthmus/lib");
  const [start = ""] = (await readdir(lib)).filter((name) => /^plan-\w+\.js$/.test(name));
  const texts = new Map<string, string>();
  for (const open = [start]; open.length > 0; ) {
    const name = open.pop() ?? "";
    if (texts.has(name)) continue;
    const text = await readFile(join(lib, name), "utf8");
    texts.set(name, text);
    open.push(...[...text.matchAll(/(?:from|import)"\.\/([^"]+)"/g)].map(([, next = ""]) => next));
  }
  const all = [...texts.values()].join("");

  expect(all).toContain("SharedService");
  expect(all).not.toContain("AlgorithmIdentifier");
  expect(all.length).toBeLessThan(1_000_000);
});

test("the installed program runs the demo and explains a problem: it has its files inside", async () => {
  const folder = await emptyFolder();

  const demo = await isthmus(folder, ["demo"]);
  const explained = await isthmus(folder, ["explain", "USAGE"]);

  expect(demo).toMatchObject({ code: 0, stderr: "", stdout: expect.stringContaining("1 path, all hops in place.") });
  expect(explained).toMatchObject({ code: 0, stdout: expect.stringContaining("USAGE") });
});

test("the installed program speaks to an API server, by a kubeconfig in YAML: what is loaded on the way is inside as well", async () => {
  const folder = await emptyFolder();
  const server = await startFakeApiServer();
  onTestFinished(() => server.stop());
  server.seed([{ apiVersion: "v1", kind: "Namespace", metadata: { name: "istio-system" } }]);
  const kubeconfig = [
    "current-context: cluster1",
    `clusters: [{name: c, cluster: {server: "${server.url}"}}]`,
    "users: [{name: u, user: {}}]",
    "contexts: [{name: cluster1, context: {cluster: c, user: u}}]",
  ];
  await writeFile(join(folder, "kubeconfig"), kubeconfig.join("\n"));
  const declared = ["Mesh", "MeshCluster"].map(
    (kind) => `apiVersion: isthmus.io/v1alpha1\nkind: ${kind}\nmetadata: {name: cluster1}\n`,
  );
  await writeFile(join(folder, "mesh.yaml"), declared.join("---\n"));

  const run = await isthmus(folder, ["plan", "--kubeconfig", "kubeconfig"]);

  expect(run).toEqual({
    code: 0,
    stdout: "Plan: 0 to create, 0 to update, 0 to delete, 0 unchanged.\n",
    stderr: "No path is declared.\n",
  });
});

test("the installed program serves an assistant until it hangs up", async () => {
  const lines = [
    {
      ...{ id: 1, method: "initialize" },
      params: { protocolVersion: "2025-06-18", capabilities: {}, clientInfo: { name: "assistant", version: "1" } },
    },
    { method: "notifications/initialized" },
    { id: 2, method: "tools/call", params: { name: "explain", arguments: { word: "USAGE" } } },
  ].map((message) => `${JSON.stringify({ jsonrpc: "2.0", ...message })}\n`);
  const run = await isthmus(await emptyFolder(), ["mcp"], ({ stdin, stdout }) => {
    stdin?.write(lines.join(""));
    stdout?.on("data", (answer: Buffer) => {
      if (`${answer}`.includes('"id":2')) stdin?.end();
    });
  });

  expect(run).toMatchObject({ code: 0, stderr: "", stdout: expect.stringContaining("USAGE\\n") });
});

test("a reader that goes away is not an error, and the work is finished", async () => {
  const folder = await exampleFolder();

  const run = await isthmus(folder, ["apply", "--yes"], (child) => {
    child.stdout?.destroy();
    child.stderr?.destroy();
  });

  expect(run.code).toBe(0);
  expect((await isthmus(folder, ["diff"])).code).toBe(0);
});

test("Ctrl-C ends with 130, also while it waits for input", async () => {
  const run = await isthmus(await emptyFolder(), ["plan", "-f", "-"], (child) => {
    // More than a pipe holds: once it is taken, the program reads, and goes on to wait for the end.
    child.stdin?.write("#\n".repeat(1_000_000), () => child.kill("SIGINT"));
  });

  expect(run).toMatchObject({ code: 130, stdout: "" });
});

test("a second signal ends at once, also while a pipe is read that nobody writes any longer", async () => {
  const program = join(installed, "node_modules/.bin/isthmus");
  // More than a pipe holds: "reading" is said once the program reads.
  const pipe = "head -c 1000000 /dev/zero | tr '\\0' '#'; echo reading >&2; exec sleep 15";
  const child = spawn("bash", ["-c", `exec "${process.execPath}" "${program}" plan -f <(${pipe})`], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  const began = await new Promise<number>((resolve) => {
    child.stderr.on("data", (chunk: Buffer) => {
      if (`${chunk}`.includes("reading")) resolve(performance.now());
    });
  });
  const ended = new Promise<NodeJS.Signals | number | null>((resolve) => {
    child.on("exit", (code, signal) => resolve(signal ?? code));
  });

  // By then it has taken what was written, and waits.
  await sleep(1000);
  child.kill("SIGTERM");
  await sleep(500);
  child.kill("SIGTERM");

  expect(await ended).toBe("SIGTERM");
  expect(performance.now() - began).toBeLessThan(10_000);
});

/** What a real bash without bash-completion offers after the script was loaded twice. */
async function bashOffers(
  folder: string,
  line: string,
): Promise<{ readonly offered: string; readonly stderr: string }> {
  const path = `${join(installed, "node_modules/.bin")}${delimiter}${process.env.PATH}`;
  const keys = `
    source ${bashScript}
    source ${bashScript}
    COMP_LINE='${line}'; COMP_POINT=\${#COMP_LINE}
    __isthmus_complete
    printf '%s\\n' "\${COMPREPLY[@]}"`;
  const bash = ["--norc", "--noprofile", "-c", keys];
  const { stdout, stderr } = await exec("bash", bash, { cwd: folder, env: { HOME: folder, PATH: path } });
  return { offered: stdout.trim(), stderr };
}

test.each([
  ["isthmus pl", "plan"],
  ["isthmus explain MASS_", "MASS_DELETE"],
  ["isthmus status ", "httpbin.bar"],
  ["isthmus status --cluster=cluster1", "cluster1"],
  ["isthmus trace sl", "sleep.foo@cluster1"],
  ["isthmus trace outside@cluster2", "cluster2"],
  ["isthmus plan $(touch made) --no-pr", "--no-prune"],
])("bash completes %j with %j", async (line, offered) => {
  const folder = await exampleFolder();

  expect(await bashOffers(folder, line)).toEqual({ offered, stderr: "" });
  expect(await readdir(folder)).not.toContain("made");
});

test("completion knows what -f and --kubeconfig earlier on the line name", async () => {
  const folder = await emptyFolder();
  const example = await exampleFolder();
  const contexts = [{ name: "elsewhere", context: { cluster: "c", user: "u" } }];
  await writeFile(join(folder, "config"), JSON.stringify({ apiVersion: "v1", kind: "Config", contexts }));

  const services = await bashOffers(folder, `isthmus -f ${example} status `);
  const found = await bashOffers(folder, "isthmus --kubeconfig=config status --context ");

  expect([services, found]).toEqual([
    { offered: "httpbin.bar", stderr: "" },
    { offered: "elsewhere", stderr: "" },
  ]);
});

/** What a shell that is here offers, in its own words. */
const others = {
  zsh: (line: string) => [
    "-f",
    "-c",
    `autoload -Uz compinit; compinit -u -D
     source <(isthmus completion zsh)
     _describe() { print -rl -- "\${(@P)2}" }
     words=(${line} ''); CURRENT=\${#words}; _isthmus`,
  ],
  fish: (line: string) => ["--no-config", "-c", `isthmus completion fish | source; complete --do-complete '${line} '`],
};

test.each(["zsh", "fish"] as const)("%s offers what its script asks for, where it is installed", async (shell) => {
  const isThere = await exec(shell, ["-c", "exit"]).then(
    () => true,
    () => false,
  );
  const folder = await exampleFolder();
  const path = `${join(installed, "node_modules/.bin")}${delimiter}${process.env.PATH}`;
  const run = (line: string) => exec(shell, others[shell](line), { cwd: folder, env: { HOME: folder, PATH: path } });

  // zsh takes what follows a colon for what a word means.
  if (isThere) expect((await run("isthmus status")).stdout).toMatch(/^httpbin\.bar:?$/m);
});

test("bash puts a name in quotes that it would act on", async () => {
  const folder = await exampleFolder();
  await mkdir(join(folder, ".kube"));
  const contexts = [{ name: "eu;$(touch made)", context: { cluster: "c", user: "u" } }];
  await writeFile(join(folder, ".kube/config"), JSON.stringify({ apiVersion: "v1", kind: "Config", contexts }));

  const offered = "eu\\;\\$\\(touch\\ made\\)";
  expect(await bashOffers(folder, "isthmus init --context eu")).toEqual({ offered, stderr: "" });
});

test("Tab in a real bash on a terminal completes a service", async () => {
  const folder = await exampleFolder();
  const path = `${join(installed, "node_modules/.bin")}${delimiter}${process.env.PATH}`;
  const child = spawn("script", ["-qec", "bash --norc --noprofile -i", "/dev/null"], {
    cwd: folder,
    env: { HOME: folder, PATH: path, TERM: "dumb", PS1: "> " },
  });
  onTestFinished(() => void child.kill());
  let text = "";
  child.stdout.on("data", (chunk: Buffer) => {
    text += chunk;
  });
  const until = async (wanted: RegExp) => {
    for (let tries = 0; tries < 200 && !wanted.test(text); tries += 1) await sleep(100);
    expect(text).toMatch(wanted);
  };
  child.stdin.write("source <(isthmus completion bash); echo load''ed\n");
  await until(/loaded/);
  child.stdin.write("isthmus status htt\t -o name\n");
  await until(/bar\/httpbin/);
  const ended = once(child, "close");
  child.stdin.end("exit\n");
  // What still runs in the folder would write into it while it is removed.
  await ended;
}, 60_000);
