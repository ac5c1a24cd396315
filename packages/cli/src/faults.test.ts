import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import {
  createTestAuthority,
  type FakeApiServer,
  gatewayService,
  namespace,
  node,
  pod,
  service,
  startFakeApiServer,
} from "@isthmus/testkit";
import { expect, test } from "vitest";
import { emptyFolder, runCli } from "./testing/runCli.ts";

const day = 24 * 3_600_000;
const authority = await createTestAuthority();
const serverCertificate = await authority.issue("CN=server");

/** One API server that stands for both clusters: it has what either needs. */
async function startCluster(): Promise<FakeApiServer> {
  const server = await startFakeApiServer({
    tls: { ...serverCertificate, clientAuthority: authority.certificate },
  });
  server.seed([
    namespace("foo"),
    namespace("bar"),
    node("node", "192.0.2.1"),
    gatewayService(),
    pod("foo/sleep"),
    service("bar/httpbin"),
    pod("bar/httpbin"),
  ]);
  return server;
}

interface Kubeconfig {
  readonly server: string;
  readonly until?: Date;
  readonly text?: string;
}

async function userFolder({ server, until, text }: Kubeconfig): Promise<{ folder: string; kubeconfig: string }> {
  const folder = await emptyFolder();
  const client = await authority.issue("CN=admin", until === undefined ? {} : { until });
  const base64 = (pem: string) => Buffer.from(pem).toString("base64");
  const contexts = ["cluster1", "cluster2"].map((name) => ({ name, context: { cluster: "fake", user: "admin" } }));
  const config = {
    apiVersion: "v1",
    kind: "Config",
    clusters: [{ name: "fake", cluster: { server, "certificate-authority-data": base64(authority.certificate) } }],
    users: [
      {
        name: "admin",
        user: { "client-certificate-data": base64(client.certificate), "client-key-data": base64(client.key) },
      },
    ],
    contexts,
  };
  const kubeconfig = join(folder, "kubeconfig");
  await writeFile(kubeconfig, text ?? JSON.stringify(config));
  await writeFile(join(folder, "mesh.yaml"), declared("cluster2"));
  return { folder, kubeconfig };
}

function declared(server: string): string {
  return `apiVersion: isthmus.io/v1alpha1
kind: MeshCluster
metadata: {name: cluster1}
---
apiVersion: isthmus.io/v1alpha1
kind: MeshCluster
metadata: {name: ${server}}
---
apiVersion: isthmus.io/v1alpha1
kind: SharedService
metadata: {name: httpbin, namespace: bar}
spec:
  servedBy: [${server}]
  consumers: [{clusters: [cluster1], namespaces: [foo]}]
`;
}

test("without a fault the same declarations are applied", async () => {
  await using server = await startCluster();
  const { folder, kubeconfig } = await userFolder({ server: server.url });

  const run = await runCli(folder, ["apply", "--yes", "-f", "mesh.yaml", "--kubeconfig", kubeconfig]);

  expect(run).toMatchObject({ code: 0 });
  expect(server.writes).toHaveLength(3);
});

const bomb = `a: &a [x, x, x, x, x, x, x, x, x]
b: &b [*a, *a, *a, *a, *a, *a, *a, *a, *a]
c: &c [*b, *b, *b, *b, *b, *b, *b, *b, *b]
d: &d [*c, *c, *c, *c, *c, *c, *c, *c, *c]
e: &e [*d, *d, *d, *d, *d, *d, *d, *d, *d]
f: &f [*e, *e, *e, *e, *e, *e, *e, *e, *e]
`;

test.each([
  ["YAML_ALIASES", "a YAML bomb", `${bomb}kind: Mesh\n`],
  ["FILE_TOO_LARGE", "ten megabytes", `# ${"x".repeat(10_000_000)}\n${declared("cluster2")}`],
  ["YAML_INVALID", "what is not YAML", "kind: [Mesh\n"],
  ["FIELD_UNKNOWN", "a field that does not exist", `${declared("cluster2")}  consumer: []\n`],
])("%s: %s is refused, and nothing is written", async (code, _what, text) => {
  await using server = await startCluster();
  const { folder, kubeconfig } = await userFolder({ server: server.url });
  await writeFile(join(folder, "more.yaml"), text);

  const run = await runCli(folder, ["apply", "--yes", "-f", ".", "--kubeconfig", kubeconfig]);

  expect(run.stderr).toContain(`error[${code}]`);
  expect(run.stderr).toContain("more.yaml");
  expect(run.code).toBe(1);
  expect(server.writes).toEqual([]);
});

test.each([
  ["an empty file", ""],
  ["broken YAML", "clusters: [\n"],
  ["another kind of file", "hello: world\n"],
  ["a list", "[]\n"],
])("a kubeconfig that is %s is refused, and nothing is written", async (_what, text) => {
  await using server = await startCluster();
  const { folder, kubeconfig } = await userFolder({ server: server.url, text });

  const run = await runCli(folder, ["apply", "--yes", "-f", "mesh.yaml", "--kubeconfig", kubeconfig]);

  expect(run.stderr).toContain("[KUBECONFIG_INVALID]");
  expect(run.code).toBe(1);
  expect(server.writes).toEqual([]);
});

test("a context that the kubeconfig lacks is named, with those that it has", async () => {
  await using server = await startCluster();
  const { folder, kubeconfig } = await userFolder({ server: server.url });
  await writeFile(join(folder, "mesh.yaml"), declared("cluster3"));

  const run = await runCli(folder, ["apply", "--yes", "-f", "mesh.yaml", "--kubeconfig", kubeconfig]);

  expect(run.stderr).toContain("[KUBECONFIG_INVALID]");
  expect(run.stderr).toContain("cluster3");
  expect(run.stderr).toContain("cluster2");
  expect(run.code).toBe(1);
  expect(server.writes).toEqual([]);
});

test("an expired client certificate is told with its date, and nothing is written", async () => {
  await using server = await startCluster();
  const until = new Date(Date.now() - day);
  const { folder, kubeconfig } = await userFolder({ server: server.url, until });

  const run = await runCli(folder, ["apply", "--yes", "-f", "mesh.yaml", "--kubeconfig", kubeconfig]);

  expect(run.stderr).toContain("[CLUSTER_CERTIFICATE]");
  expect(run.stderr).toContain(until.toISOString().slice(0, 10));
  expect(run.code).toBe(1);
  expect(server.writes).toEqual([]);
});

test("a kind that we may not read is named with the rule that is missing, and nothing is written", async () => {
  await using server = await startCluster();
  server.forbid(({ resource, verb }) => resource === "serviceentries.networking.istio.io" && verb === "list");
  const { folder, kubeconfig } = await userFolder({ server: server.url });

  const run = await runCli(folder, ["apply", "--yes", "-f", "mesh.yaml", "--kubeconfig", kubeconfig]);

  expect(run.stderr).toContain("[CLUSTER_FORBIDDEN]");
  expect(run.stderr).toContain("resources: [serviceentries]");
  expect(run.code).toBe(1);
  expect(server.writes).toEqual([]);
});

test("a kind that we may not write is found by the dry run, before anything is written", async () => {
  await using server = await startCluster();
  server.forbid(({ resource, verb }) => resource === "destinationrules.networking.istio.io" && verb === "patch");
  const { folder, kubeconfig } = await userFolder({ server: server.url });

  const run = await runCli(folder, ["apply", "--yes", "-f", "mesh.yaml", "--kubeconfig", kubeconfig]);

  expect(run.stderr).toContain("[CLUSTER_FORBIDDEN]");
  expect(run.code).toBe(1);
  expect(server.writes).toEqual([]);
});

test("a plan that could not see a cluster does not end as one without changes", async () => {
  await using server = await startCluster();
  const { folder, kubeconfig } = await userFolder({ server: server.url });
  await server.stop();

  const plan = await runCli(folder, ["plan", "--detailed-exitcode", "-f", "mesh.yaml", "--kubeconfig", kubeconfig]);
  const diff = await runCli(folder, ["diff", "-f", "mesh.yaml", "--kubeconfig", kubeconfig]);

  expect(plan.code).toBe(1);
  expect(plan.stderr).toContain("[CLUSTER_UNREACHABLE]");
  expect(diff.code).toBe(2);
}, 60_000);

test("the key of the kubeconfig appears in no output, whatever fails", async () => {
  await using server = await startCluster();
  const { folder, kubeconfig } = await userFolder({ server: "https://127.0.0.1:1" });
  const config = JSON.parse(await readFile(kubeconfig, "utf8"));
  const key: string = config.users[0].user["client-key-data"];

  const run = await runCli(folder, ["plan", "-v", "-o", "json", "-f", "mesh.yaml", "--kubeconfig", kubeconfig]);

  expect(run.code).toBe(1);
  expect(run.stdout + run.stderr).not.toContain(key.slice(0, 40));
  expect(run.stdout + run.stderr).not.toContain("PRIVATE KEY");
  expect(server.writes).toEqual([]);
}, 60_000);
