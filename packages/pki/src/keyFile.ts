import { createCipheriv, createDecipheriv, randomBytes, scrypt } from "node:crypto";
import { MeshError, type Sentence, say, thingPlace } from "@isthmus/core";
import * as z from "zod";
import { type Authority, loadAuthority } from "./authority.ts";
import { privateKeyPem } from "./keys.ts";

const base64 = z.string().regex(/^[A-Za-z0-9+/]+={0,2}$/);

/**
 * An authority in a file: certificates in the clear, the key encrypted. All but `key` is authenticated with it (GCM's
 * additional data), so that nobody can put another certificate beside the key, or cheaper parameters.
 */
const keyFileSchema = z.strictObject({
  format: z.literal("isthmus-ca-key"),
  version: z.literal(1),
  /** The authority's certificate, then its issuers up to the root. PEM. */
  certificates: z.string().max(1_000_000),
  kdf: z.strictObject({
    name: z.literal("scrypt"),
    // Bounded, since a file may come from anywhere: 128 * n * r bytes are allocated, 256 MiB at most.
    n: z.union([2 ** 15, 2 ** 16, 2 ** 17, 2 ** 18].map((n) => z.literal(n))),
    r: z.literal(8),
    p: z.int().min(1).max(4),
    salt: base64.min(22).max(88),
  }),
  cipher: z.strictObject({ name: z.literal("aes-256-gcm"), iv: base64.length(16) }),
  /** PKCS #8 PEM, encrypted, with the 16 bytes of GCM's tag at its end. */
  key: base64.max(100_000),
});

type KeyFile = z.infer<typeof keyFileSchema>;

const parameters = { r: 8, p: 1 } as const;
const tagLength = 16;

/**
 * The text of a key file: versioned JSON, the key under scrypt (N = 2^17, r = 8, p = 1) and AES-256-GCM. It has to be
 * written with mode 0600. Salt and nonce are new with every call. Takes half a second and 128 MiB; another N is for tests.
 */
export async function encryptKeyFile(authority: Authority, passphrase: string, n = 2 ** 17): Promise<string> {
  const header = {
    format: "isthmus-ca-key",
    version: 1,
    certificates: `${authority.certificate}${authority.issuers}`,
    kdf: { name: "scrypt", n, ...parameters, salt: randomBytes(32).toString("base64") },
    cipher: { name: "aes-256-gcm", iv: randomBytes(12).toString("base64") },
  } as const;
  const cipher = createCipheriv("aes-256-gcm", await deriveKey(passphrase, header.kdf), nonce(header));
  cipher.setAAD(authenticated(header));
  const plain = await privateKeyPem(authority.privateKey);
  const sealed = Buffer.concat([cipher.update(plain, "utf8"), cipher.final(), cipher.getAuthTag()]);
  return `${JSON.stringify({ ...header, key: sealed.toString("base64") }, undefined, 2)}\n`;
}

/**
 * The authority of a key file's text; `at` is the file. Throws CA_KEY_FILE_INVALID where it is not a key file of a version
 * that we know, CA_KEY_LOCKED where the passphrase is wrong or anything in the file was changed.
 */
export async function decryptKeyFile(text: string, passphrase: string, at: string): Promise<Authority> {
  const file = parseKeyFile(text, at);
  const sealed = Buffer.from(file.key, "base64");
  const decipher = createDecipheriv("aes-256-gcm", await deriveKey(passphrase, file.kdf), nonce(file), {
    authTagLength: tagLength,
  });
  decipher.setAAD(authenticated(file));
  let key: string;
  try {
    decipher.setAuthTag(sealed.subarray(-tagLength));
    key = Buffer.concat([decipher.update(sealed.subarray(0, -tagLength)), decipher.final()]).toString("utf8");
  } catch {
    throw new MeshError({
      code: "CA_KEY_LOCKED",
      at: thingPlace(at),
      message: say`the key file does not open: the passphrase is wrong, or the file was changed`,
      hint: "Try the passphrase again; if it is right, restore the file from its backup.",
    });
  }
  return loadAuthority(file.certificates, key, at);
}

/** The certificates of a key file, the authority's first: no passphrase needed, and nothing proven. Throws CA_KEY_FILE_INVALID. */
export function keyFileCertificates(text: string, at: string): string {
  return parseKeyFile(text, at).certificates;
}

function parseKeyFile(text: string, at: string): KeyFile {
  const invalid = (message: Sentence, hint: string) =>
    new MeshError({ code: "CA_KEY_FILE_INVALID", at: thingPlace(at), message, hint });
  let data: unknown;
  try {
    data = JSON.parse(text);
  } catch {
    throw invalid(
      say`this is not a key file of Isthmus`,
      "Take a PEM key over with: isthmus ca import --cert FILE --key FILE",
    );
  }
  const parsed = keyFileSchema.safeParse(data);
  if (parsed.success) return parsed.data;
  const version = (data as { version?: unknown } | null)?.version;
  if (typeof version === "number" && version > 1) {
    throw invalid(say`the key file is of version ${{ version }}, and this Isthmus knows 1`, "Use a newer Isthmus.");
  }
  // Only where it is wrong: a value could be what was meant to stay secret.
  const fields = [...new Set(parsed.error.issues.map(({ path }) => path.join(".") || "its top level"))];
  throw invalid(say`this is not a key file of Isthmus: ${{ fields }}`, "Restore it from its backup.");
}

/** The same bytes for the same content, however the JSON is laid out. */
function authenticated({ format, version, certificates, kdf, cipher }: Omit<KeyFile, "key">): Buffer {
  const { name, n, r, p, salt } = kdf;
  return Buffer.from(JSON.stringify([format, version, certificates, name, n, r, p, salt, cipher.name, cipher.iv]));
}

function nonce({ cipher }: Pick<KeyFile, "cipher">): Buffer {
  return Buffer.from(cipher.iv, "base64");
}

function deriveKey(passphrase: string, { n, r, p, salt }: KeyFile["kdf"]): Promise<Buffer> {
  // The same passphrase typed on another keyboard may be composed of other code points.
  const secret = passphrase.normalize("NFKC");
  return new Promise((resolve, reject) =>
    scrypt(
      secret,
      Buffer.from(salt, "base64"),
      32,
      // OpenSSL asks for a little more than 128 * N * r.
      { N: n, r, p, maxmem: 320 * 1024 * 1024 },
      (error, key) => (error === null ? resolve(key) : reject(error)),
    ),
  );
}
