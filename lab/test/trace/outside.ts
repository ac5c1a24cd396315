import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { exportJWK, generateKeyPair, SignJWT } from "jose";
import { type Authority, createAuthority, issueCertificate } from "../../src/certificates.ts";
import type { Lab } from "../../src/index.ts";
import { bridgeAddress } from "../../src/layout.ts";
import { saveClient } from "../outsideClient.ts";
import { type OutsideServer, startEcho, startHttps, startPlain } from "../outsideServers.ts";

/** What clients outside of the clusters have, and the servers there. */
export interface Outside extends AsyncDisposable {
  /** Whose certificates gateways take. */
  readonly authority: Authority;
  readonly authorityFile: string;
  /** Where the servers listen: TCP echo on 3306, HTTP on 8080, HTTPS on 8443 and 443. */
  readonly address: string;
  /** As a RequestAuthentication takes it. */
  readonly keySet: string;
  certificateFiles(name: string): Promise<readonly [certificate: string, key: string]>;
  sign(claims: Readonly<Record<string, readonly string[]>>): Promise<string>;
}

export async function startOutside(lab: Lab, folder: string): Promise<Outside> {
  const authority = await createAuthority("CN=outside");
  const authorityFile = join(folder, "outside.crt");
  await writeFile(authorityFile, authority.certificate);
  const { publicKey, privateKey } = await generateKeyPair("ES256");
  const keySet = JSON.stringify({ keys: [{ ...(await exportJWK(publicKey)), alg: "ES256" }] });
  const address = bridgeAddress(lab.state.network);
  const server = await issueCertificate(authority, {
    subject: "CN=server",
    names: ["*.acme.test", "*.acme.example.com"],
  });
  const servers: OutsideServer[] = await Promise.all([
    startEcho("echo", address, 3306),
    startPlain(address, 8080),
    startHttps(server, address, 8443),
    startHttps(server, address, 443),
  ]);
  const files = new Map<string, ReturnType<Outside["certificateFiles"]>>();
  return {
    authority,
    authorityFile,
    address,
    keySet,
    certificateFiles: (name) => {
      const known = files.get(name) ?? saveCertificate(authority, folder, name);
      files.set(name, known);
      return known;
    },
    sign: (claims) => {
      const single = Object.entries(claims).map(([name, values]) => [name, values.length === 1 ? values[0] : values]);
      return new SignJWT(Object.fromEntries(single))
        .setProtectedHeader({ alg: "ES256" })
        .setExpirationTime("1h")
        .sign(privateKey);
    },
    [Symbol.asyncDispose]: async () => {
      for (const each of servers) await each[Symbol.asyncDispose]();
    },
  };
}

async function saveCertificate(authority: Authority, folder: string, name: string) {
  await saveClient(folder, name, authority, name);
  return [join(folder, `${name}.crt`), join(folder, `${name}.key`)] as const;
}
