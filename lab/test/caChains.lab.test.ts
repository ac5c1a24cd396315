import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type Authority,
  authoritySigner,
  createKeyPair,
  createRequest,
  createRoot,
  inspectBundle,
  issueIntermediate,
  type KeyPair,
  loadAuthority,
  type Profile,
  type SubjectAltNames,
  splitPem,
  verifyChain,
} from "@isthmus/pki";
import { execa } from "execa";
import { afterAll, beforeAll, expect, test } from "vitest";

const now = new Date("2026-11-24T12:00:00Z");
const workload = "spiffe://cluster.local/ns/bar/sa/httpbin";

let folder: string;
let goVerifier: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "isthmus-chains-"));
  goVerifier = join(folder, "verifyChain");
  await execa("go", ["build", "-o", goVerifier, new URL("verifyChain.go", import.meta.url).pathname], { cwd: folder });
});

afterAll(() => rm(folder, { recursive: true, force: true }));

interface Chain {
  /** The certificate, then its issuers. */
  readonly chain: string;
  readonly roots: string;
  readonly at?: Date;
}

async function newRoot(pathLength?: number): Promise<Authority> {
  const keys = await createKeyPair("ecdsa");
  return createRoot({ name: "root", organization: "x", keys, now, ...(pathLength !== undefined && { pathLength }) });
}

async function intermediateOf(root: Authority, limited = false): Promise<Authority> {
  const issued = await issueIntermediate(authoritySigner(root, { description: "root", now: () => now }), {
    cluster: "cluster1",
    trustDomain: "cluster.local",
    istioNamespace: "istio-system",
    now,
    ...(limited && { limitToClusterDomain: "cluster.local" }),
  });
  return { ...(await loadAuthority(issued.certificate, issued.key)), issuers: issued.issuers };
}

/** A certificate of any authority, also one that nobody should accept. */
async function signed(by: Authority, profile: Profile, names: SubjectAltNames, keys?: KeyPair): Promise<string> {
  const subject = { commonName: "leaf", organization: "x" };
  const csr = await createRequest({ profile, ...subject, names, keys: keys ?? (await createKeyPair("ecdsa")) });
  const signer = authoritySigner(by, { description: "x", now: () => now });
  const [certificate = ""] = splitPem(await signer.sign({ profile, csr, days: 90, subject: "x" }));
  return certificate;
}

async function simple(names: SubjectAltNames, limited: boolean, profile: Profile = "server"): Promise<Chain> {
  const root = await newRoot();
  const intermediate = await intermediateOf(root, limited);
  return { chain: (await signed(intermediate, profile, names)) + intermediate.certificate, roots: root.certificate };
}

const cases: Readonly<Record<string, readonly [() => Promise<Chain>, "ok" | "refused"]>> = {
  "a workload under an intermediate": [() => simple({ uri: [workload] }, false), "ok"],
  "a workload under an intermediate with name constraints": [() => simple({ uri: [workload] }, true), "ok"],
  "istiod's own certificate under name constraints": [() => simple({ dns: ["istiod.istio-system.svc"] }, true), "ok"],
  "two roots in the bundle": [
    async () => {
      const [mine, other] = [await simple({ uri: [workload] }, false), await newRoot()];
      return { ...mine, roots: other.certificate + mine.roots };
    },
    "ok",
  ],
  "an identity of another trust domain": [() => simple({ uri: ["spiffe://evil.example/ns/a/sa/b"] }, true), "refused"],
  "a public host": [() => simple({ dns: ["www.example.com"] }, true), "refused"],
  "an IP address where none may be": [() => simple({ ip: ["192.0.2.7"], uri: [workload] }, true), "refused"],
  "an ended certificate": [
    async () => ({ ...(await simple({ uri: [workload] }, false)), at: new Date("2027-06-01T00:00:00Z") }),
    "refused",
  ],
  "a certificate of tomorrow": [
    async () => ({ ...(await simple({ uri: [workload] }, false)), at: new Date("2026-11-23T00:00:00Z") }),
    "refused",
  ],
  "a client's certificate for a server": [() => simple({ dns: ["a.example"] }, false, "client"), "refused"],
  "another root of the same kind": [
    async () => ({ ...(await simple({ uri: [workload] }, false)), roots: (await newRoot()).certificate }),
    "refused",
  ],
  "a chain without its intermediate": [
    async () => {
      const { chain, roots } = await simple({ uri: [workload] }, false);
      return { chain: splitPem(chain)[0] ?? "", roots };
    },
    "refused",
  ],
  "an authority below an intermediate of path length 0": [
    async () => {
      const root = await newRoot();
      const intermediate = await intermediateOf(root);
      const keys = await createKeyPair("ecdsa");
      const deeper = await signed(intermediate, "intermediate", {}, keys);
      const leaf = await signed({ certificate: deeper, issuers: "", privateKey: keys.privateKey }, "server", {
        uri: [workload],
      });
      return { chain: leaf + deeper + intermediate.certificate, roots: root.certificate };
    },
    "refused",
  ],
  "a certificate signed by a server's": [
    async () => {
      const root = await newRoot();
      const { publicKey, privateKey } = await createKeyPair("ecdsa");
      const server = await signed(root, "server", { dns: ["a.example"] }, { publicKey, privateKey });
      const leaf = await signed({ certificate: server, issuers: "", privateKey }, "server", { uri: [workload] });
      return { chain: leaf + server, roots: root.certificate };
    },
    "refused",
  ],
};

test.each(Object.entries(cases))("%s: openssl, Go and we say the same", async (name, [make, expected]) => {
  const { chain, roots, at = now } = await make();
  const file = (kind: string) => join(folder, `${name.replaceAll(/\W+/g, "-")}.${kind}.pem`);
  await writeFile(file("chain"), chain);
  await writeFile(file("roots"), roots);

  const seconds = String(at.getTime() / 1000);
  const openssl = await execa(
    "openssl",
    [
      "verify",
      "-attime",
      seconds,
      "-purpose",
      "sslserver",
      "-CAfile",
      file("roots"),
      "-untrusted",
      file("chain"),
      file("chain"),
    ],
    { reject: false },
  );
  const go = await execa(goVerifier, [file("chain"), file("roots"), seconds]);
  const { faults } = verifyChain({ chain: inspectBundle(chain), roots: inspectBundle(roots), at, usage: "serverAuth" });

  const verdict = (isGood: boolean) => (isGood ? "ok" : "refused");
  expect(
    {
      ours: verdict(faults.length === 0),
      openssl: verdict(openssl.exitCode === 0),
      go: verdict(go.stdout === "ok"),
    },
    `${JSON.stringify(faults)}\n${openssl.stderr}\n${go.stdout}`,
  ).toEqual({ ours: expected, openssl: expected, go: expected });
});
