import { chmod, mkdtemp, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Intents, KubeObject, MeshCluster } from "@isthmus/core";
import {
  type Authority,
  authoritySigner,
  createKeyPair,
  createRoot,
  fingerprintOf,
  inspectBundle,
  issueIntermediate,
  loadAuthority,
  privateKeyPem,
  readPrivateKey,
  splitPem,
} from "@isthmus/pki";
import { externalAccess, type FakeApiServer, intents, mesh, meshCluster, startFakeApiServer } from "@isthmus/testkit";
import { expect, onTestFinished, test } from "vitest";
import { caStatus, differingRoots } from "./caStatus.ts";
import { applyCaCerts, issueForCluster, makeCaCerts } from "./clusterCaCerts.ts";
import { issueForAccess } from "./external.ts";
import { importCa, initCa } from "./keyFileSetup.ts";
import { type Ca, openCa } from "./openCa.ts";

const start = new Date("2026-11-24T12:00:00Z");
const day = 24 * 3_600_000;
const passphrase = "correct horse battery";
const calm = { force: false, adopt: false, replaceRoot: false };

interface Bench {
  readonly server: FakeApiServer;
  readonly ca: Ca;
  readonly cluster: MeshCluster;
  readonly folder: string;
  /** Moves the clock. */
  later(days: number): void;
  secret(): { readonly metadata: KubeObject["metadata"]; readonly data: Record<string, string> };
}

/** One cluster with an API server in memory, a mesh root and an external root. */
async function openBench(spec: Record<string, unknown> = {}, declared: Partial<Intents> = {}): Promise<Bench> {
  const folder = await mkdtemp(join(tmpdir(), "isthmus-ca-"));
  const server = await startFakeApiServer();
  server.seed([{ apiVersion: "v1", kind: "Namespace", metadata: { name: "istio-system" } }]);
  const kubeconfig = join(folder, "kubeconfig");
  await writeFile(kubeconfig, kubeconfigFor(server.url));
  const cluster = meshCluster("cluster1", { access: { context: "cluster1" } });
  let now = start;
  const ca = openCa({
    intents: intents([], { mesh: mesh(spec), clusters: [cluster], ...declared }),
    sources: { locate: (place) => place, fileOf: () => undefined },
    cwd: folder,
    kubeconfig,
    env: {},
    now: () => now,
    passphrase: async () => passphrase,
  });
  onTestFinished(async () => {
    await ca.close();
    await server.stop();
    await rm(folder, { recursive: true, force: true });
  });
  return {
    server,
    ca,
    cluster,
    folder,
    later: (days) => {
      now = new Date(now.getTime() + days * day);
    },
    secret: () => {
      const [stored] = server.stored("secrets", "istio-system");
      if (stored === undefined) throw new Error("no Secret");
      const data = Object.entries(stored.data as Record<string, string>);
      return {
        metadata: stored.metadata as unknown as KubeObject["metadata"],
        data: Object.fromEntries(data.map(([name, text]) => [name, Buffer.from(text, "base64").toString("utf8")])),
      };
    },
  };
}

/** Signers in memory: a key file takes half a second each time. */
async function withRoots(bench: Bench): Promise<Bench> {
  const roots = { mesh: await newRoot("mesh root CA"), external: await newRoot("external root CA") };
  const ca: Ca = {
    ...bench.ca,
    knownRoot: async (kind) => roots[kind].certificate,
    signer: async (kind) => authoritySigner(roots[kind], { description: "test", now: bench.ca.now }),
  };
  return { ...bench, ca };
}

async function newRoot(name: string): Promise<Authority> {
  return createRoot({ name, organization: "x", keys: await createKeyPair("ecdsa"), now: start });
}

function kubeconfigFor(server: string): string {
  return JSON.stringify({
    apiVersion: "v1",
    kind: "Config",
    clusters: [{ name: "c", cluster: { server } }],
    users: [{ name: "u", user: {} }],
    contexts: [{ name: "cluster1", context: { cluster: "c", user: "u" } }],
    "current-context": "cluster1",
  });
}

/** As istiod publishes its roots. */
function publish(bench: Bench, pem: string): void {
  bench.server.seed([
    {
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name: "istio-ca-root-cert", namespace: "istio-system" },
      data: { "root-cert.pem": pem },
    },
  ]);
}

async function codeOf(work: Promise<unknown>): Promise<string> {
  try {
    await work;
    return "none";
  } catch (error) {
    return (error as { code?: string }).code ?? String(error);
  }
}

test("a cluster without a CA gets the four files, our label, and what others may know as annotations", async () => {
  const bench = await withRoots(await openBench());

  const outcome = await issueForCluster(bench.ca, bench.cluster, calm);

  const { metadata, data } = bench.secret();
  const [certificate] = inspectBundle(data["ca-cert.pem"] ?? "");
  const root = (await bench.ca.knownRoot("mesh")) ?? "";
  expect(outcome).toMatchObject({
    cluster: "cluster1",
    secret: "istio-system/cacerts",
    action: "created",
    restart: true,
  });
  expect(Object.keys(data).sort()).toEqual(["ca-cert.pem", "ca-key.pem", "cert-chain.pem", "root-cert.pem"]);
  expect(data["root-cert.pem"]).toBe(root);
  await expect(loadAuthority(data["ca-cert.pem"] ?? "", data["ca-key.pem"] ?? "")).resolves.toBeDefined();
  expect(metadata).toMatchObject({
    name: "cacerts",
    labels: { "app.kubernetes.io/managed-by": "isthmus", "isthmus.io/owner": "Mesh.mesh" },
    annotations: {
      "isthmus.io/certificate-fingerprint": certificate?.fingerprint,
      "isthmus.io/certificate-not-before": "2026-11-24T11:00:00.000Z",
      "isthmus.io/certificate-not-after": "2028-11-23T12:00:00.000Z",
      "isthmus.io/certificate-root": fingerprintOf(root),
      "isthmus.io/certificate-trusts": fingerprintOf(root),
      "isthmus.io/certificate-names": "istiod.istio-system.svc,spiffe://cluster.local",
    },
  });
});

test("a second issue writes nothing and needs no passphrase; after two thirds of its life the certificate is renewed", async () => {
  const bench = await withRoots(await openBench());
  await issueForCluster(bench.ca, bench.cluster, calm);
  publish(bench, bench.secret().data["root-cert.pem"] ?? "");
  const first = bench.secret().data["ca-cert.pem"];
  const writes = bench.server.writes.length;
  const unable: Ca = { ...bench.ca, signer: () => Promise.reject(new Error("the signer was asked")) };

  bench.later(480);
  const kept = await issueForCluster(unable, bench.cluster, calm);
  const writesKept = bench.server.writes.length;
  bench.later(10);
  const renewed = await issueForCluster(bench.ca, bench.cluster, calm);

  expect([kept.action, writesKept]).toEqual(["kept", writes]);
  expect(renewed).toMatchObject({ action: "renewed", restart: false });
  expect(bench.secret().data["ca-cert.pem"]).not.toBe(first);
});

test("with force, or another root, a certificate is renewed before its time", async () => {
  const bench = await withRoots(await openBench());
  await issueForCluster(bench.ca, bench.cluster, calm);
  const other = await withRoots(await openBench());
  const otherRoot = (await other.ca.knownRoot("mesh")) ?? "";

  const forced = await issueForCluster(bench.ca, bench.cluster, { ...calm, force: true });
  const another = await issueForCluster(
    { ...bench.ca, knownRoot: other.ca.knownRoot, signer: other.ca.signer },
    bench.cluster,
    calm,
  );

  expect([forced.action, another.action]).toEqual(["renewed", "renewed"]);
  expect(another.note.root).toBe(fingerprintOf(otherRoot));
});

test("a renewal goes on to trust what the cluster trusts beside its own root", async () => {
  const bench = await withRoots(await openBench());
  const other = await withRoots(await openBench());
  const [mine, theirs] = [(await bench.ca.knownRoot("mesh")) ?? "", (await other.ca.knownRoot("mesh")) ?? ""];
  publish(bench, theirs + mine);

  await issueForCluster(bench.ca, bench.cluster, calm);

  expect(splitPem(bench.secret().data["root-cert.pem"] ?? "")).toEqual([mine, theirs]);
});

test("that a new root is published in the middle of a rotation does not mean that it may sign", async () => {
  const bench = await withRoots(await openBench());
  const other = await withRoots(await openBench());
  const [mine, theirs] = [(await bench.ca.knownRoot("mesh")) ?? "", (await other.ca.knownRoot("mesh")) ?? ""];
  await issueForCluster(bench.ca, bench.cluster, calm);
  publish(bench, theirs + mine);
  const theirCa = { ...bench.ca, knownRoot: other.ca.knownRoot, signer: other.ca.signer };

  expect(await codeOf(issueForCluster(theirCa, bench.cluster, calm))).toBe("CA_ROOT_CHANGES");
});

test("a root that workloads do not trust is refused, unless it is asked for", async () => {
  const bench = await withRoots(await openBench());
  const other = await withRoots(await openBench());
  publish(bench, (await other.ca.knownRoot("mesh")) ?? "");

  const refused = await codeOf(issueForCluster(bench.ca, bench.cluster, calm));
  const written = bench.server.writes.length;
  const replaced = await issueForCluster(bench.ca, bench.cluster, { ...calm, replaceRoot: true });

  expect([refused, written]).toEqual(["CA_ROOT_CHANGES", 0]);
  expect(replaced).toMatchObject({ action: "created", restart: true });
  expect(bench.secret().data["root-cert.pem"]).toBe(await bench.ca.knownRoot("mesh"));
});

test("a Secret that is not ours is left alone, unless it is to be adopted; then nothing of the other's stays in it", async () => {
  const bench = await withRoots(await openBench());
  bench.server.seed(
    [
      {
        apiVersion: "v1",
        kind: "Secret",
        metadata: { name: "cacerts", namespace: "istio-system" },
        data: { "ca-key.pem": "b2xk", "istio-generated": "" },
      },
    ],
    "pilot-discovery",
  );

  const refused = await codeOf(issueForCluster(bench.ca, bench.cluster, calm));
  const untouched = bench.secret().data["ca-key.pem"];
  const adopted = await issueForCluster(bench.ca, bench.cluster, { ...calm, adopt: true });

  expect([refused, untouched]).toEqual(["OBJECT_NOT_OURS", "old"]);
  expect(adopted.action).toBe("adopted");
  expect(Object.keys(bench.secret().data).sort()).toEqual([
    "ca-cert.pem",
    "ca-key.pem",
    "cert-chain.pem",
    "root-cert.pem",
  ]);
});

test("a Secret that appears between look and write is not touched", async () => {
  const bench = await withRoots(await openBench());
  const foreign = {
    apiVersion: "v1",
    kind: "Secret",
    metadata: { name: "cacerts", namespace: "istio-system" },
    data: { "ca-key.pem": "b2xk" },
  };
  const late: Ca = {
    ...bench.ca,
    signer: async (kind) => {
      bench.server.seed([foreign]);
      return bench.ca.signer(kind);
    },
  };

  expect(await codeOf(issueForCluster(late, bench.cluster, calm))).toBe("PLAN_STALE");
  expect(bench.secret().data).toEqual({ "ca-key.pem": "old" });
});

test("no key is in anything that the API server sends back, nor in what we make of a refusal", async () => {
  const bench = await withRoots(await openBench());
  bench.server.fail({
    when: ({ resource, verb }) => resource === "secrets" && verb === "patch",
    times: 1,
    fault: { type: "status", status: 422, reason: "Invalid" },
  });

  const error = await issueForCluster(bench.ca, bench.cluster, calm).catch((thrown: unknown) => thrown);

  expect(error).toMatchObject({ code: "OBJECT_REFUSED", at: "cluster1: Secret istio-system/cacerts" });
  expect(error).not.toHaveProperty("cause");
});

test("files that were made elsewhere are applied as they are, if istiod can start with them", async () => {
  const bench = await withRoots(await openBench());
  const other = await withRoots(await openBench());
  const files = await makeCaCerts(bench.ca, bench.cluster);
  const strange = await makeCaCerts(other.ca, bench.cluster);

  const codes = [
    await codeOf(applyCaCerts(bench.ca, bench.cluster, { ...files, "ca-key.pem": strange["ca-key.pem"] }, calm)),
    await codeOf(applyCaCerts(bench.ca, bench.cluster, { ...files, "root-cert.pem": strange["root-cert.pem"] }, calm)),
    await codeOf(applyCaCerts(bench.ca, bench.cluster, { ...files, "ca-cert.pem": "" }, calm)),
  ];
  const writes = bench.server.writes.length;
  await applyCaCerts(bench.ca, bench.cluster, files, calm);

  expect(codes).toEqual(["CERTIFICATE_INVALID", "CERTIFICATE_INVALID", "CERTIFICATE_INVALID"]);
  expect(writes).toBe(0);
  expect(bench.secret().data).toEqual(files);
});

test("an ExternalAccess gets a certificate for its hosts beside the gateway; other hosts are a reason to renew it", async () => {
  const access = (hosts: readonly string[]) =>
    externalAccess("bar/httpbin", {
      hosts,
      clusters: ["cluster1"],
      tls: { mode: "Mutual", credential: { issue: {} } },
    });
  const bench = await withRoots(await openBench());
  const issueFor = (hosts: readonly string[]) => issueForAccess(bench.ca, access(hosts), bench.cluster, calm);

  const outcomes = [
    await issueFor(["httpbin.example.com"]),
    await issueFor(["httpbin.example.com"]),
    await issueFor(["httpbin.example.com", "*.httpbin.example.com"]),
  ];

  const { data, metadata } = bench.secret();
  expect(outcomes.map(({ action }) => action)).toEqual(["created", "kept", "renewed"]);
  expect(metadata.name).toMatch(/^bar-httpbin-tls-/);
  expect(Object.keys(data).sort()).toEqual(["ca.crt", "tls.crt", "tls.key"]);
  expect(inspectBundle(data["tls.crt"] ?? "")).toMatchObject([
    {
      isCa: false,
      extendedKeyUsages: ["serverAuth"],
      names: { dns: ["*.httpbin.example.com", "httpbin.example.com"] },
      notAfter: "2027-02-22T12:00:00.000Z",
    },
  ]);
  expect(data["ca.crt"]).toBe(await bench.ca.knownRoot("external"));
  await expect(readPrivateKey(data["tls.key"] ?? "")).resolves.toBeDefined();
});

test("status tells trusted roots, ages, and what is to be done, without reading a Secret's data", async () => {
  const declared = externalAccess("bar/httpbin", {
    hosts: ["httpbin.example.com"],
    clusters: ["cluster1"],
    tls: { mode: "Simple", credential: { issue: {} } },
  });
  const bench = await withRoots(await openBench({}, { externalAccesses: [declared] }));
  const codes = async () => (await caStatus(bench.ca, bench.cluster)).problems.map(({ code }) => code);

  const nothing = await caStatus(bench.ca, bench.cluster);
  await issueForCluster(bench.ca, bench.cluster, calm);
  await issueForAccess(bench.ca, declared, bench.cluster, calm);
  const waiting = await codes();
  publish(bench, (await bench.ca.knownRoot("mesh")) ?? "");
  const fine = await codes();
  bench.later(80);
  const due = await codes();
  bench.later(700);
  const ended = await codes();

  expect(nothing).toMatchObject({
    cluster: "cluster1",
    trusts: [],
    certificates: [
      { of: "intermediate", secret: "istio-system/cacerts", state: "none" },
      { of: "ExternalAccess bar/httpbin", state: "none" },
    ],
    problems: [{ code: "CERTIFICATE_EXPIRED" }],
  });
  expect({ waiting, fine, due, ended }).toEqual({
    waiting: ["ISTIOD_RESTART_NEEDED"],
    fine: [],
    due: ["CERTIFICATE_EXPIRING"],
    ended: ["CERTIFICATE_EXPIRED", "CERTIFICATE_EXPIRED"],
  });
});

test("clusters without a root in common are a problem, those that publish none are not", async () => {
  const status = (cluster: string, ...fingerprints: string[]) => ({
    cluster,
    trusts: fingerprints.map((fingerprint) => ({ fingerprint, subject: "", notAfter: "" })),
    certificates: [],
    problems: [],
  });

  expect(differingRoots([status("a", "1"), status("b", "2", "1"), status("c")])).toEqual([]);
  expect(differingRoots([status("a", "1"), status("b", "2")])).toMatchObject([{ code: "TRUST_ROOTS_DIFFER" }]);
});

test("a root that init made signs from its key file, with the passphrase; one that others may read is refused", async () => {
  const bench = await openBench();
  const newPassphrase = async () => passphrase;
  const file = join(bench.folder, "ca/mesh-root.json");
  const missing = await codeOf(issueForCluster(bench.ca, bench.cluster, calm));

  const made = await initCa(bench.ca, "mesh", { key: "ecdsa", days: 365, newPassphrase });
  const again = await codeOf(initCa(bench.ca, "mesh", { key: "ecdsa", newPassphrase: () => Promise.reject("asked") }));
  const issued = await issueForCluster(bench.ca, bench.cluster, calm);
  const { mode } = await stat(file);
  await chmod(file, 0o640);
  const exposed = await codeOf(bench.ca.knownRoot("mesh"));

  expect({ missing, again, exposed, mode: mode & 0o777 }).toEqual({
    missing: "CA_MISSING",
    again: "CA_EXISTS",
    exposed: "CA_KEY_FILE_EXPOSED",
    mode: 0o600,
  });
  expect(made).toMatchObject({ file: { name: "ca/mesh-root.json" }, facts: { notAfter: "2027-11-24T12:00:00.000Z" } });
  expect(issued.note.root).toBe(made.facts.fingerprint);
});

test("what can sign intermediates is imported, with its issuers; an istiod's own authority is not", async () => {
  const bench = await openBench();
  const root = await newRoot("old root");
  const signer = authoritySigner(root, { description: "test", now: () => start });
  const asked = { cluster: "c", trustDomain: "cluster.local", istioNamespace: "istio-system", now: start };
  const intermediate = await issueIntermediate(signer, asked);
  const pem = (certificates: string, key: string) =>
    importCa(bench.ca, "mesh", { certificates, key, at: "cert.pem", newPassphrase: async () => passphrase });

  const codes = [
    await codeOf(pem(intermediate.certificate + root.certificate, intermediate.key)),
    await codeOf(pem(root.certificate, intermediate.key)),
    await codeOf(pem("", intermediate.key)),
  ];
  const made = await pem(root.certificate, await privateKeyPem(root.privateKey));

  expect(codes).toEqual(["CERTIFICATE_INVALID", "CERTIFICATE_INVALID", "CERTIFICATE_INVALID"]);
  expect(made.facts.pem).toBe(root.certificate);
  expect(await bench.ca.knownRoot("mesh")).toBe(root.certificate);
  expect((await bench.ca.signer("mesh")).description).toBe("key file ca/mesh-root.json");
});
