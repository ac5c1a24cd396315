import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { exportJWK, type GenerateKeyPairResult, generateKeyPair, SignJWT } from "jose";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createAuthority, issueCertificate } from "../src/certificates.ts";
import { type Lab, startLab, waitFor } from "../src/index.ts";
import { bridgeAddress } from "../src/layout.ts";
import { analyze, foreignObjects, ourObjects } from "./clusterState.ts";
import { prepareExample } from "./example.ts";
import { isthmus } from "./isthmus.ts";
import { askFromOutside } from "./outsideClient.ts";
import { startText } from "./outsideServers.ts";

const allInPlace = expect.stringMatching(/^\d+ paths?, all hops in place\.$/m);

let home: string;
let lab: Lab;
let folder: string;
let authority: string;
let tokens: Readonly<Record<string, string>>;
let keySet: string;
let otherKeySet: string;

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), "isthmus-jwt-"));
  lab = await startLab({ home, clusters: 1 });
  folder = await prepareExample(lab, "external-access-jwt");
  const outside = await createAuthority("CN=outside");
  authority = join(home, "outside.crt");
  await writeFile(authority, outside.certificate);
  for (const name of ["api", "open"]) {
    const { certificate, key } = await issueCertificate(outside, {
      subject: "CN=server",
      names: [`${name}.example.com`],
    });
    await lab.apply("cluster1", [
      {
        apiVersion: "v1",
        kind: "Secret",
        metadata: { name: `${name}-credential`, namespace: "istio-system" },
        stringData: { "tls.crt": certificate, "tls.key": key },
      },
    ]);
  }
  ({ tokens, keySet, otherKeySet } = await issueTokens());
});

afterAll(async () => {
  await lab?.down();
  for (const each of [home, folder]) await rm(each, { recursive: true, force: true });
});

async function issueTokens() {
  const [issuer, stranger] = await Promise.all([generateKeyPair("ES256"), generateKeyPair("ES256")]);
  const sign = (
    key: GenerateKeyPairResult["privateKey"],
    claims: { readonly iss?: string; readonly aud?: string; readonly groups?: string[] },
  ) =>
    new SignJWT({
      iss: "https://issuer.example.com",
      aud: "api.example.com",
      sub: "alice",
      groups: ["staff"],
      ...claims,
    })
      .setProtectedHeader({ alg: "ES256" })
      .setExpirationTime("1h")
      .sign(key);
  const keysOf = async ({ publicKey }: GenerateKeyPairResult) =>
    JSON.stringify({ keys: [{ ...(await exportJWK(publicKey)), alg: "ES256" }] });
  return {
    keySet: await keysOf(issuer),
    otherKeySet: await keysOf(stranger),
    tokens: {
      good: await sign(issuer.privateKey, {}),
      otherGroup: await sign(issuer.privateKey, { groups: ["guests"] }),
      otherAudience: await sign(issuer.privateKey, { aud: "else.example.com" }),
      forged: await sign(stranger.privateKey, {}),
      otherIssuer: await sign(stranger.privateKey, { iss: "https://else.example.com" }),
      opaque: "abcdef",
    },
  };
}

/** The status that a client outside gets, or "refused". */
async function status(url: string, header?: string): Promise<string> {
  const sent = header === undefined ? [] : ["-H", header];
  const [code = ""] = (await askFromOutside(lab, "cluster1", url, "--cacert", authority, ...sent)).split(" ");
  return code;
}

async function answers(url: string): Promise<Record<string, string>> {
  const found: Record<string, string> = { none: await status(url) };
  for (const [name, token] of Object.entries(tokens)) found[name] = await status(url, `Authorization: Bearer ${token}`);
  return found;
}

/** Plain HTTP on the same gateway, with the token in a header of its own and no claims. */
const plain = () => `
apiVersion: isthmus.io/v1alpha1
kind: ExternalAccess
metadata: {name: plain, namespace: bar}
spec:
  hosts: [plain.example.com]
  service: httpbin
  port: 8000
  clusters: [cluster1]
  tls: {mode: None}
  jwt:
    issuers:
      - {issuer: https://issuer.example.com, jwks: '${keySet}', fromHeaders: [{name: X-Token}]}
`;

test("external-access-jwt: one host asks for tokens, and the others of the gateway take what they always took", async () => {
  const file = join(folder, "api.yaml");
  await writeFile(file, (await readFile(file, "utf8")).replace(/jwks: '.*'/, `jwks: '${keySet}'`));
  await writeFile(join(folder, "plain.yaml"), plain());
  const foreignBefore = await foreignObjects(lab, "cluster1");
  const analysisBefore = await analyze(lab, "cluster1");

  const applied = await isthmus(folder, lab.kubeconfig, "apply", "--yes");
  expect(applied.exitCode, applied.stderr).toBe(0);

  const good = `Authorization: Bearer ${tokens.good}`;
  await waitFor("a good token to be let in", async () => (await status("https://api.example.com/get", good)) === "200");
  await waitFor("the open host", async () => (await status("https://open.example.com/get")) === "200");
  await waitFor("the plain host", async () => (await status("http://plain.example.com/get")) === "403");
  const all = { none: "200", good: "200", otherGroup: "200", otherAudience: "200", forged: "200", otherIssuer: "200" };
  expect(await answers("https://open.example.com/get")).toEqual({ ...all, opaque: "200" });
  expect(await answers("https://api.example.com/get")).toEqual({
    ...{ none: "403", good: "200", otherGroup: "403", otherAudience: "403", forged: "401", otherIssuer: "401" },
    opaque: "401",
  });
  expect(await status("https://api.example.com/status/204")).toBe("204");
  expect(await status("https://api.example.com/status/204", "Host: API.example.com:8443")).toBe("204");
  expect(await status("https://api.example.com/get", "Host: API.example.com:8443")).toBe("403");
  expect(await status("http://plain.example.com/get", "Host: PLAIN.example.com:8443")).toBe("403");
  expect(await status("http://plain.example.com/get", `X-Token: ${tokens.otherAudience}`)).toBe("200");
  expect(await status("http://plain.example.com/get", good)).toBe("403");
  expect(await status("http://plain.example.com/get", `X-Token: ${tokens.forged}`)).toBe("401");
  // A remark on istiod's own settings comes with the first RequestAuthentication of a cluster.
  const remarks = (await analyze(lab, "cluster1")).filter((message) => !message.includes("IST0175"));
  expect(remarks).toEqual(analysisBefore);

  // The issuer has other keys now, which istiod fetches from its key server: what was forged before is good then.
  await using keys = await startText(otherKeySet, bridgeAddress(lab.state.network), 8099);
  const uri = `http://${bridgeAddress(lab.state.network)}:8099/keys`;
  await writeFile(file, (await readFile(file, "utf8")).replace(/jwks: '.*'/, `jwksUri: ${uri}`));
  const moved = await isthmus(folder, lab.kubeconfig, "apply", "--yes");
  expect(moved.exitCode, moved.stderr).toBe(0);
  const other = `Authorization: Bearer ${tokens.forged}`;
  await waitFor("the other key", async () => (await status("https://api.example.com/get", other)) === "200");
  expect(await status("https://api.example.com/get", good)).toBe("401");
  expect(new Set(keys.calls)).toEqual(new Set(["/keys"]));

  const since = new Date();
  expect((await isthmus(folder, lab.kubeconfig, "apply", "--yes")).exitCode).toBe(0);
  expect(await isthmus(folder, lab.kubeconfig, "verify")).toMatchObject({ exitCode: 0, stdout: allInPlace });
  expect(await lab.writes("cluster1", { since })).toEqual([]);

  for (const name of await readdir(folder)) if (name !== "mesh.yaml") await rm(join(folder, name));
  const removed = await isthmus(folder, lab.kubeconfig, "apply", "--yes", "--allow-mass-delete");
  expect(removed.exitCode, removed.stderr).toBe(0);
  expect(await ourObjects(lab, "cluster1")).toEqual([]);
  expect(await foreignObjects(lab, "cluster1")).toEqual(foreignBefore);
});
