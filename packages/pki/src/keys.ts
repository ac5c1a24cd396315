import { createPrivateKey, type KeyObject, type webcrypto } from "node:crypto";
import { MeshError, type Sentence, say, thingPlace } from "@isthmus/core";

export type CryptoKey = webcrypto.CryptoKey;

/** ECDSA on P-256, or RSA with 4096 bits. */
export type KeyKind = "ecdsa" | "rsa4096";

export const keyKinds: readonly KeyKind[] = ["ecdsa", "rsa4096"];

export interface KeyPair {
  readonly publicKey: CryptoKey;
  readonly privateKey: CryptoKey;
}

interface Algorithm {
  readonly name: string;
  readonly hash: string;
  readonly namedCurve?: string;
}

const rsa: Algorithm = { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" };

/** By OpenSSL's names. A curve goes with the hash of its own strength: RFC 5480, section 4. */
const curves: Readonly<Record<string, Algorithm>> = {
  prime256v1: { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" },
  secp384r1: { name: "ECDSA", namedCurve: "P-384", hash: "SHA-384" },
  secp521r1: { name: "ECDSA", namedCurve: "P-521", hash: "SHA-512" },
};

/** A new key. RSA takes a second or more. */
export async function createKeyPair(kind: KeyKind): Promise<KeyPair> {
  const usages = ["sign", "verify"] as const;
  return kind === "ecdsa"
    ? crypto.subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, true, usages)
    : crypto.subtle.generateKey(
        { ...rsa, modulusLength: 4096, publicExponent: new Uint8Array([1, 0, 1]) },
        true,
        usages,
      );
}

/** The private key as unencrypted PKCS #8 PEM. It is a secret: only for a Secret, or a file of mode 0600. */
export async function privateKeyPem(key: CryptoKey): Promise<string> {
  const der = Buffer.from(await crypto.subtle.exportKey("pkcs8", key));
  const lines = der.toString("base64").match(/.{1,64}/g) ?? [];
  return `-----BEGIN PRIVATE KEY-----\n${lines.join("\n")}\n-----END PRIVATE KEY-----\n`;
}

/**
 * Reads an unencrypted private key: PKCS #8, SEC 1 or PKCS #1 PEM; ECDSA on P-256, P-384, P-521, or RSA of 2048 bits or more.
 * Throws CERTIFICATE_INVALID with `at`, and never a word of the key.
 */
export async function readPrivateKey(pem: string, at = ""): Promise<KeyPair> {
  const key = parseKey(pem, at);
  const algorithm = algorithmOf(key);
  if (algorithm === undefined) {
    throw invalidKey(
      at,
      say`the private key is of a kind that Istio cannot use`,
      "Use ECDSA (P-256) or RSA (2048 bits or more).",
    );
  }
  const pkcs8 = key.export({ format: "der", type: "pkcs8" });
  const privateKey = await crypto.subtle.importKey("pkcs8", pkcs8, algorithm, true, ["sign"]);
  const {
    d: _private,
    p: _p,
    q: _q,
    dp: _dp,
    dq: _dq,
    qi: _qi,
    key_ops: _ops,
    ...open
  } = await crypto.subtle.exportKey("jwk", privateKey);
  const publicKey = await crypto.subtle.importKey("jwk", open, algorithm, true, ["verify"]);
  return { publicKey, privateKey };
}

/** How a key signs a certificate: its own algorithm with the hash that goes with it. */
export function signingAlgorithm(key: CryptoKey): { readonly name: string; readonly hash: string } {
  const { name, namedCurve } = key.algorithm as { name: string; namedCurve?: string };
  const curve = Object.values(curves).find((each) => each.namedCurve === namedCurve);
  return name === "ECDSA" && curve !== undefined ? { name, hash: curve.hash } : { name: rsa.name, hash: rsa.hash };
}

function parseKey(pem: string, at: string): KeyObject {
  try {
    return createPrivateKey(pem);
  } catch (error) {
    // The cause is not passed on: what OpenSSL says of a key stays here.
    const isEncrypted = (error as { code?: string }).code === "ERR_MISSING_PASSPHRASE" || pem.includes("ENCRYPTED");
    throw isEncrypted
      ? invalidKey(
          at,
          say`the private key is encrypted`,
          "Decrypt it first: openssl pkey -in FILE -out FILE2, with umask 077.",
        )
      : invalidKey(at, say`this is not a private key in PEM form`, "");
  }
}

function algorithmOf(key: KeyObject): Algorithm | undefined {
  const { asymmetricKeyType, asymmetricKeyDetails = {} } = key;
  if (asymmetricKeyType === "rsa") return (asymmetricKeyDetails.modulusLength ?? 0) >= 2048 ? rsa : undefined;
  return asymmetricKeyType === "ec" ? curves[asymmetricKeyDetails.namedCurve ?? ""] : undefined;
}

function invalidKey(at: string, message: Sentence, hint: string): MeshError {
  return new MeshError({ code: "CERTIFICATE_INVALID", at: thingPlace(at), message, hint });
}
