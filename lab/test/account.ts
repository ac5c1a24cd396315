import { mkdtemp, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { execa } from "execa";
import { type KubeObject, type Lab, toolPath } from "../src/index.ts";
import { isthmus } from "./isthmus.ts";

export interface AccountOptions {
  /** Where `isthmus rbac` finds declarations; none unless told. */
  readonly declared?: string;
  /** Options of `isthmus rbac`. */
  readonly args?: readonly string[];
  /** What is made of the manifests that it prints. */
  readonly change?: (manifests: readonly KubeObject[]) => readonly KubeObject[];
}

/** A kubeconfig by which these clusters are reached as a service account with the manifests of `isthmus rbac`, others as before. */
export async function accountKubeconfig(
  lab: Lab,
  clusters: readonly string[],
  options: AccountOptions = {},
): Promise<string> {
  const folder = await mkdtemp(join(dirname(lab.kubeconfig), "account-"));
  const config = JSON.parse(await readFile(lab.kubeconfig, "utf8"));
  for (const cluster of clusters) {
    const token = await createAccount(lab, cluster, folder, options);
    const user = config.users.find(({ name }: { readonly name: string }) => name === `${cluster}-admin`);
    user.user = { token };
  }
  const path = join(folder, "kubeconfig");
  await writeFile(path, JSON.stringify(config), { mode: 0o600 });
  return path;
}

async function createAccount(lab: Lab, cluster: string, folder: string, options: AccountOptions): Promise<string> {
  const { declared = folder, args = [], change = (manifests) => manifests } = options;
  const { stdout } = await isthmus(declared, lab.kubeconfig, "rbac", cluster, "-o", "json", ...args);
  const { items }: { readonly items: readonly KubeObject[] } = JSON.parse(stdout);
  await lab.apply(cluster, change(items));
  const account = items.find(({ kind }) => kind === "ServiceAccount");
  const { name = "", namespace = "" } = account?.metadata ?? {};
  const kubectl = ["--kubeconfig", lab.kubeconfig, "--context", cluster];
  const { stdout: token } = await execa(toolPath("kubectl"), [...kubectl, "create", "token", name, "-n", namespace]);
  return token;
}
