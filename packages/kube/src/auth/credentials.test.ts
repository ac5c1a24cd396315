import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type FakeApiServer, startFakeApiServer } from "@isthmus/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { UserAccess } from "../clusterAccess.ts";
import { createKubeClient } from "../createKubeClient.ts";
import type { KubeClient } from "../kubeClient.ts";
import { impersonationHeaders } from "./impersonationHeaders.ts";

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "isthmus-credentials-"));
});

afterAll(() => rm(folder, { recursive: true }));

test("a token that the server refuses is CLUSTER_UNAUTHORIZED, and is not shown", async () => {
  await using bench = await open({ token: "s3cr3t-token" });

  const failure = await failureOf(bench.client.version());

  expect(failure).toMatchObject({ code: "CLUSTER_UNAUTHORIZED", at: "fake" });
  expect(inspect(failure)).not.toContain("s3cr3t");
  expect(bench.server.requests).toHaveLength(1);
});

test("a token file is read again when its token is refused, and after a minute", async () => {
  let now = 0;
  const tokenFile = join(folder, "token");
  await writeFile(tokenFile, "old\n");
  await using bench = await open({ tokenFile }, () => now);
  bench.server.tokens = ["old"];
  await bench.client.version();

  await writeFile(tokenFile, "new\n");
  bench.server.tokens = ["new"];
  await bench.client.version();
  await writeFile(tokenFile, "newest\n");
  bench.server.tokens = ["new", "newest"];
  now += 61_000;
  await bench.client.version();
  bench.server.tokens = ["newest"];
  await bench.client.version();

  // Only the second call was refused first.
  expect(bench.server.requests).toHaveLength(5);
});

test("a plugin is asked once for all requests, and again when what it gave is refused", async () => {
  const log = join(folder, "runs.log");
  const command = await plugin(
    "counting",
    `
    const { appendFileSync, readFileSync } = require("node:fs");
    appendFileSync(${JSON.stringify(log)}, "x");
    const token = "token" + readFileSync(${JSON.stringify(log)}, "utf8").length;
    console.log(JSON.stringify({ apiVersion: "client.authentication.k8s.io/v1", kind: "ExecCredential", status: { token } }));`,
  );
  await using bench = await open({ exec: exec(command) });
  bench.server.tokens = ["token1"];
  await Promise.all([bench.client.version(), bench.client.version(), bench.client.version()]);

  bench.server.tokens = ["token2"];
  await bench.client.version();
  await bench.client.version();

  expect(bench.server.requests).toHaveLength(6);
});

test("a plugin is asked again before what it gave expires", async () => {
  let now = Date.parse("2030-01-01T00:00:00Z");
  const log = join(folder, "expiry.log");
  const command = await plugin(
    "expiring",
    `
    const { appendFileSync, readFileSync } = require("node:fs");
    appendFileSync(${JSON.stringify(log)}, "x");
    const token = "token" + readFileSync(${JSON.stringify(log)}, "utf8").length;
    const expirationTimestamp = token === "token1" ? "2030-01-01T01:00:00Z" : "2030-01-01T02:00:00Z";
    console.log(JSON.stringify({ status: { token, expirationTimestamp } }));`,
  );
  await using bench = await open({ exec: exec(command) }, () => now);
  bench.server.tokens = ["token1"];
  await bench.client.version();

  now += 59 * 60_000 + 55_000;
  bench.server.tokens = ["token1", "token2"];
  await bench.client.version();
  bench.server.tokens = ["token2"];
  await bench.client.version();

  expect(bench.server.requests).toHaveLength(3);
});

test("a plugin gets its arguments, its environment and what it asked to know of the cluster", async () => {
  const command = await plugin(
    "curious",
    `
    const { spec } = JSON.parse(process.env.KUBERNETES_EXEC_INFO);
    const token = [process.argv[2], process.env.WHO, spec.interactive, new URL(spec.cluster.server).hostname, spec.cluster.config.audience].join();
    console.log(JSON.stringify({ status: { token } }));`,
  );
  const plug = { ...exec(command), args: ["get-token"], env: [{ name: "WHO", value: "me" }], provideClusterInfo: true };
  await using bench = await open({ exec: { ...plug, clusterConfig: { audience: "x" } } });
  bench.server.tokens = ["get-token,me,false,127.0.0.1,x"];

  expect(await bench.client.version()).toBe("v1.37.2");
});

test("a plugin that fails is CLUSTER_UNAUTHORIZED with the first line that it said, without tokens", async () => {
  const command = await plugin(
    "failing",
    `
    console.error("login has run out: token=abc123 Bearer abc123 https://me:abc123@idp.example\\nat somewhere");
    process.exit(3);`,
  );
  await using bench = await open({ exec: exec(command) });

  const failure = await failureOf(bench.client.version());

  expect(failure).toMatchObject({
    code: "CLUSTER_UNAUTHORIZED",
    message: `cluster fake: the credential plugin ${command} ended with code 3: login has run out: token=… Bearer … https://…@idp.example`,
  });
  expect(bench.server.requests).toEqual([]);
});

test("a plugin that is not installed says how to install it", async () => {
  await using bench = await open({
    exec: { ...exec("isthmus-no-such-plugin"), installHint: "Get it from example.com." },
  });

  expect(await failureOf(bench.client.version())).toMatchObject({
    code: "CLUSTER_UNAUTHORIZED",
    message: "cluster fake: the credential plugin isthmus-no-such-plugin is not installed",
    hint: "Get it from example.com.",
  });
});

test("a plugin that prints something else is CLUSTER_UNAUTHORIZED, and what it printed is not shown", async () => {
  const command = await plugin("chatty", 'console.log("s3cr3t");');
  await using bench = await open({ exec: exec(command) });

  const failure = await failureOf(bench.client.version());

  expect(failure).toMatchObject({ code: "CLUSTER_UNAUTHORIZED" });
  expect(inspect(failure)).not.toContain("s3cr3t");
});

test("a plugin that prints without an end is ended, and is CLUSTER_UNAUTHORIZED", async () => {
  const command = await plugin("endless", `for (;;) require("node:fs").writeSync(1, "x".repeat(65536));`);
  await using bench = await open({ exec: exec(command) });

  expect(await failureOf(bench.client.version())).toMatchObject({
    code: "CLUSTER_UNAUTHORIZED",
    message: `cluster fake: the credential plugin ${command} printed more than 1 MB`,
  });
});

test("an abort does not wait for a plugin", async () => {
  const command = await plugin("slow", "setTimeout(() => {}, 60_000);");
  await using bench = await open({ exec: exec(command) });

  expect(await failureOf(bench.client.version({ signal: AbortSignal.timeout(50) }))).toMatchObject({
    name: "TimeoutError",
  });
});

test("an oidc user's id token is sent while it is valid; one that ran out with nothing to renew it is CLUSTER_UNAUTHORIZED", async () => {
  const jwt = (exp: number) =>
    [{ alg: "none" }, { exp }, {}].map((part) => Buffer.from(JSON.stringify(part)).toString("base64url")).join(".");
  const valid = jwt(Math.floor(Date.now() / 1000) + 3600);
  const old = jwt(Math.floor(Date.now() / 1000) - 3600);
  await using bench = await open({ oidc: { "id-token": valid } });
  await using late = await open({ oidc: { "id-token": old } });
  bench.server.tokens = [valid];

  expect(await bench.client.version()).toBe("v1.37.2");
  expect(await failureOf(late.client.version())).toMatchObject({ code: "CLUSTER_UNAUTHORIZED" });
});

test("impersonation names user, groups and extra fields in headers", () => {
  expect(
    impersonationHeaders({ user: "jane", uid: "7", groups: ["dev", "ops"], extra: { "Acme.com/Team": ["a"] } }),
  ).toEqual({
    "impersonate-user": "jane",
    "impersonate-uid": "7",
    "impersonate-group": ["dev", "ops"],
    "impersonate-extra-acme.com%2Fteam": ["a"],
  });
});

function exec(command: string) {
  return { apiVersion: "client.authentication.k8s.io/v1", command, args: [], env: [], provideClusterInfo: false };
}

async function plugin(name: string, script: string): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, `#!${process.execPath}\n${script}`);
  await chmod(path, 0o755);
  return path;
}

interface Bench extends AsyncDisposable {
  readonly server: FakeApiServer;
  readonly client: KubeClient;
}

async function open(user: UserAccess, now: () => number = Date.now): Promise<Bench> {
  const server = await startFakeApiServer({ tokens: ["none"] });
  const timing = { now, random: () => 0, sleep: async () => {} };
  const client = createKubeClient({ name: "fake", server: server.url, user }, { timing });
  return {
    server,
    client,
    async [Symbol.asyncDispose]() {
      await client.close();
      await server.stop();
    },
  };
}

async function failureOf(call: Promise<unknown>): Promise<unknown> {
  return call.then(
    () => "no failure",
    (failure: unknown) => failure,
  );
}

function inspect(failure: unknown): string {
  return failure instanceof Error
    ? `${failure.stack} ${String(failure.cause)} ${JSON.stringify(failure)}`
    : String(failure);
}
