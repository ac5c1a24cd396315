import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { clusterDirectory, kubeconfigPath } from "./layout.ts";
import { firstNode, type LabState } from "./state.ts";
import { writeFileAtomically } from "./writeFileAtomically.ts";

interface Entry {
  readonly name: string;
  readonly server: string;
  readonly ca: string;
  readonly certificate: string;
  readonly key: string;
}

/** One kubeconfig per cluster for its own components, and one with every cluster as a context for people and tools. */
export async function writeKubeconfigs(lab: LabState): Promise<void> {
  const entries = await Promise.all(
    lab.clusters.map(async (cluster) => {
      const directory = clusterDirectory(lab.home, cluster.name);
      const read = async (file: string) => (await readFile(join(directory, file))).toString("base64");
      const [ca, certificate, key] = await Promise.all([read("ca.crt"), read("admin.crt"), read("admin.key")]);
      return { name: cluster.name, server: `https://${firstNode(cluster).address}:6443`, ca, certificate, key };
    }),
  );
  for (const entry of entries)
    await writeFileAtomically(
      join(clusterDirectory(lab.home, entry.name), "admin.kubeconfig"),
      kubeconfig([entry]),
      0o600,
    );
  await writeFileAtomically(kubeconfigPath(lab.home), kubeconfig(entries), 0o600);
}

function kubeconfig(entries: readonly Entry[]): string {
  return JSON.stringify(
    {
      apiVersion: "v1",
      kind: "Config",
      "current-context": entries[0]?.name,
      clusters: entries.map(({ name, server, ca }) => ({
        name,
        cluster: { server, "certificate-authority-data": ca },
      })),
      users: entries.map(({ name, certificate, key }) => ({
        name: `${name}-admin`,
        user: { "client-certificate-data": certificate, "client-key-data": key },
      })),
      contexts: entries.map(({ name }) => ({ name, context: { cluster: name, user: `${name}-admin` } })),
    },
    undefined,
    2,
  );
}
