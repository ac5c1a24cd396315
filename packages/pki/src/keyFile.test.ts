import fc from "fast-check";
import { expect, test } from "vitest";
import { createRoot } from "./createRoot.ts";
import { decryptKeyFile, encryptKeyFile, keyFileCertificates } from "./keyFile.ts";
import { createKeyPair, privateKeyPem } from "./keys.ts";

const now = new Date("2026-11-24T12:00:00Z");
const passphrase = "correct horse";

/** The least work that is taken; a test below does what users do. */
const leastWork = 2 ** 15;

async function makeKeyFile() {
  const root = await createRoot({ name: "root", organization: "x", keys: await createKeyPair("ecdsa"), now });
  return { root, text: await encryptKeyFile(root, passphrase, leastWork) };
}

// One is enough for most.
const made = makeKeyFile();

test("a key file opens with its passphrase, and gives back certificate and key", async () => {
  const { root, text } = await made;

  const opened = await decryptKeyFile(text, passphrase, "root.json");

  expect(opened.certificate).toBe(root.certificate);
  expect(await privateKeyPem(opened.privateKey)).toBe(await privateKeyPem(root.privateKey));
  expect(keyFileCertificates(text, "root.json")).toBe(root.certificate);
});

test("a key file holds neither the key nor the passphrase in any readable form", async () => {
  const { root, text } = await made;
  const pem = await privateKeyPem(root.privateKey);
  const body = pem.split("\n").slice(1, -2).join("");

  expect(text).not.toContain(passphrase);
  expect(text).not.toContain("PRIVATE KEY");
  expect(text).not.toContain(body.slice(0, 40));
  expect(text).not.toContain(Buffer.from(pem).toString("base64").slice(0, 40));
});

test("a passphrase in another composition of the same characters opens it as well", async () => {
  const { root } = await made;
  const text = await encryptKeyFile(root, "gr\u00fcn");

  expect(JSON.parse(text).kdf).toMatchObject({ name: "scrypt", n: 131_072, r: 8, p: 1 });

  await expect(decryptKeyFile(text, "gru\u0308n", "root.json")).resolves.toMatchObject({
    certificate: root.certificate,
  });
});

test("a wrong passphrase is CA_KEY_LOCKED, and the error does not repeat it", async () => {
  const { text } = await made;

  const error = await decryptKeyFile(text, "wrong donkey", "root.json").catch((thrown: unknown) => thrown);

  expect(error).toMatchObject({ code: "CA_KEY_LOCKED", at: "root.json" });
  expect(JSON.stringify(error) + String(error)).not.toContain("donkey");
});

test("a key file in which a single character was changed does not open, wherever it is", async () => {
  const { text } = await made;
  const compact = JSON.stringify(JSON.parse(text));

  await fc.assert(
    fc.asyncProperty(fc.nat(compact.length - 1), fc.constantFrom("A", "7", "b"), async (index, character) => {
      fc.pre(compact[index] !== character && /[A-Za-z0-9]/.test(compact[index] ?? ""));
      const changed = compact.slice(0, index) + character + compact.slice(index + 1);
      const error = await decryptKeyFile(changed, passphrase, "root.json").catch((thrown: unknown) => thrown);
      expect(["CA_KEY_LOCKED", "CA_KEY_FILE_INVALID"]).toContain((error as { code?: string }).code);
    }),
    { numRuns: 8 },
  );
});

test("another authority's certificate beside the key is found out", async () => {
  const [mine, other] = [await made, await makeKeyFile()];
  const swapped = JSON.stringify({ ...JSON.parse(mine.text), certificates: other.root.certificate });

  await expect(decryptKeyFile(swapped, passphrase, "root.json")).rejects.toMatchObject({ code: "CA_KEY_LOCKED" });
});

test.each([
  ["no JSON", "-----BEGIN PRIVATE KEY-----", "this is not a key file of Isthmus"],
  ["another JSON", "{}", "this is not a key file of Isthmus: format, version, certificates, kdf, cipher, key"],
  ["a list", "[]", "this is not a key file of Isthmus: its top level"],
])("%s is CA_KEY_FILE_INVALID", async (_name, text, message) => {
  await expect(decryptKeyFile(text, passphrase, "f")).rejects.toMatchObject({ code: "CA_KEY_FILE_INVALID", message });
});

test.each([
  ["more memory than we give", { n: 2 ** 30 }],
  ["next to no work", { n: 2 }],
  ["endless work", { p: 1_000_000 }],
])("scrypt parameters of %s are refused before they are tried", async (_name, change) => {
  const file = JSON.parse((await made).text);
  const text = JSON.stringify({ ...file, kdf: { ...file.kdf, ...change } });

  await expect(decryptKeyFile(text, passphrase, "f")).rejects.toMatchObject({
    code: "CA_KEY_FILE_INVALID",
    message: expect.stringMatching(/kdf\.[np]$/),
  });
});

test("a later version is told as such", async () => {
  const text = JSON.stringify({ ...JSON.parse((await made).text), version: 2 });

  await expect(decryptKeyFile(text, passphrase, "f")).rejects.toMatchObject({
    code: "CA_KEY_FILE_INVALID",
    message: "the key file is of version 2, and this Isthmus knows 1",
  });
});
