import { stat } from "node:fs/promises";
import { join } from "node:path";
import type { ClusterAccess } from "../clusterAccess.ts";

const mounted = "/var/run/secrets/kubernetes.io/serviceaccount";

/** Access by the pod's own service account, undefined outside a cluster. */
export async function inClusterAccess(
  env: NodeJS.ProcessEnv = process.env,
  folder = mounted,
): Promise<ClusterAccess | undefined> {
  const host = env.KUBERNETES_SERVICE_HOST;
  const port = env.KUBERNETES_SERVICE_PORT;
  if (!host || !port) return undefined;
  const tokenFile = join(folder, "token");
  const isMounted = await stat(tokenFile).then(
    () => true,
    () => false,
  );
  if (!isMounted) return undefined;
  return {
    name: "in-cluster",
    server: `https://${host.includes(":") ? `[${host}]` : host}:${port}`,
    authority: { path: join(folder, "ca.crt") },
    user: { tokenFile },
  };
}
