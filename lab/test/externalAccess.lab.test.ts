import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Authority, createAuthority, issueCertificate } from "../src/certificates.ts";
import { type Lab, startLab, waitFor } from "../src/index.ts";
import { analyze, foreignObjects, ourObjects } from "./clusterState.ts";
import { prepareExample } from "./example.ts";
import { isthmus } from "./isthmus.ts";
import { namespace, sleep } from "./manifests.ts";
import { askFromOutside, clientArgs, saveClient } from "./outsideClient.ts";
import { ownTls, startOwnTls } from "./ownTls.ts";

const allInPlace = expect.stringMatching(/^\d+ paths?, all hops in place\.$/m);

let home: string;
let files: string;
let lab: Lab;
let authority: Authority;

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), "isthmus-external-access-"));
  files = await mkdtemp(join(tmpdir(), "isthmus-external-access-files-"));
  lab = await startLab({ home, clusters: 1 });
  authority = await createAuthority("CN=outside");
  await writeFile(join(files, "ca.crt"), authority.certificate);
  await saveClient(files, "right", authority, "client.example.com");
  await saveClient(files, "wrong-san", authority, "other.example.com");
  await saveClient(files, "other-ca", await createAuthority("CN=somebody else"), "client.example.com");
  for (const name of ["httpbin", "open"]) {
    const { certificate, key } = await issueCertificate(authority, {
      subject: "CN=server",
      names: [`${name}.example.com`],
    });
    await lab.apply("cluster1", [
      {
        apiVersion: "v1",
        kind: "Secret",
        metadata: { name: `${name}-credential`, namespace: "istio-system" },
        stringData: { "tls.crt": certificate, "tls.key": key, "ca.crt": authority.certificate },
      },
    ]);
  }
});

afterAll(async () => {
  await lab?.down();
  for (const folder of [home, files]) await rm(folder, { recursive: true, force: true });
});

const ask = (url: string, ...args: readonly string[]) =>
  askFromOutside(lab, "cluster1", url, "--cacert", join(files, "ca.crt"), ...args);

const as = (name: string) => clientArgs(files, name);

const until = (answer: string, url: string, ...args: readonly string[]) =>
  waitFor(`${answer} from ${url}`, async () => (await ask(url, ...args)) === answer);

const guarded = "https://httpbin.example.com/status/418";
const open = "https://open.example.com/status/418";

test("external-access: mutual TLS over HTTP/2, narrowed to one name, beside an open host on the same gateway", async () => {
  const folder = await prepareExample(lab, "external-access");
  const foreignBefore = await foreignObjects(lab, "cluster1");
  const analysisBefore = await analyze(lab, "cluster1");
  expect(await ask(guarded, ...as("right"))).toBe("refused");

  const applied = await isthmus(folder, lab.kubeconfig, "apply", "--yes");
  expect(applied.exitCode, applied.stderr).toBe(0);

  await until("418 2", guarded, ...as("right"));
  await until("418 2", open);
  expect(await ask(guarded)).toBe("refused");
  expect(await ask(guarded, ...as("other-ca"))).toBe("refused");
  expect(await ask(guarded, ...as("wrong-san"))).toBe("refused");
  // A connection that was let in for the open host does not lead to the guarded one.
  expect(await ask(open, "-H", "Host: httpbin.example.com")).toBe("404 2");
  expect(await ask("http://httpbin.example.com/status/418")).toBe(`301 1.1 ${guarded}`);
  expect(await ask("http://open.example.com/status/418")).toBe("404 1.1");
  expect(await ask(guarded, ...as("right"))).toBe("418 2");
  expect(await analyze(lab, "cluster1")).toEqual(analysisBefore);

  const since = new Date();
  expect((await isthmus(folder, lab.kubeconfig, "apply", "--yes")).exitCode).toBe(0);
  expect((await isthmus(folder, lab.kubeconfig, "diff")).exitCode).toBe(0);
  expect(await isthmus(folder, lab.kubeconfig, "verify")).toMatchObject({ exitCode: 0, stdout: allInPlace });
  expect(await lab.writes("cluster1", { since })).toEqual([]);

  for (const file of await readdir(folder)) if (file !== "mesh.yaml") await rm(join(folder, file));
  const removed = await isthmus(folder, lab.kubeconfig, "apply", "--yes", "--allow-mass-delete");
  expect(removed.exitCode, removed.stderr).toBe(0);
  await until("refused", guarded, ...as("right"));
  expect(await ourObjects(lab, "cluster1")).toEqual([]);
  expect(await foreignObjects(lab, "cluster1")).toEqual(foreignBefore);
});

const more = `
apiVersion: isthmus.io/v1alpha1
kind: ExternalAccess
metadata: {name: plain, namespace: bar}
spec:
  hosts: [plain.example.com]
  service: httpbin
  port: 8000
  clusters: [cluster1]
  tls: {mode: None}
---
apiVersion: isthmus.io/v1alpha1
kind: ExternalAccess
metadata: {name: own, namespace: box}
spec:
  hosts: [own.example.com]
  port: 8443
  clusters: [cluster1]
  tls: {mode: Passthrough}
`;

test("plain HTTP and TLS that the workload ends itself come in beside hosts that the gateway ends", async () => {
  using server = {
    controller: new AbortController(),
    [Symbol.dispose]() {
      this.controller.abort();
    },
  };
  await lab.apply("cluster1", [namespace("box", { "istio-injection": "enabled" }), ...sleep("box"), ownTls()]);
  await startOwnTls(lab, authority, files, server.controller.signal);
  const folder = await prepareExample(lab, "external-access");
  await writeFile(join(folder, "more.yaml"), more);
  const analysisBefore = await analyze(lab, "cluster1");

  const applied = await isthmus(folder, lab.kubeconfig, "apply", "--yes");
  expect(applied.exitCode, applied.stderr).toBe(0);

  await until("418 1.1", "http://plain.example.com/status/418");
  await until("200 1", "https://own.example.com/");
  await until("418 2", guarded, ...as("right"));
  expect(await ask("https://plain.example.com/status/418")).toBe("refused");
  expect(await ask("http://httpbin.example.com/status/418")).toBe(`301 1.1 ${guarded}`);
  expect(await analyze(lab, "cluster1")).toEqual(analysisBefore);
});
