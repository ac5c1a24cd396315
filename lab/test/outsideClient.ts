import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { execa } from "execa";
import { type Authority, issueCertificate } from "../src/certificates.ts";
import { gatewayPorts, type Lab } from "../src/index.ts";

/**
 * Status, HTTP version and redirect, or "refused", as a client outside the clusters sees them at a node port of the gateway;
 * `args` are curl's.
 */
export async function askFromOutside(
  lab: Lab,
  cluster: string,
  url: string,
  ...args: readonly string[]
): Promise<string> {
  const { hostname, protocol } = new URL(url);
  const [port, nodePort] = protocol === "https:" ? [443, gatewayPorts.https] : [80, gatewayPorts.http];
  const target = ["--connect-to", `${hostname}:${port}:${lab.cluster(cluster).nodes[0]?.address}:${nodePort}`, url];
  const fixed = ["-sS", "-m", "3", "-o", "/dev/null", "-w", "%{http_code} %{http_version} %{redirect_url}"];
  const { stdout, exitCode } = await execa("curl", [...fixed, ...args, ...target], { reject: false });
  return exitCode === 0 ? stdout.trim() : "refused";
}

/** A client's certificate and key as files: `<name>.crt` and `<name>.key`. */
export async function saveClient(folder: string, name: string, issuer: Authority, alternative: string): Promise<void> {
  const { certificate, key } = await issueCertificate(issuer, { subject: `CN=${name}`, names: [alternative] });
  await writeFile(join(folder, `${name}.crt`), certificate);
  await writeFile(join(folder, `${name}.key`), key);
}

/** curl's arguments for a client that `saveClient` made. */
export function clientArgs(folder: string, name: string): readonly string[] {
  return ["--cert", join(folder, `${name}.crt`), "--key", join(folder, `${name}.key`)];
}
