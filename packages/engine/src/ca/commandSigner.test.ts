import { authoritySigner, createKeyPair, createRoot, issueIntermediate, privateKeyPem } from "@isthmus/pki";
import { expect, test } from "vitest";
import { commandSigner } from "./commandSigner.ts";

const now = new Date("2026-11-24T12:00:00Z");
const asked = { cluster: "cluster1", trustDomain: "cluster.local", istioNamespace: "istio-system", now };
const request = { profile: "intermediate", csr: "the request", days: 7, subject: "cluster1" } as const;

function signerOf(script: string, timeLimit = 20_000, env: Record<string, string> = {}) {
  return commandSigner({
    command: [process.execPath, "-e", script],
    cwd: "/",
    env: { PATH: process.env.PATH, ...env },
    timeLimit,
  });
}

test("a command gets the request on its standard input and the wish in its environment, and what it prints is the answer", async () => {
  const script = `
    let csr = "";
    process.stdin.on("data", (chunk) => (csr += chunk)).on("end", () =>
      console.log(JSON.stringify([csr, JSON.parse(process.env.ISTHMUS_SIGNING_REQUEST), process.env.ISTHMUS_CA_PASSPHRASE ?? "none"])));`;

  const answer = await signerOf(script, 20_000, { ISTHMUS_CA_PASSPHRASE: "secret" }).sign({
    ...request,
    days: 1,
    seconds: 600,
  });

  expect(JSON.parse(answer)).toEqual([
    "the request",
    { version: 1, profile: "intermediate", days: 1, seconds: 600, subject: "cluster1" },
    "none",
  ]);
});

test("an intermediate that a command signs is as good as one of a key file", async () => {
  const root = await createRoot({ name: "hsm", organization: "x", keys: await createKeyPair("ecdsa"), now });
  const inner = authoritySigner(root, { description: "", now: () => now });
  // The program does what an HSM's would, only that the test has signed before.
  const signer = {
    description: "command hsm",
    sign: async (wish: Parameters<typeof inner.sign>[0]) =>
      signerOf(`process.stdout.write(process.env.ANSWER)`, 20_000, { ANSWER: await inner.sign(wish) }).sign(wish),
  };

  const { root: found, facts } = await issueIntermediate(signer, asked);

  expect([found, facts.pathLength]).toEqual([root.certificate, 0]);
});

test("a failure is told with the first line of what the command said, and without anything like a key", async () => {
  const { privateKey } = await createKeyPair("ecdsa");
  const key = await privateKeyPem(privateKey);
  const says = (text: string) => `process.stderr.write(${JSON.stringify(text)}); process.exit(3)`;
  const failureOf = (script: string) =>
    signerOf(script)
      .sign(request)
      .catch((error: unknown) => error);

  const [plain, leaking, quiet] = await Promise.all([
    failureOf(says("vault is sealed\nstack trace")),
    failureOf(says(`could not use ${key}`)),
    failureOf("process.exit(1)"),
  ]);

  const message = (why: string) => ({ code: "SIGNER_FAILED", at: "cluster1", message: expect.stringMatching(why) });
  expect(plain).toMatchObject(message("ended with code 3: vault is sealed$"));
  expect(leaking).toMatchObject(message("could not use …$"));
  expect(quiet).toMatchObject(message("ended with code 1$"));
});

test("a command that is not there, and one that never ends, are failures as well", async () => {
  const absent = commandSigner({ command: ["/no/such/program"], cwd: "/", env: {}, timeLimit: 1000 });
  const endless = signerOf("setInterval(() => {}, 1000)", 300);

  await expect(absent.sign(request)).rejects.toMatchObject({
    code: "SIGNER_FAILED",
    message: "command /no/such/program is not there",
  });
  await expect(endless.sign(request)).rejects.toMatchObject({
    code: "SIGNER_FAILED",
    message: expect.stringContaining("gave no answer in 0.3 s"),
  });
});

test("an interrupt ends the command", async () => {
  const interrupt = new AbortController();
  const signing = signerOf("setInterval(() => {}, 1000)").sign(request, { signal: interrupt.signal });
  interrupt.abort(new Error("Ctrl-C"));

  await expect(signing).rejects.toThrow("Ctrl-C");
});
