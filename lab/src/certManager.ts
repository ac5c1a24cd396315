import { join } from "node:path";
import type { Cluster } from "./cluster.ts";
import { installCustomResources } from "./customResources.ts";
import { startProcess } from "./processes.ts";
import { programPath } from "./programs.ts";

/** cert-manager's kinds, and of its controllers those that a CA issuer needs. certmanager/main.go */
export async function startCertManager(cluster: Cluster): Promise<void> {
  await installCustomResources(cluster, "cert-manager.yaml");
  await startProcess(cluster.home, {
    name: `${cluster.name}-cert-manager`,
    namespace: cluster.namespace,
    cwd: cluster.directory,
    argv: [programPath(cluster.home, "cert-manager"), `--kubeconfig=${join(cluster.directory, "admin.kubeconfig")}`],
  });
}
