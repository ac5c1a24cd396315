import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { MeshError } from "@isthmus/core";
import { afterAll, afterEach, beforeAll, expect, test, vi } from "vitest";
import { connect } from "./connect.ts";
import { listContexts } from "./listContexts.ts";

const two = `apiVersion: v1
kind: Config
current-context: cluster1
contexts:
- {name: cluster1, context: {cluster: cluster1, user: admin1}}
- {name: cluster2, context: {cluster: cluster2, user: admin1}}
clusters:
- {name: cluster1, cluster: {server: https://192.0.2.1:6443}}
- {name: cluster2, cluster: {server: https://192.0.2.2:6443}}
users:
- {name: admin1, user: {token: secret1}}
`;

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "isthmus-kubeconfig-"));
});

afterAll(() => rm(folder, { recursive: true }));

afterEach(() => {
  vi.unstubAllEnvs();
});

test("the current context is taken unless another is named", async () => {
  const path = await kubeconfig("two.yaml", two);

  const current = await connect({ kubeconfigPath: path });
  const named = await connect({ kubeconfigPath: path, context: "cluster2" });

  expect([current.server, named.server]).toEqual(["https://192.0.2.1:6443", "https://192.0.2.2:6443"]);
  expect(await listContexts(path)).toEqual({ names: ["cluster1", "cluster2"], current: "cluster1" });
});

test("files of $KUBECONFIG are merged, the first one wins, those that do not exist are skipped", async () => {
  const first = await kubeconfig("first.yaml", two.replace("current-context: cluster1\n", ""));
  const second = await kubeconfig(
    "second.yaml",
    two.replaceAll("192.0.2.1", "198.51.100.1").replaceAll("cluster2", "cluster3").replaceAll("cluster1", "cluster2"),
  );
  vi.stubEnv("KUBECONFIG", [join(folder, "absent.yaml"), first, second].join(delimiter));

  expect(await listContexts()).toEqual({ names: ["cluster1", "cluster2", "cluster3"], current: "cluster2" });
  expect((await connect()).server).toBe("https://192.0.2.2:6443");
});

test.each(["[", "{a: ", "- ", '{"a":'])(
  "a kubeconfig that nests %j without end is told, in YAML and JSON",
  async (open) => {
    const path = await kubeconfig("deep.yaml", `extensions: ${open.startsWith("-") ? "\n" : ""}${open.repeat(2_000)}`);
    const closed = await kubeconfig("deep.json", `{"a":${"[".repeat(2_000)}${"]".repeat(2_000)}}`);

    for (const file of [path, closed]) {
      await expect(listContexts(file)).rejects.toMatchObject({
        code: "KUBECONFIG_INVALID",
        message: expect.stringMatching(/is nested deeper than 100 levels$/),
      });
    }
  },
);

test("without $KUBECONFIG it is ~/.kube/config", async () => {
  await mkdir(join(folder, ".kube"));
  await kubeconfig(join(".kube", "config"), two);
  vi.stubEnv("KUBECONFIG", "");
  vi.stubEnv("HOME", folder);

  expect((await connect()).server).toBe("https://192.0.2.1:6443");
});

test("a pod's service account is used where there is no kubeconfig, and there is none here", async () => {
  vi.stubEnv("KUBECONFIG", "");
  vi.stubEnv("HOME", join(folder, "nobody"));

  expect(await problem(connect())).toMatchObject({ code: "KUBECONFIG_INVALID" });
  expect(await listContexts()).toEqual({ names: [] });
});

test("an unknown context is answered with the one that was probably meant, and all there are", async () => {
  const path = await kubeconfig("unknown.yaml", two);

  expect(await problem(connect({ kubeconfigPath: path, context: "clustr2" }))).toMatchObject({
    code: "KUBECONFIG_INVALID",
    at: path,
    message: `kubeconfig ${path} has no context clustr2`,
    hint: "Did you mean cluster2? There are: cluster1, cluster2.",
  });
});

test.each([
  ["no current context", "apiVersion: v1\nkind: Config\n", "has no current context"],
  ["a list for a map", "- a\n", "the file must be a map"],
  [
    "a cluster that is not there",
    two.replace("name: cluster1, cluster:", "name: other, cluster:"),
    "names the cluster cluster1",
  ],
  ["a user that is not there", two.replace("name: admin1, user:", "name: other, user:"), "names the user admin1"],
  [
    "no server",
    two.replace("server: https://192.0.2.1:6443", "proxy-url: http://192.0.2.9"),
    "clusters[0].cluster.server is missing",
  ],
  [
    "a server that is not a URL",
    two.replace("https://192.0.2.1:6443", "192.0.2.1:6443"),
    "clusters[0].cluster.server is not an http or https URL",
  ],
  ["a token that is a number", two.replace("token: secret1", "token: 12345"), "users[0].user.token must be a string"],
  [
    "a certificate without its key",
    two.replace("token: secret1", "client-certificate: a.crt"),
    "only one of client-certificate and client-key",
  ],
  ["an auth-provider of the past", two.replace("token: secret1", "auth-provider: {name: gcp}"), "no longer supported"],
  ["no YAML", `${two}  token: "s3cr3t\n: {`, "is not valid YAML"],
])(
  "a kubeconfig with %s is KUBECONFIG_INVALID and says where, and never quotes a secret",
  async (name, text, message) => {
    const path = await kubeconfig(`${name.replaceAll(" ", "-")}.yaml`, text);

    const found = await problem(connect({ kubeconfigPath: path }));

    expect(found).toMatchObject({ code: "KUBECONFIG_INVALID", message: expect.stringContaining(message) });
    expect(JSON.stringify(found)).not.toMatch(/secret1|12345|s3cr3t/);
  },
);

test("a kubeconfig that does not exist or is enormous is KUBECONFIG_INVALID", async () => {
  const large = await kubeconfig("large.yaml", `# ${"x".repeat(9 * 1024 * 1024)}`);

  expect(await problem(connect({ kubeconfigPath: join(folder, "absent.yaml") }))).toMatchObject({
    code: "KUBECONFIG_INVALID",
    message: expect.stringContaining("does not exist"),
  });
  expect(await problem(connect({ kubeconfigPath: large }))).toMatchObject({ code: "KUBECONFIG_INVALID" });
});

test("a kubeconfig whose aliases explode is KUBECONFIG_INVALID, at once", async () => {
  const levels = Array.from(
    { length: 12 },
    (_, level) => `l${level + 1}: &l${level + 1} [${`*l${level}, `.repeat(9)}]`,
  );
  const path = await kubeconfig("bomb.yaml", ["l0: &l0 x", ...levels].join("\n"));

  expect(await problem(connect({ kubeconfigPath: path }))).toMatchObject({ code: "KUBECONFIG_INVALID" });
});

test("a credential file that is gone is KUBECONFIG_INVALID at the first call", async () => {
  const path = await kubeconfig("gone.yaml", two.replace("token: secret1", "tokenFile: absent.token"));
  const client = await connect({ kubeconfigPath: path });

  expect(await problem(client.version())).toMatchObject({
    code: "KUBECONFIG_INVALID",
    at: join(folder, "absent.token"),
  });

  await client.close();
});

async function kubeconfig(name: string, text: string): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, text);
  return path;
}

async function problem(call: Promise<unknown>): Promise<unknown> {
  return call.then(
    () => "no problem",
    (failure: unknown) => (failure instanceof MeshError ? failure.problem : failure),
  );
}

const access = (cluster: string, user: string) => `apiVersion: v1
kind: Config
current-context: c
contexts: [{name: c, context: {cluster: c, user: u}}]
clusters: [{name: c, cluster: {${cluster}}}]
users: [{name: u, user: {${user}}}]
`;

test.each([
  ["token: secret1"],
  ["tokenFile: token"],
  ["username: me, password: secret1"],
  ["exec: {apiVersion: client.authentication.k8s.io/v1, command: plugin}"],
])("credentials (%s) do not go over plain http, unless asked or on this machine", async (user) => {
  const at = async (cluster: string) =>
    connect({ kubeconfigPath: await kubeconfig("plain.yaml", access(cluster, user)) });

  const refused = await at("server: http://192.0.2.1:8080").catch((error: unknown) => error);

  expect(refused).toBeInstanceOf(MeshError);
  expect(refused).toMatchObject({ code: "KUBECONFIG_INVALID", message: expect.stringContaining("unencrypted") });
  expect(String(refused)).not.toContain("secret1");
  await expect(at("server: http://127.0.0.1:8001")).resolves.toBeDefined();
  await expect(at("server: http://192.0.2.1:8080, insecure-skip-tls-verify: true")).resolves.toBeDefined();
  await expect(at("server: https://192.0.2.1:6443")).resolves.toBeDefined();
});

test.each([
  ["exec: {apiVersion: client.authentication.k8s.io/v1, command: plugin}", "would run plugin"],
  ["tokenFile: /etc/hostname", "would read /etc/hostname"],
  ["client-certificate: ../cert.pem, client-key: ../key.pem", "which is outside its folder"],
])("a kubeconfig that somebody else names does nothing but what its folder holds: %s", async (user, why) => {
  const kubeconfigPath = await kubeconfig("declared.yaml", access("server: https://192.0.2.1:6443", user));

  await expect(connect({ kubeconfigPath, isTrusted: false })).rejects.toMatchObject({
    code: "KUBECONFIG_INVALID",
    message: expect.stringContaining(why),
  });
  await expect(connect({ kubeconfigPath })).resolves.toBeDefined();
});

test.each([
  ["exec: {apiVersion: client.authentication.k8s.io/v1, command: plugin}", "would run plugin"],
  ["tokenFile: token", "which is a file of this machine"],
])("a kubeconfig that is given as a text runs nothing and reads no file: %s", async (user, why) => {
  const given = { name: "Secret a/b kubeconfig", text: access("server: https://192.0.2.1:6443", user) };
  const own = access("server: https://192.0.2.1:6443", "token: secret1");

  await expect(connect({ given })).rejects.toMatchObject({
    code: "KUBECONFIG_INVALID",
    message: expect.stringContaining(why),
  });
  await expect(connect({ given: { ...given, text: own } })).resolves.toBeDefined();
});

test("a kubeconfig that somebody else names may bring its credentials with it", async () => {
  const token = await kubeconfig("token.yaml", access("server: https://192.0.2.1:6443", "token: secret1"));
  const beside = await kubeconfig("beside.yaml", access("server: https://192.0.2.1:6443", "tokenFile: token"));

  await expect(connect({ kubeconfigPath: token, isTrusted: false })).resolves.toBeDefined();
  await expect(connect({ kubeconfigPath: beside, isTrusted: false })).resolves.toBeDefined();
});
