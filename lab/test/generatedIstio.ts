import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { execa } from "execa";
import { parse, parseAllDocuments, stringify } from "yaml";
import type { GeneratedIstio, KubeObject } from "../src/index.ts";
import { isthmus } from "./isthmus.ts";

const istioctl = `${process.env.HOME}/.cache/isthmus-lab/bin/istioctl`;

/** What Istio's own charts (compiled into istioctl) make of what `isthmus install-config` writes for a cluster. */
export async function renderIstio(cluster: string, folder: string): Promise<readonly KubeObject[]> {
  const file = join(folder, `${cluster}-istio.yaml`);
  const options = ["--format", "operator", "--service", "NodePort", "--registry-only", "--multi-root", "--access-log"];
  const { stdout, stderr, exitCode } = await isthmus(
    folder,
    join(folder, "none"),
    ...["install-config", cluster, ...options],
  );
  if (exitCode !== 0) throw new Error(stderr);
  await writeFile(file, stdout);
  const manifests = await execa(istioctl, ["manifest", "generate", "-f", file]);
  return parseAllDocuments(manifests.stdout).map((document) => document.toJS());
}

export function findObject(objects: readonly KubeObject[], kind: string, name: string): KubeObject {
  const found = objects.find((object) => object.kind === kind && object.metadata.name === name);
  if (found === undefined) throw new Error(`the charts make no ${kind} ${name}`);
  return found;
}

interface Deployment {
  readonly template: { readonly spec: { readonly containers: readonly { readonly env?: readonly Variable[] }[] } };
}
interface Variable {
  readonly name: string;
  readonly value?: string;
}

/** Mesh configuration and environment of istiod, as the lab starts it with. */
export function istioOf(objects: readonly KubeObject[]): GeneratedIstio {
  const { template } = findObject(objects, "Deployment", "istiod").spec as Deployment;
  const env = template.spec.containers.flatMap((container) => container.env ?? []);
  const ours = env.filter(({ name }) => ["ISTIO_MULTIROOT_MESH", "CLUSTER_ID"].includes(name));
  const { mesh = "" } = findObject(objects, "ConfigMap", "istio").data as Readonly<Record<string, string>>;
  // The lab's Envoy is the upstream one, which has no filter for the charts' default metrics.
  const { defaultProviders: _, ...config } = parse(mesh);
  return { mesh: stringify(config), env: Object.fromEntries(ours.map(({ name, value = "" }) => [name, value])) };
}
