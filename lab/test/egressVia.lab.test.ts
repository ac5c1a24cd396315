import { chmod, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createAuthority, issueCertificate } from "../src/certificates.ts";
import { type Lab, startLab, waitFor } from "../src/index.ts";
import { bridgeAddress } from "../src/layout.ts";
import { analyze, foreignObjects, ourObjects } from "./clusterState.ts";
import { prepareExample } from "./example.ts";
import { isthmus } from "./isthmus.ts";
import { namespace, sleep } from "./manifests.ts";
import { type OutsideServer, startEcho, startHttps } from "./outsideServers.ts";

const allInPlace = expect.stringMatching(/^\d+ paths?, all hops in place\.$/m);

let home: string;
let files: string;
let lab: Lab;
let outside: string;
let https: OutsideServer;
const servers: OutsideServer[] = [];
const clusters = ["cluster1", "cluster2"];

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), "isthmus-egress-"));
  files = await mkdtemp(join(tmpdir(), "isthmus-egress-files-"));
  await chmod(files, 0o755); // the gateway reads the authority there
  lab = await startLab({ home, clusters: 2, outbound: "REGISTRY_ONLY" });
  await lab.apply("cluster1", [namespace("ops", { "istio-injection": "enabled" }), ...sleep("ops")]);
  outside = bridgeAddress(lab.state.network);
  const authority = await createAuthority("CN=outside");
  await writeFile(join(files, "ca.crt"), authority.certificate);
  const names = ["api.example.com", "web.example.com"];
  https = await startHttps(await issueCertificate(authority, { subject: "CN=server", names }), outside, 443);
  servers.push(https, await startEcho("mysql", outside, 3306));
});

afterAll(async () => {
  for (const server of servers) await server[Symbol.asyncDispose]();
  await lab?.down();
  for (const folder of [home, files]) await rm(folder, { recursive: true, force: true });
});

async function declare(): Promise<string> {
  const folder = await prepareExample(lab, "egress-via");
  for (const file of await readdir(folder)) {
    const text = (await readFile(join(folder, file), "utf8")).replaceAll(/203\.0\.113\.[78]/g, outside);
    const trusted = text.replace("mode: Simple", `mode: Simple\n    caCertificates: ${join(files, "ca.crt")}`);
    await writeFile(join(folder, file), trusted);
  }
  return folder;
}

async function echo(from: string): Promise<string> {
  const script = "exec 3<>/dev/tcp/mysql.example.com/3306; echo world >&3; head -n 1 <&3";
  return (await lab.exec("cluster1", from, ["timeout", "3", "bash", "-c", script])).stdout;
}

const ask = async (from: string, url: string) =>
  (await lab.curl("cluster1", from, url, { timeoutSeconds: 3, args: ["--cacert", join(files, "ca.crt")] })).status;

const answers = async (from: string) => [
  await ask(from, "http://api.example.com/"),
  await ask(from, "https://web.example.com/"),
  await echo(from),
];

/** The names that namespace foo was given, in another namespace. */
async function copyNames(space: string): Promise<void> {
  for (const kind of ["serviceentries", "destinationrules"]) {
    const objects = await lab.cluster("cluster1").api.list(`/apis/networking.istio.io/v1/namespaces/foo/${kind}`);
    await lab.apply(
      "cluster1",
      objects.map(({ apiVersion, kind, metadata, spec }) => ({
        ...{ apiVersion, kind, spec },
        metadata: { name: metadata.name, namespace: space },
      })),
    );
  }
}

test("egress-via: HTTP, HTTPS and TCP leave through the other cluster's gateway, for declared callers only", async () => {
  const folder = await declare();
  const foreignBefore = await Promise.all(clusters.map((cluster) => foreignObjects(lab, cluster)));
  const analysisBefore = await Promise.all(clusters.map((cluster) => analyze(lab, cluster)));
  expect(await answers("foo/sleep")).toEqual([0, 0, ""]);

  const applied = await isthmus(folder, lab.kubeconfig, "apply", "--yes");
  expect(applied.exitCode, applied.stderr).toBe(0);

  const open = JSON.stringify([200, 200, "mysql: world\n"]);
  await waitFor("all three", async () => JSON.stringify(await answers("foo/sleep")) === open);
  const gateway = lab.cluster("cluster2").nodes[0]?.address;
  expect(new Set(servers.flatMap(({ callers }) => callers))).toEqual(new Set([gateway]));
  expect(new Set(https.calls)).toEqual(new Set(["api.example.com api.example.com", "web.example.com web.example.com"]));
  expect(await Promise.all(clusters.map((cluster) => analyze(lab, cluster)))).toEqual(analysisBefore);

  const since = new Date();
  expect((await isthmus(folder, lab.kubeconfig, "apply", "--yes")).exitCode).toBe(0);
  expect(await isthmus(folder, lab.kubeconfig, "verify")).toMatchObject({ exitCode: 0, stdout: allInPlace });
  for (const cluster of clusters) expect(await lab.writes(cluster, { since })).toEqual([]);

  await copyNames("ops");
  await waitFor(
    "a stranger's call to get to the gateway",
    async () => (await ask("ops/sleep", "http://api.example.com/")) === 503,
  );
  expect(await answers("ops/sleep")).toEqual([503, 0, ""]);
  await lab.remove("cluster1", [namespace("ops")]);

  await lab.stopApiServer("cluster2");
  const meanwhile = await isthmus(folder, lab.kubeconfig, "apply", "--yes");
  expect(meanwhile.stderr).toContain("CLUSTER_UNREACHABLE");
  expect(await answers("foo/sleep")).toEqual([200, 200, "mysql: world\n"]);
  await lab.startApiServer("cluster2");

  for (const file of await readdir(folder)) if (file !== "mesh.yaml") await rm(join(folder, file));
  const removed = await isthmus(folder, lab.kubeconfig, "apply", "--yes", "--allow-mass-delete");
  expect(removed.exitCode, removed.stderr).toBe(0);
  for (const cluster of clusters) expect(await ourObjects(lab, cluster)).toEqual([]);
  expect(await foreignObjects(lab, "cluster2")).toEqual(foreignBefore[1]);
});
