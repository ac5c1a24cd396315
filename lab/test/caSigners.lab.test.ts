import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type Authority,
  authoritySigner,
  createKeyPair,
  createRoot,
  inspectBundle,
  privateKeyPem,
  splitPem,
  verifyChain,
} from "@isthmus/pki";
import { afterAll, beforeAll, expect, test } from "vitest";
import { stringify } from "yaml";
import { type KubeObject, type Lab, startControlPlanes, waitFor } from "../src/index.ts";
import { isthmus } from "./isthmus.ts";
import { namespace } from "./manifests.ts";

const now = new Date();

let home: string;
let folder: string;
let lab: Lab;
let root: Authority;

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), "isthmus-signers-"));
  folder = await mkdtemp(join(tmpdir(), "isthmus-signers-user-"));
  lab = await startControlPlanes({ home, clusters: 1 });
  root = await createRoot({ name: "outside root", organization: "x", keys: await createKeyPair("ecdsa"), now });
  await lab.apply("cluster1", [namespace("istio-system"), certificateRequests]);
});

afterAll(async () => {
  await lab?.down();
  for (const each of [home, folder]) await rm(each, { recursive: true, force: true });
});

/** cert-manager's kind as far as it matters here: a spec that is kept, and a status that only its controller writes. */
const certificateRequests: KubeObject = {
  apiVersion: "apiextensions.k8s.io/v1",
  kind: "CustomResourceDefinition",
  metadata: { name: "certificaterequests.cert-manager.io" },
  spec: {
    group: "cert-manager.io",
    scope: "Namespaced",
    names: { kind: "CertificateRequest", listKind: "CertificateRequestList", plural: "certificaterequests" },
    versions: [
      {
        name: "v1",
        served: true,
        storage: true,
        subresources: { status: {} },
        schema: {
          openAPIV3Schema: {
            type: "object",
            properties: {
              spec: {
                type: "object",
                required: ["request", "issuerRef"],
                properties: {
                  request: { type: "string", format: "byte" },
                  isCA: { type: "boolean" },
                  duration: { type: "string" },
                  usages: { type: "array", items: { type: "string" } },
                  issuerRef: {
                    type: "object",
                    required: ["name"],
                    properties: { name: { type: "string" }, kind: { type: "string" }, group: { type: "string" } },
                  },
                },
              },
              status: { type: "object", "x-kubernetes-preserve-unknown-fields": true },
            },
          },
        },
      },
    ],
  },
};

interface CertificateRequest {
  readonly metadata: { readonly name: string };
  readonly spec: { readonly request: string; readonly isCA: boolean; readonly duration: string };
  readonly status?: object;
}

const requests = "/apis/cert-manager.io/v1/namespaces/istio-system/certificaterequests";

/** What cert-manager's controller does with a CA issuer, once: sign, and tell so in the status. */
async function signNext(): Promise<CertificateRequest> {
  const { api } = lab.cluster("cluster1");
  const request = await waitFor("a CertificateRequest", async () => (await api.list<CertificateRequest>(requests))[0], {
    seconds: 30,
  });
  const csr = Buffer.from(request.spec.request, "base64").toString("utf8");
  const signer = authoritySigner(root, { description: "issuer", now: () => now });
  const [certificate = ""] = splitPem(await signer.sign({ profile: "intermediate", csr, days: 730, subject: "x" }));
  const { name } = request.metadata;
  await api.patchStatus(
    { apiVersion: "cert-manager.io/v1", kind: "CertificateRequest", name, namespace: "istio-system" },
    {
      conditions: [{ type: "Ready", status: "True", reason: "Issued" }],
      certificate: Buffer.from(certificate).toString("base64"),
      ca: Buffer.from(root.certificate).toString("base64"),
    },
  );
  return request;
}

async function declareSigner(signer: object): Promise<void> {
  const declarations = [
    { kind: "Mesh", metadata: { name: "mesh" }, spec: { ca: { signer } } },
    { kind: "MeshCluster", metadata: { name: "cluster1" } },
  ].map((each) => stringify({ apiVersion: "isthmus.io/v1alpha1", ...each }));
  await writeFile(join(folder, "mesh.yaml"), declarations.join("---\n"));
}

/** The files of Secret cacerts, and whether their chain leads to our root. */
async function caCerts(): Promise<{ readonly certificate: string; readonly holds: boolean }> {
  const path = "/api/v1/namespaces/istio-system/secrets/cacerts";
  const secret = await lab.cluster("cluster1").api.get<{ readonly data: Readonly<Record<string, string>> }>(path);
  const file = (name: string) => Buffer.from(secret?.data[name] ?? "", "base64").toString("utf8");
  const chain = inspectBundle(file("ca-cert.pem") + file("cert-chain.pem"));
  const { faults } = verifyChain({ chain, roots: inspectBundle(root.certificate), at: new Date() });
  return { certificate: file("ca-cert.pem"), holds: faults.length === 0 && file("root-cert.pem") === root.certificate };
}

test("cert-manager signs an intermediate by a CertificateRequest, which is gone afterwards", async () => {
  await declareSigner({ certManager: { cluster: "cluster1", issuer: { name: "mesh-root" } } });

  const [issued, request] = await Promise.all([isthmus(folder, lab.kubeconfig, "ca", "issue", "cluster1"), signNext()]);

  expect(issued.exitCode, issued.stderr).toBe(0);
  expect(request.spec).toMatchObject({ isCA: true, duration: "17520h0m0s" });
  expect(await lab.cluster("cluster1").api.list(requests)).toEqual([]);
  expect((await caCerts()).holds).toBe(true);
});

test("a command signs by openssl: an intermediate of the same root, with the names and constraints of its request", async () => {
  const before = await caCerts();
  await writeFile(join(folder, "root.pem"), root.certificate);
  await writeFile(join(folder, "root.key"), await privateKeyPem(root.privateKey), { mode: 0o600 });
  // As it might be written for an HSM: openssl copies what the request asks for.
  const script = [
    "#!/bin/sh",
    'cd "$(dirname "$0")" && cat > request.pem',
    "openssl x509 -req -in request.pem -CA root.pem -CAkey root.key -days 30 -copy_extensions copyall 2>/dev/null",
    "cat root.pem",
  ];
  await writeFile(join(folder, "sign"), `${script.join("\n")}\n`);
  await chmod(join(folder, "sign"), 0o755);
  await declareSigner({ exec: { command: ["./sign"] } });

  const { exitCode, stderr } = await isthmus(folder, lab.kubeconfig, "ca", "issue", "cluster1", "--force");

  expect(exitCode, stderr).toBe(0);
  const after = await caCerts();
  expect([after.holds, after.certificate === before.certificate]).toEqual([true, false]);
  expect(inspectBundle(after.certificate)).toMatchObject([
    { isCa: true, pathLength: 0, names: { dns: ["istiod.istio-system.svc"], uri: ["spiffe://cluster.local"] } },
  ]);
});

test("a command that refuses is told with its own words, and nothing is written", async () => {
  await declareSigner({ exec: { command: ["sh", "-c", "echo vault is sealed >&2; exit 3"] } });
  const since = new Date();

  const { exitCode, stderr } = await isthmus(folder, lab.kubeconfig, "ca", "issue", "cluster1", "--force");

  expect(exitCode).toBe(1);
  expect(stderr).toContain("error[SIGNER_FAILED]");
  expect(stderr).toContain("vault is sealed");
  expect(await lab.writes("cluster1", { since })).toEqual([]);
});
