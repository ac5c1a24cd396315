import type { KindEntry, KubeObject } from "@isthmus/core";
import { createKubeClient } from "@isthmus/kube";
import { authoritySigner, createKeyPair, createRoot, issueIntermediate, splitPem } from "@isthmus/pki";
import { type FakeApiServer, startFakeApiServer } from "@isthmus/testkit";
import { expect, onTestFinished, test } from "vitest";
import { certManagerSigner } from "./certManagerSigner.ts";

const now = new Date("2026-11-24T12:00:00Z");
const asked = { cluster: "cluster1", trustDomain: "cluster.local", istioNamespace: "istio-system", now };
const kind: KindEntry = {
  group: "cert-manager.io",
  version: "v1",
  kind: "CertificateRequest",
  plural: "certificaterequests",
  namespaced: true,
  read: "optional",
  write: false,
};

interface Spec {
  readonly request: string;
  readonly isCA: boolean;
  readonly usages: readonly string[];
  readonly duration: string;
  readonly issuerRef: object;
}

/** A cluster with cert-manager's kind, and its controller: what `answer` makes of a request becomes its status. */
async function openBench(answer: (spec: Spec) => Promise<object> | object) {
  const server = await startFakeApiServer({ kinds: [kind] });
  server.seed([{ apiVersion: "v1", kind: "Namespace", metadata: { name: "istio-system" } }]);
  const client = createKubeClient({ name: "cluster1", server: server.url, user: {} });
  const seen: Spec[] = [];
  const timer = setInterval(() => void control(server, seen, answer), 20);
  onTestFinished(async () => {
    clearInterval(timer);
    await client.close();
    await server.stop();
  });
  const signer = certManagerSigner({
    cluster: "cluster1",
    client,
    namespace: "istio-system",
    issuer: { name: "mesh-root", kind: "ClusterIssuer", group: "cert-manager.io" },
    timeLimit: 1500,
  });
  return { server, signer, seen };
}

async function control(server: FakeApiServer, seen: Spec[], answer: (spec: Spec) => Promise<object> | object) {
  for (const object of server.stored("certificaterequests.cert-manager.io")) {
    if (object.status !== undefined) continue;
    const spec = object.spec as unknown as Spec;
    seen.push(spec);
    const status = await answer(spec);
    if (server.stored("certificaterequests.cert-manager.io").length === 0) continue;
    server.seed([{ ...(object as unknown as KubeObject), status }], "cert-manager");
  }
}

const condition = (type: string, status: string, reason: string, message = "") => ({
  conditions: [{ type, status, reason, message }],
});

test("a request asks for an authority, and the signed chain with the issuer's root comes back; the request is gone", async () => {
  const root = await createRoot({ name: "cm", organization: "x", keys: await createKeyPair("ecdsa"), now });
  const inner = authoritySigner(root, { description: "", now: () => now });
  const { signer, seen, server } = await openBench(async ({ request }) => {
    const csr = Buffer.from(request, "base64").toString();
    const [certificate = ""] = splitPem(await inner.sign({ profile: "intermediate", csr, days: 730, subject: "" }));
    const base64 = (text: string) => Buffer.from(text).toString("base64");
    return { ...condition("Ready", "True", "Issued"), certificate: base64(certificate), ca: base64(root.certificate) };
  });

  const issued = await issueIntermediate(signer, asked);

  expect(issued.root).toBe(root.certificate);
  expect(seen[0]).toMatchObject({
    isCA: true,
    usages: ["digital signature", "cert sign", "crl sign"],
    duration: "17520h0m0s",
    issuerRef: { name: "mesh-root", kind: "ClusterIssuer", group: "cert-manager.io" },
  });
  expect(server.stored("certificaterequests.cert-manager.io")).toEqual([]);
});

test("a life shorter than a day is asked for in seconds", async () => {
  const { signer, seen } = await openBench(() => condition("Denied", "True", "x"));

  await signer
    .sign({ profile: "client", csr: "", days: 1, seconds: 600, subject: "probe" })
    .catch((error: unknown) => error);

  expect(seen).toMatchObject([{ isCA: false, usages: ["digital signature", "client auth"], duration: "600s" }]);
});

test.each([
  ["Denied", "True", "policy.cert-manager.io", "no CA for you", "the request is Denied: no CA for you"],
  ["InvalidRequest", "True", "x", "", "the request is InvalidRequest"],
  ["Ready", "False", "Failed", "key usage differs", "the request is Failed: key usage differs"],
])("a request that is %s=%s (%s) fails at once with the reason", async (type, status, reason, message, expected) => {
  const { signer, server } = await openBench(() => condition(type, status, reason, message));

  await expect(issueIntermediate(signer, asked)).rejects.toMatchObject({
    code: "SIGNER_FAILED",
    at: "cluster1",
    message: expect.stringContaining(`cert-manager ClusterIssuer mesh-root in cluster1: ${expected}`),
  });
  expect(server.stored("certificaterequests.cert-manager.io")).toEqual([]);
});

test("a request that nobody signs is given up, and a cluster without cert-manager is told as such", async () => {
  const { signer } = await openBench(() => condition("Ready", "False", "Pending", "Referenced Issuer not found"));
  await using bare = await startFakeApiServer();
  const client = createKubeClient({ name: "cluster1", server: bare.url, user: {} });
  onTestFinished(() => client.close());
  const issuer = { name: "mesh-root", kind: "ClusterIssuer", group: "cert-manager.io" };
  const without = certManagerSigner({ cluster: "cluster1", client, namespace: "default", issuer, timeLimit: 1000 });

  const [waiting, absent] = await Promise.all(
    [signer, without].map((each) => issueIntermediate(each, asked).catch((error: unknown) => error)),
  );

  expect(waiting).toMatchObject({
    code: "SIGNER_FAILED",
    message: expect.stringContaining("is not signed after 1.5 s: Referenced Issuer not found"),
  });
  expect(absent).toMatchObject({ code: "KIND_NOT_INSTALLED" });
});
