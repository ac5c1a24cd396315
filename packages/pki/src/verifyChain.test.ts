import { expect, test } from "vitest";
import { type Authority, loadAuthority } from "./authority.ts";
import { authoritySigner } from "./authoritySigner.ts";
import { createRequest } from "./createRequest.ts";
import { createRoot } from "./createRoot.ts";
import { inspectBundle, inspectCertificate } from "./inspect.ts";
import { type Issued, type IssueOptions, issue } from "./issue.ts";
import { createKeyPair, type KeyPair, readPrivateKey } from "./keys.ts";
import { meshNameLimits } from "./nameLimits.ts";
import { splitPem } from "./pem.ts";
import type { Profile, SubjectAltNames } from "./signer.ts";
import { verifyChain } from "./verifyChain.ts";

const now = new Date("2026-11-24T12:00:00Z");
const inYears = (years: number) => new Date(now.getTime() + years * 365 * 24 * 3_600_000);
const workload = "spiffe://cluster.local/ns/bar/sa/httpbin";

async function newRoot() {
  return createRoot({ name: "root", organization: "x", keys: await createKeyPair("ecdsa"), now });
}

function signWith(authority: Authority, options: Partial<IssueOptions>): Promise<Issued> {
  return issue(authoritySigner(authority, { description: "test", now: () => now }), {
    profile: "intermediate",
    commonName: "authority",
    organization: "x",
    names: {},
    keyKind: "ecdsa",
    days: 730,
    subject: "test",
    now,
    ...options,
  });
}

/** A root, an intermediate and a workload's certificate. */
async function makeChain(
  intermediateOptions: Partial<IssueOptions> = {},
  leafOptions: LooseOptions = {},
  root?: Authority,
) {
  const anchor = root ?? (await newRoot());
  const intermediate = await signWith(anchor, intermediateOptions);
  const authority = await loadAuthority(intermediate.certificate, intermediate.key);
  const leaf = await looseIssue(authority, leafOptions);
  return {
    root: anchor,
    authority,
    chain: inspectBundle(leaf + intermediate.certificate),
    roots: inspectBundle(anchor.certificate),
  };
}

interface LooseOptions {
  readonly profile?: Profile;
  readonly names?: SubjectAltNames;
  readonly commonName?: string;
  readonly days?: number;
  readonly keys?: KeyPair;
}

/** What the authority signs, without the checks of `issue`. */
async function looseIssue(authority: Authority, options: LooseOptions): Promise<string> {
  const { profile = "server", names = { uri: [workload] }, commonName = "workload", days = 90 } = options;
  const keys = options.keys ?? (await createKeyPair("ecdsa"));
  const csr = await createRequest({ profile, commonName, organization: "x", names, keys });
  const signer = authoritySigner(authority, { description: "test", now: () => now });
  const [certificate = ""] = splitPem(await signer.sign({ profile, csr, days, subject: "test" }));
  return certificate;
}

const kinds = ({ faults }: ReturnType<typeof verifyChain>) => faults.map(({ kind }) => kind);

test("a chain of root, intermediate and workload holds, and its path is told", async () => {
  const { chain, roots } = await makeChain();

  const verdict = verifyChain({ chain, roots, at: now, usage: "serverAuth" });

  expect(verdict.faults).toEqual([]);
  expect(verdict.path.map(({ subject }) => subject)).toEqual([...chain, ...roots].map(({ subject }) => subject));
});

test("the order of issuers, strangers among them and several roots do not matter", async () => {
  const [mine, other] = [await makeChain(), await makeChain()];
  const [leaf, intermediate] = mine.chain;
  if (leaf === undefined || intermediate === undefined) throw new Error("no chain");

  const chain = [leaf, ...other.roots, ...other.chain, intermediate];
  const verdict = verifyChain({ chain, roots: [...other.roots, ...mine.roots], at: now });

  expect(verdict.faults).toEqual([]);
});

test("an intermediate that is trusted itself ends the path", async () => {
  const { chain } = await makeChain();

  expect(kinds(verifyChain({ chain, roots: chain.slice(1), at: now }))).toEqual([]);
});

test("without its root, its intermediate, or with another root of the same name there is no path", async () => {
  const [{ chain, roots }, other] = [await makeChain(), await makeChain()];
  const verdicts = [
    verifyChain({ chain, roots: [], at: now }),
    verifyChain({ chain: chain.slice(0, 1), roots, at: now }),
    verifyChain({ chain, roots: other.roots, at: now }),
    verifyChain({ chain, roots: other.roots.map((root) => ({ ...root, subject: roots[0]?.subject ?? "" })), at: now }),
  ];

  expect(verdicts.map(kinds)).toEqual(Array.from({ length: 4 }, () => ["NoPathToRoot"]));
});

test("times are checked of every certificate on the path", async () => {
  const { chain, roots } = await makeChain({}, { days: 730 });
  const at = (date: Date) => kinds(verifyChain({ chain, roots, at: date }));

  expect(at(inYears(-1))).toEqual(["NotYetValid", "NotYetValid", "NotYetValid"]);
  expect(at(inYears(3))).toEqual(["Expired", "Expired"]);
  expect(at(inYears(20))).toEqual(["Expired", "Expired", "Expired"]);
});

test("an authority below one of path length 0 is one too many", async () => {
  const { authority, roots, chain } = await makeChain();
  const keys = await createKeyPair("ecdsa");
  const deeper = await looseIssue(authority, { profile: "intermediate", commonName: "deeper", keys });
  const leaf = await looseIssue({ certificate: deeper, issuers: "", privateKey: keys.privateKey }, {});
  const below = inspectBundle(leaf + deeper);

  const verdicts = [below, below.slice(1)].map((start) => verifyChain({ chain: [...start, ...chain], roots, at: now }));

  // By itself it is the end of the path, and not counted.
  expect(verdicts.map(kinds)).toEqual([["PathTooLong"], []]);
});

test("a certificate signed by one that is not an authority is refused", async () => {
  const root = await newRoot();
  const server = await signWith(root, { profile: "server", names: { dns: ["a.example"] } });
  const { privateKey } = await readPrivateKey(server.key);
  const leaf = await looseIssue({ certificate: server.certificate, issuers: "", privateKey }, {});

  const verdict = verifyChain({
    chain: inspectBundle(leaf + server.certificate),
    roots: inspectBundle(root.certificate),
    at: now,
  });

  expect(kinds(verdict)).toEqual(["NotAnAuthority"]);
});

test.each([
  [{ uri: ["spiffe://cluster.local/ns/a/sa/b"] }, []],
  [{ dns: ["istiod.istio-system.svc", "a.b.svc.cluster.local"] }, []],
  [{ uri: ["spiffe://evil.example/ns/a/sa/b"] }, ["NameNotPermitted"]],
  [{ dns: ["www.example.com"] }, ["NameNotPermitted"]],
  [{ ip: ["192.0.2.7"] }, ["NameNotPermitted"]],
])("limited to the mesh, an intermediate that signs for %j gets %j", async (names, expected) => {
  const { chain, roots } = await makeChain({ nameLimits: meshNameLimits("cluster.local", "cluster.local") }, { names });

  expect(kinds(verifyChain({ chain, roots, at: now }))).toEqual(expected);
});

test("a client's certificate is none for a server", async () => {
  const { chain, roots } = await makeChain({}, { profile: "client" });
  const forUsage = (usage: "serverAuth" | "clientAuth") => kinds(verifyChain({ chain, roots, at: now, usage }));

  expect([forUsage("clientAuth"), forUsage("serverAuth")]).toEqual([[], ["UsageNotPermitted"]]);
});

test("a damaged signature breaks the path", async () => {
  const { chain, roots } = await makeChain();
  const [leaf, ...issuers] = chain;
  if (leaf === undefined) throw new Error("no chain");
  const der = Buffer.from(leaf.pem.split("\n").slice(1, -2).join(""), "base64");
  // The last byte is the signature's.
  der[der.length - 1] = (der.at(-1) ?? 0) ^ 1;
  const forged = `-----BEGIN CERTIFICATE-----\n${der.toString("base64")}\n-----END CERTIFICATE-----\n`;

  const verdict = verifyChain({ chain: [inspectCertificate(forged), ...issuers], roots, at: now });

  expect(kinds(verdict)).toEqual(["NoPathToRoot"]);
});
