import { expect, test } from "vitest";
import { authoritySigner } from "./authoritySigner.ts";
import { caCertsOf } from "./caCerts.ts";
import { createRoot } from "./createRoot.ts";
import { inspectBundle, inspectCertificate } from "./inspect.ts";
import { issueIntermediate } from "./issueIntermediate.ts";
import { createKeyPair, type KeyKind, readPrivateKey } from "./keys.ts";
import type { Signer } from "./signer.ts";
import { verifyChain } from "./verifyChain.ts";

const now = new Date("2026-11-24T12:00:00.750Z");

async function rootSigner(kind: KeyKind = "ecdsa", days?: number) {
  const root = await createRoot({
    name: "mesh root CA",
    organization: "cluster.local",
    keys: await createKeyPair(kind),
    now,
    ...(days !== undefined && { days }),
  });
  return { root, signer: authoritySigner(root, { description: "key file root.json", now: () => now }) };
}

const options = { cluster: "cluster1", trustDomain: "cluster.local", istioNamespace: "istio-system", now };

test.each(["ecdsa", "rsa4096"] as const)("a root with an %s key is one as istiod wants it", async (kind) => {
  const { root } = await rootSigner(kind);

  const facts = inspectCertificate(root.certificate);
  expect(facts).toMatchObject({
    subject: expect.stringMatching(/^O=cluster.local, CN=mesh root CA [0-9a-f]{8}$/),
    issuer: facts.subject,
    isSelfIssued: true,
    isCa: true,
    key: kind === "ecdsa" ? "ECDSA P-256" : "RSA 4096",
    keyUsages: ["keyCertSign", "cRLSign"],
    names: {},
    notBefore: "2026-11-24T11:00:00.000Z",
    notAfter: "2036-11-21T12:00:00.000Z",
    authorityKeyId: facts.subjectKeyId,
    unknownCritical: [],
  });
  expect(facts).not.toHaveProperty("pathLength");
  expect(facts.serialNumber).toMatch(/^[4-7][0-9a-f]{31}$/);
});

test("an intermediate may sign workloads only, and bears istiod's name and the trust domain", async () => {
  const { root, signer } = await rootSigner();

  const { facts } = await issueIntermediate(signer, options);

  const above = inspectCertificate(root.certificate);
  expect(facts).toMatchObject({
    subject: "O=cluster.local, CN=cluster1 intermediate CA",
    issuer: above.subject,
    isCa: true,
    pathLength: 0,
    key: "ECDSA P-256",
    keyUsages: ["digitalSignature", "keyCertSign", "cRLSign"],
    names: { dns: ["istiod.istio-system.svc"], uri: ["spiffe://cluster.local"] },
    notAfter: "2028-11-23T12:00:00.000Z",
    authorityKeyId: above.subjectKeyId,
  });
  expect(facts).not.toHaveProperty("extendedKeyUsages");
  expect(facts).not.toHaveProperty("nameLimits");
});

test("name limits are granted as asked, and critical", async () => {
  const { signer } = await rootSigner();

  const { facts } = await issueIntermediate(signer, { ...options, limitToClusterDomain: "cluster.local" });

  expect(facts.nameLimits).toEqual({
    permitted: { uri: ["cluster.local"], dns: ["svc", "cluster.local"] },
    excluded: { ip: ["0.0.0.0/0", "::/0"] },
  });
  expect(facts.unknownCritical).toEqual([]);
});

test("an intermediate never outlives its root", async () => {
  const { root, signer } = await rootSigner("ecdsa", 30);

  const { facts } = await issueIntermediate(signer, options);

  expect(facts.notAfter).toBe(inspectCertificate(root.certificate).notAfter);
});

test("cacerts holds intermediate, its key, root, and the chain from intermediate to root", async () => {
  const { root, signer } = await rootSigner();
  const other = await rootSigner();
  const intermediate = await issueIntermediate(signer, options);

  const files = caCertsOf(intermediate, other.root.certificate + root.certificate);

  expect(files).toEqual({
    "ca-cert.pem": intermediate.certificate,
    "ca-key.pem": intermediate.key,
    "root-cert.pem": root.certificate + other.root.certificate,
    "cert-chain.pem": intermediate.certificate + root.certificate,
  });
  await expect(readPrivateKey(files["ca-key.pem"])).resolves.toHaveProperty("privateKey");
  const [facts, ...roots] = inspectBundle(files["ca-cert.pem"] + files["root-cert.pem"]);
  if (facts === undefined) throw new Error("no certificate");
  expect(verifyChain({ chain: [facts], roots, at: now }).faults).toEqual([]);
});

test("a root that has ended signs nothing", async () => {
  const { root } = await rootSigner("ecdsa", 30);
  const later = authoritySigner(root, { description: "key file root.json", now: () => new Date("2027-01-01") });

  await expect(issueIntermediate(later, options)).rejects.toMatchObject({
    code: "SIGNER_FAILED",
    at: "cluster1",
    message: expect.stringContaining("ended 2026-12-24T12:00:00.000Z"),
  });
});

test("a certificate may begin while it is signed, and not an hour later", async () => {
  const { root } = await rootSigner();
  const after = (minutes: number) =>
    authoritySigner(root, {
      description: "command sign",
      now: () => new Date(now.getTime() + (60 + minutes) * 60_000),
    });

  await expect(issueIntermediate(after(1), options)).resolves.toHaveProperty("facts.isCa", true);
  await expect(issueIntermediate(after(60), options)).rejects.toMatchObject({
    code: "SIGNER_FAILED",
    message: expect.stringContaining("is valid only from 2026-11-24T13:00:00.000Z"),
  });
});

test("what a signer answers is checked before it is used", async () => {
  const { root, signer } = await rootSigner();
  const stranger = await rootSigner();
  const answering = (answer: (right: string) => string | Promise<string>): Signer => ({
    description: "command sign",
    sign: async (request) => answer(await signer.sign(request)),
  });
  const failure = async (fake: Signer) => {
    const limited = { ...options, limitToClusterDomain: "cluster.local" };
    const error = await issueIntermediate(fake, limited).catch((thrown: unknown) => thrown);
    return error instanceof Error && "code" in error ? `${error.code}: ${error.message}` : "accepted";
  };

  const failures = await Promise.all([
    failure(answering(() => "no")),
    failure(answering(() => root.certificate)),
    failure(answering((right) => right.replace(root.certificate, ""))),
    failure(answering((right) => right.replace(root.certificate, stranger.root.certificate))),
    failure({
      description: "command sign",
      sign: (request) => signer.sign({ ...request, profile: "server" }),
    }),
    failure({
      description: "command sign",
      sign: ({ nameLimits: _dropped, ...request }) => signer.sign(request),
    }),
    failure(answering((right) => right)),
  ]);

  expect(failures).toEqual([
    "SIGNER_FAILED: command sign: the answer is not a PEM text of certificates",
    "SIGNER_FAILED: command sign: the first certificate of the answer is not for the key that was to be certified",
    expect.stringContaining("SIGNER_FAILED: command sign: no path leads from O=cluster.local, CN=cluster1"),
    expect.stringContaining("SIGNER_FAILED: command sign: no path leads from O=cluster.local, CN=cluster1"),
    "SIGNER_FAILED: command sign: the certificate may not sign others",
    "SIGNER_FAILED: command sign: the certificate has no name constraints",
    "accepted",
  ]);
});
