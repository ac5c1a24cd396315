import { chmod, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createAuthority, issueCertificate } from "../src/certificates.ts";
import { type KubeObject, type Lab, startLab, waitFor } from "../src/index.ts";
import { bridgeAddress, bridgeName } from "../src/layout.ts";
import { analyze, foreignObjects, ourObjects } from "./clusterState.ts";
import { prepareExample } from "./example.ts";
import { isthmus } from "./isthmus.ts";
import { type OutsideServer, startEcho, startHttps } from "./outsideServers.ts";

const allInPlace = expect.stringMatching(/^\d+ paths?, all hops in place\.$/m);

let home: string;
let files: string;
let lab: Lab;
let outside: string;
let other: string;
let https: OutsideServer;
const servers: OutsideServer[] = [];

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), "isthmus-external-service-"));
  files = await mkdtemp(join(tmpdir(), "isthmus-external-service-files-"));
  await chmod(files, 0o755); // sidecars read the authority there
  lab = await startLab({ home, clusters: 1, outbound: "REGISTRY_ONLY" });
  outside = bridgeAddress(lab.state.network);
  other = outside.replace(/1$/, "2");
  await execa("ip", ["addr", "add", `${other}/32`, "dev", bridgeName(lab.state.network)]);
  const authority = await createAuthority("CN=outside");
  await writeFile(join(files, "ca.crt"), authority.certificate);
  const names = ["api.example.com", "*.web.example.com", "undeclared.example.com"];
  const certificate = await issueCertificate(authority, { subject: "CN=server", names });
  https = await startHttps(certificate, outside, 443);
  servers.push(https, await startEcho("mysql", outside, 3306), await startEcho("second", other, 3306));
});

afterAll(async () => {
  for (const server of servers) await server[Symbol.asyncDispose]();
  await lab?.down();
  for (const folder of [home, files]) await rm(folder, { recursive: true, force: true });
});

async function echo(host: string): Promise<string> {
  const script = `exec 3<>/dev/tcp/${host}/3306; echo world >&3; head -n 1 <&3`;
  return (await lab.exec("cluster1", "foo/sleep", ["timeout", "3", "bash", "-c", script])).stdout;
}

/** By HTTPS that the caller speaks itself, to a host that its DNS finds at the outside server. */
async function callWeb(host: string): Promise<number> {
  const args = ["--cacert", join(files, "ca.crt"), "--resolve", `${host}:443:${outside}`];
  return (await lab.curl("cluster1", "foo/sleep", `https://${host}/`, { timeoutSeconds: 3, args })).status;
}

const callApi = (host: string) => lab.curl("cluster1", "foo/sleep", `http://${host}/`, { timeoutSeconds: 3 });

/** Why Envoy could not connect, as it logged it. */
async function failureOf(host: string): Promise<string> {
  const entries = await lab.accessLog("cluster1", "foo/sleep");
  return entries
    .filter(({ authority }) => authority === host)
    .map((entry) => `${entry.upstream_transport_failure_reason}`)
    .join();
}

/** The example with the outside servers in place of its documentation addresses, and a second database found by DNS. */
async function declare(): Promise<string> {
  const folder = await prepareExample(lab, "external-service");
  for (const file of await readdir(folder)) {
    const text = (await readFile(join(folder, file), "utf8")).replaceAll(/203\.0\.113\.[78]/g, outside);
    const trusted = text.replace("mode: Simple", `mode: Simple\n    caCertificates: ${join(files, "ca.crt")}`);
    await writeFile(join(folder, file), trusted);
  }
  await writeFile(join(folder, "more.yaml"), moreServices(outside, join(files, "ca.crt")));
  await lab.apply("cluster1", dnsRecord("db", other));
  await lab.refreshDns();
  return folder;
}

function moreServices(address: string, authority: string): string {
  return `
apiVersion: isthmus.io/v1alpha1
kind: ExternalService
metadata: {name: second, namespace: foo}
spec:
  hosts: [db.outside.svc]
  ports: [{number: 3306, protocol: TCP}]
  consumers: [{clusters: [cluster1], namespaces: [foo]}]
---
apiVersion: isthmus.io/v1alpha1
kind: ExternalService
metadata: {name: impostor, namespace: foo}
spec:
  hosts: [impostor.example.com]
  ports: [{number: 80, protocol: HTTP}]
  resolution: Static
  endpoints: [${address}]
  consumers: [{clusters: [cluster1], namespaces: [foo]}]
  tls: {mode: Simple, caCertificates: ${authority}}
`;
}

/** A name that cluster DNS answers and istiod does not know. */
function dnsRecord(name: string, address: string): readonly KubeObject[] {
  const metadata = { name, namespace: "outside" };
  return [
    { apiVersion: "v1", kind: "Namespace", metadata: { name: "outside" } },
    {
      apiVersion: "v1",
      kind: "Service",
      metadata: { ...metadata, annotations: { "networking.istio.io/exportTo": "~" } },
      spec: { clusterIP: "None", ports: [{ name: "tcp-db", port: 3306 }] },
    },
    {
      apiVersion: "discovery.k8s.io/v1",
      kind: "EndpointSlice",
      metadata: { ...metadata, labels: { "kubernetes.io/service-name": name } },
      addressType: "IPv4",
      ports: [{ name: "tcp-db", port: 3306 }],
      endpoints: [{ addresses: [address] }],
    },
  ];
}

test("external-service: REGISTRY_ONLY lets out what is declared, TLS is originated, and two databases share a port", async () => {
  const folder = await declare();
  const foreignBefore = await foreignObjects(lab, "cluster1");
  const analysisBefore = await analyze(lab, "cluster1");
  expect([
    await echo("mysql.example.com"),
    (await callApi("api.example.com")).status,
    await callWeb("a.web.example.com"),
  ]).toEqual(["", 0, 0]);

  const applied = await isthmus(folder, lab.kubeconfig, "apply", "--yes");
  expect(applied.exitCode, applied.stderr).toBe(0);

  await waitFor("the database", async () => (await echo("mysql.example.com")) === "mysql: world\n");
  await waitFor("the database by DNS", async () => (await echo("db.outside.svc")) === "second: world\n");
  await waitFor("the API", async () => (await callApi("api.example.com")).status === 200);
  await waitFor("a host of the wildcard", async () => (await callWeb("a.web.example.com")) === 200);
  expect((await callApi("impostor.example.com")).status).toBe(503);
  await waitFor("the reason in the access log", async () =>
    (await failureOf("impostor.example.com")).includes("VERIFY"),
  );
  expect(await failureOf("impostor.example.com")).toContain("CERTIFICATE_VERIFY_FAILED");
  expect(await callWeb("undeclared.example.com")).toBe(0);
  expect(await echo(outside)).toBe("");
  expect(new Set(https.calls)).toEqual(
    new Set(["api.example.com api.example.com", "a.web.example.com a.web.example.com"]),
  );
  expect(await analyze(lab, "cluster1")).toEqual(analysisBefore);

  const since = new Date();
  expect((await isthmus(folder, lab.kubeconfig, "apply", "--yes")).exitCode).toBe(0);
  expect((await isthmus(folder, lab.kubeconfig, "diff")).exitCode).toBe(0);
  expect(await isthmus(folder, lab.kubeconfig, "verify")).toMatchObject({ exitCode: 0, stdout: allInPlace });
  expect(await lab.writes("cluster1", { since })).toEqual([]);

  for (const file of await readdir(folder)) if (file !== "mesh.yaml") await rm(join(folder, file));
  const removed = await isthmus(folder, lab.kubeconfig, "apply", "--yes", "--allow-mass-delete");
  expect(removed.exitCode, removed.stderr).toBe(0);
  await waitFor("the database to be gone", async () => (await echo("mysql.example.com")) === "");
  await waitFor("the wildcard to be gone", async () => (await callWeb("a.web.example.com")) === 0);
  expect(await ourObjects(lab, "cluster1")).toEqual([]);
  expect(await foreignObjects(lab, "cluster1")).toEqual(foreignBefore);
});
