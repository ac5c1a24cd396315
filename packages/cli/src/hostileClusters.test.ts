import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type FakeApiServer,
  gatewayService,
  namespace,
  node,
  pod,
  service,
  startFakeApiServer,
} from "@isthmus/testkit";
import { beforeAll, expect, test } from "vitest";
import { buildProgram } from "./testing/buildProgram.ts";
import { startHostileCluster } from "./testing/hostile/hostileCluster.ts";
import type { HostileMode } from "./testing/hostile/hostileMode.ts";
import { hostileModes } from "./testing/hostile/hostileModes.ts";
import { type ProgramRun, runProgram } from "./testing/runProgram.ts";

let program = "";

/** Milliseconds: more on a machine that is busy with other things. */
let deadline = 5000;

beforeAll(async () => {
  program = await buildProgram();
  const begin = performance.now();
  await runProgram(program, ["version", "--client"], { cwd: program, limit: 60_000 });
  deadline += Math.round(10 * (performance.now() - begin));
}, 60_000);

/** What a command says of the clusters that are sound, whatever the third one does. */
interface Command {
  readonly argv: readonly [string, ...string[]];
  readonly keeps: RegExp;
}

const url = "http://httpbin.bar.cluster2:8000";
const apply: Command = { argv: ["apply", "--yes"], keeps: /httpbin/ };
const commands: readonly Command[] = [
  { argv: ["plan"], keeps: /cluster1[\s\S]*httpbin/ },
  apply,
  { argv: ["status"], keeps: /cluster1 +.*v1\.37\.2/ },
  { argv: ["verify"], keeps: /httpbin\.bar\.cluster2/ },
  { argv: ["check", "-v"], keeps: /cluster1/ },
  { argv: ["version"], keeps: /cluster1 +v1\.37\.2/ },
  { argv: ["trace", "sleep.foo@cluster1", url], keeps: /sleep/ },
  { argv: ["doctor", "sleep.foo@cluster1", url], keeps: /sleep/ },
  { argv: ["diff"], keeps: /httpbin/ },
  { argv: ["destroy", "--yes"], keeps: /./ },
];

const isWhole = process.env.HOSTILE === "all";

/** Every fifth mode with one command; all of them with each by `npm run hostile`. */
const runs = hostileModes.flatMap((mode, index): readonly (readonly [string, string, HostileMode, Command])[] => {
  const fitting = mode.kind === "writes" ? [apply] : commands;
  const chosen = isWhole ? fitting : index % 5 === 0 ? fitting.slice((index / 5) % fitting.length).slice(0, 1) : [];
  return chosen.map((command) => [command.argv[0], mode.name, mode, command]);
});

test.concurrent.each(runs)(
  "%s ends in time beside a cluster that %s",
  async (_command, _name, mode, { argv, keeps }) => {
    await using mesh = await startMesh(mode);

    const run = await runProgram(
      program,
      [...argv, "--kubeconfig", "kubeconfig", "-f", "mesh.yaml", "--timeout", `${deadline}ms`],
      { cwd: mesh.folder, limit: 60_000 },
    );

    expect(faultsOf(run)).toEqual([]);
    expect(run.stdout + run.stderr).toMatch(keeps);
    // A cluster whose objects are not what they should be may be an error in what is declared: then nothing is written anywhere.
    const isRefused = mode.kind === "changes" && /^error\[/m.test(run.stdout + run.stderr);
    if (argv[0] === "apply") expect(mesh.written()).toBe(isRefused ? 0 : 3);
  },
);

/** What must not be, whatever a cluster does. */
function faultsOf({ code, stdout, stderr, milliseconds, megabytes }: ProgramRun): readonly string[] {
  const said = stdout + stderr;
  return [
    ...(code === 0 || code === 1 || code === 2 ? [] : [`ended by ${code}`]),
    ...(milliseconds < deadline + 2000 ? [] : [`took ${milliseconds} ms`]),
    ...(megabytes < 300 ? [] : [`took ${megabytes} MB`]),
    ...(/SECRET/.test(said) ? ["shows a secret"] : []),
    ...(/\n\s+at \S|in a way it should not|(Type|Range|Reference|Syntax)Error|node:/.test(said)
      ? ["shows its inside"]
      : []),
    // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what is looked for.
    ...(/[\u0000-\u0008\u000b-\u001f]/.test(said) ? ["moves the cursor"] : []),
  ];
}

const declared = `apiVersion: isthmus.io/v1alpha1
kind: MeshCluster
metadata: {name: cluster1}
---
apiVersion: isthmus.io/v1alpha1
kind: MeshCluster
metadata: {name: cluster2}
---
apiVersion: isthmus.io/v1alpha1
kind: MeshCluster
metadata: {name: hostile}
---
apiVersion: isthmus.io/v1alpha1
kind: SharedService
metadata: {name: httpbin, namespace: bar}
spec:
  servedBy: [cluster2]
  consumers: [{clusters: [cluster1], namespaces: [foo]}]
---
apiVersion: isthmus.io/v1alpha1
kind: SharedService
metadata: {name: echo, namespace: bar}
spec:
  servedBy: [cluster2]
  consumers: [{clusters: [hostile], namespaces: [foo]}]
`;

interface TestMesh extends AsyncDisposable {
  readonly folder: string;
  /** Writes to the sound clusters for the service that is only theirs. */
  written(): number;
}

async function startMesh(mode: HostileMode): Promise<TestMesh> {
  const [cluster1, cluster2, real] = await Promise.all([startSound(), startSound(), startSound()]);
  const hostile = await startHostileCluster(mode, real);
  const folder = await mkdtemp(join(tmpdir(), "isthmus-hostile-"));
  const kubeconfig = join(folder, "kubeconfig");
  await writeFile(
    kubeconfig,
    JSON.stringify(kubeconfigOf({ cluster1: cluster1.url, cluster2: cluster2.url, hostile: hostile.url }, mode)),
  );
  await writeFile(join(folder, "mesh.yaml"), declared);
  return {
    folder,
    written: () => [...cluster1.writes, ...cluster2.writes].filter(({ path }) => path.includes("httpbin")).length,
    async [Symbol.asyncDispose]() {
      await hostile[Symbol.asyncDispose]();
      await Promise.all([cluster1, cluster2, real].map((server) => server.stop()));
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function startSound(): Promise<FakeApiServer> {
  const server = await startFakeApiServer();
  server.seed([
    ...["foo", "bar"].map((name) => namespace(name)),
    ...[node("node", "127.0.0.1"), gatewayService(), pod("foo/sleep")],
    ...["bar/httpbin", "bar/echo"].flatMap((name) => [service(name), pod(name)]),
  ]);
  return server;
}

function kubeconfigOf(servers: Readonly<Record<string, string>>, mode: HostileMode): object {
  const names = Object.keys(servers);
  const exec = {
    ...{ apiVersion: "client.authentication.k8s.io/v1", interactiveMode: "Never" },
    ...{ command: "bash", args: ["-c", mode.kind === "plugin" ? mode.script : ""] },
  };
  const user = (name: string) =>
    name === "hostile" && mode.kind === "plugin" ? { exec } : { token: `SECRET-${name}` };
  return {
    apiVersion: "v1",
    kind: "Config",
    clusters: names.map((name) => ({ name, cluster: { server: servers[name] } })),
    users: names.map((name) => ({ name, user: user(name) })),
    contexts: names.map((name) => ({ name, context: { cluster: name, user: name } })),
  };
}
