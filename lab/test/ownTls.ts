import { chmod, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { execa } from "execa";
import { type Authority, issueCertificate } from "../src/certificates.ts";
import type { KubeObject, Lab } from "../src/index.ts";
import { appUser } from "../src/layout.ts";
import { asUser, inNamespace } from "../src/run.ts";

/** The Service of what `startOwnTls` runs. */
export function ownTls(): KubeObject {
  return {
    apiVersion: "v1",
    kind: "Service",
    metadata: { name: "own", namespace: "box" },
    spec: { selector: { app: "sleep" }, ports: [{ name: "https", port: 8443, targetPort: 8443 }] },
  };
}

/** A workload that ends TLS itself as own.example.com, in the pod `box/sleep` of cluster1, until the signal aborts. */
export async function startOwnTls(lab: Lab, authority: Authority, files: string, signal: AbortSignal): Promise<void> {
  const { certificate, key } = await issueCertificate(authority, { subject: "CN=own", names: ["own.example.com"] });
  const pem = join(files, "own.pem");
  await writeFile(pem, `${certificate}${key}`);
  await chmod(files, 0o755);
  const { netns } = await lab.pod("cluster1", "box/sleep");
  const command = ["openssl", "s_server", "-accept", "8443", "-cert", pem, "-key", pem, "-www", "-quiet"];
  const [program = "", ...args] = inNamespace(netns, asUser(appUser, command));
  void execa(program, args, { cancelSignal: signal, stdio: "ignore", reject: false });
}
