import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { execa } from "execa";
import { parse, parseAllDocuments, stringify } from "yaml";
import { type GeneratedIstio, type KubeObject, toolPath } from "../src/index.ts";
import { isthmus } from "./isthmus.ts";

const istio = "istio.io/istio@v0.0.0-20260827124520-eed52ebb66ad"; // as in build.sh

/** What Istio's own charts (compiled into istioctl) make of what `isthmus install-config` writes for a cluster. */
export async function renderIstio(cluster: string, folder: string): Promise<readonly KubeObject[]> {
  const file = await writeConfig(cluster, folder, "--format", "operator");
  return manifestsOf(await execa(toolPath("istioctl"), ["manifest", "generate", "-f", file]));
}

/** The same by Helm. */
export async function renderByHelm(cluster: string, folder: string): Promise<readonly KubeObject[]> {
  const releases = { base: "istio-base", istiod: "istiod", gateway: "istio-ingressgateway" };
  const objects: KubeObject[] = [];
  for (const [chart, release] of Object.entries(releases)) {
    const file = await writeConfig(cluster, folder, "--chart", chart);
    const argv = ["template", release, await chartFolder(chart), "-n", "istio-system", "--values", file];
    objects.push(...manifestsOf(await execa(toolPath("helm"), argv)));
  }
  return objects;
}

/** Of the Istio that the lab runs; charts and their folders differ in name. */
export async function chartFolder(chart: string): Promise<string> {
  return istioFolder("manifests/charts", chart === "istiod" ? "istio-control/istio-discovery" : chart);
}

/** Istio's samples, of the Istio that the lab runs. */
export function samplesFolder(): Promise<string> {
  return istioFolder("samples");
}

async function istioFolder(...path: readonly string[]): Promise<string> {
  const { stdout } = await execa("go", ["env", "GOMODCACHE"]);
  return join(stdout, istio, ...path);
}

async function writeConfig(cluster: string, folder: string, ...form: readonly string[]): Promise<string> {
  const options = [...form, "--service", "NodePort", "--registry-only", "--multi-root", "--access-log"];
  const { stdout, stderr, exitCode } = await isthmus(
    folder,
    join(folder, "none"),
    ...["install-config", cluster, ...options],
  );
  if (exitCode !== 0) throw new Error(stderr);
  const file = join(folder, `${cluster}-${form.join("")}.yaml`);
  await writeFile(file, stdout);
  return file;
}

function manifestsOf({ stdout }: { readonly stdout: string }): readonly KubeObject[] {
  return parseAllDocuments(stdout)
    .map((document) => document.toJS())
    .filter((object) => object !== null);
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
