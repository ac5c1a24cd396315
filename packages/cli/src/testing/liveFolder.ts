import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { emptyFolder } from "./runCli.ts";

/** A new folder with these declarations, whose cluster finds an API server by `kubeconfig: {path: kubeconfig}`. */
export async function liveFolder(server: { readonly url: string }, mesh: string): Promise<string> {
  const folder = await emptyFolder();
  const kubeconfig = {
    apiVersion: "v1",
    kind: "Config",
    clusters: [{ name: "c", cluster: { server: server.url } }],
    users: [{ name: "u", user: {} }],
    contexts: [{ name: "x", context: { cluster: "c", user: "u" } }],
    "current-context": "x",
  };
  await writeFile(join(folder, "kubeconfig"), JSON.stringify(kubeconfig));
  await writeFile(join(folder, "mesh.yaml"), mesh);
  return folder;
}
