import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Authority, createAuthority, loadAuthority } from "./certificates.ts";
import type { Cluster } from "./cluster.ts";

const folder = "mesh-ca";

/** The root that all clusters of a lab with shared roots trust. */
export async function createMeshRoot(home: string): Promise<void> {
  const root = await createAuthority("CN=Lab Root CA,O=lab");
  await mkdir(join(home, folder), { recursive: true, mode: 0o700 });
  await writeFile(join(home, folder, "root-cert.pem"), root.certificate);
  await writeFile(join(home, folder, "root-key.pem"), root.key, { mode: 0o600 });
}

export async function loadMeshRoot(home: string): Promise<Authority> {
  const [certificate, key] = await Promise.all(
    ["root-cert.pem", "root-key.pem"].map((file) => readFile(join(home, folder, file), "utf8")),
  );
  return loadAuthority({ certificate: certificate ?? "", key: key ?? "" });
}

/** Gives istiod an intermediate of the shared root. Without this Secret, istiod makes a root of its own. */
export async function plugInIntermediate(cluster: Cluster): Promise<void> {
  const root = await loadMeshRoot(cluster.home);
  const intermediate = await createAuthority(`CN=${cluster.name} Intermediate CA,O=lab`, root);
  await cluster.api.apply({
    apiVersion: "v1",
    kind: "Secret",
    metadata: { name: "cacerts", namespace: "istio-system" },
    type: "Opaque",
    stringData: {
      "ca-cert.pem": intermediate.certificate,
      "ca-key.pem": intermediate.key,
      "root-cert.pem": root.certificate,
      "cert-chain.pem": intermediate.certificate + root.certificate,
    },
  });
}
