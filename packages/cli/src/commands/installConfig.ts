import { resolve } from "node:path";
import {
  configMapKind,
  type Intents,
  type MeshCluster,
  MeshError,
  maxFileLength,
  meshClusterSchema,
  meshConfigMap,
  readDocuments,
  say,
  usage,
} from "@isthmus/core";
import { helmValues, type InstallOptions, istioOperator, meshConfigValues, withValues } from "@isthmus/core/setup";
import { connect, failureProblem, readRegularFile } from "@isthmus/kube";
import { createTwoFilesPatch, FILE_HEADERS_ONLY } from "diff";
import { exitCodes } from "../exit.ts";
import { findDeclaredCluster } from "../findDeclaredCluster.ts";
import { readMeshIfAny } from "../readMeshIfAny.ts";
import { renderYaml } from "../render/data.ts";
import { paintDiff } from "../render/diff.ts";
import type { Session } from "../session.ts";

export interface InstallConfigOptions {
  readonly format: "helm" | "operator" | "meshconfig";
  readonly chart?: "base" | "istiod" | "gateway";
  readonly service: "LoadBalancer" | "NodePort";
  readonly network?: string;
  readonly registryOnly?: boolean;
  readonly multiRoot?: boolean;
  readonly accessLog?: boolean;
  readonly current?: string;
  readonly live?: boolean;
}

/** Prints what a cluster's Istio has to be installed with, or the lines in which its present configuration differs. */
export async function installConfig(session: Session, cluster: string, options: InstallConfigOptions): Promise<number> {
  const { mesh, clusters } = await readMeshIfAny(session);
  const declared = clusters === undefined ? newCluster(cluster) : findDeclaredCluster(cluster, clusters);
  const parts = partsOf(installOptions(mesh, declared, options), options);
  if (options.current !== undefined || options.live === true) {
    const [part] = parts.length === 1 ? parts : parts.filter(({ name }) => name === "istiod");
    if (part === undefined) throw new Error("there is nothing to compare with");
    const current = await readCurrent(session, { mesh, declared }, options);
    return printDiff(session, current, part.value);
  }
  if (session.format === "json") {
    const [only] = parts;
    session.printManifests(
      parts.length === 1 ? only?.value : Object.fromEntries(parts.map(({ name, value }) => [name, value])),
    );
  } else {
    session.print(parts.map(({ comment, value }) => `# ${comment}\n${renderYaml(value)}`).join("---\n"));
  }
  return exitCodes.ok;
}

function newCluster(name: string): MeshCluster {
  return meshClusterSchema.parse({ apiVersion: "isthmus.io/v1alpha1", kind: "MeshCluster", metadata: { name } });
}

function installOptions(mesh: Intents["mesh"], declared: MeshCluster, options: InstallConfigOptions): InstallOptions {
  const { namespace, selector, port } = declared.spec.eastWestGateway;
  const { name } = declared.metadata;
  return {
    cluster: name,
    network: options.network ?? name,
    meshId: mesh.metadata.name,
    trustDomain: mesh.spec.trustDomain,
    istioNamespace: mesh.spec.istioNamespace,
    gateway: { namespace, selector, port, service: options.service },
    registryOnly: options.registryOnly === true,
    multiRoot: options.multiRoot === true,
    accessLog: options.accessLog === true,
  };
}

interface Part {
  readonly name: string;
  readonly comment: string;
  readonly value: unknown;
}

function partsOf(install: InstallOptions, { format, chart }: InstallConfigOptions): readonly Part[] {
  const { istioNamespace, gateway } = install;
  switch (format) {
    case "operator":
      return [{ name: "operator", comment: "istioctl install -f FILE", value: istioOperator(install) }];
    case "meshconfig":
      return [
        {
          name: "meshconfig",
          comment: `to be merged into key mesh of ConfigMap ${istioNamespace}/${meshConfigMap}`,
          value: meshConfigValues(install),
        },
      ];
    case "helm": {
      const values = helmValues(install);
      const helm = (release: string, chart: string, namespace: string) =>
        `helm upgrade --install ${release} istio/${chart} -n ${namespace} --values FILE`;
      const all: readonly Part[] = [
        { name: "base", comment: helm("istio-base", "base", istioNamespace), value: values.base },
        { name: "istiod", comment: helm("istiod", "istiod", istioNamespace), value: values.istiod },
        { name: "gateway", comment: helm("istio-ingressgateway", "gateway", gateway.namespace), value: values.gateway },
      ];
      return chart === undefined ? all : all.filter(({ name }) => name === chart);
    }
  }
}

async function readCurrent(
  session: Session,
  { mesh, declared }: { readonly mesh: Intents["mesh"]; readonly declared: MeshCluster },
  options: InstallConfigOptions,
): Promise<unknown> {
  if (options.current !== undefined) {
    const path = resolve(session.io.cwd, options.current);
    const text = await readRegularFile(path, { limit: maxFileLength }).catch((cause: Error) => {
      const file = options.current ?? "";
      const message = say`${{ file }} cannot be read: ${{ reason: cause.message }}`;
      throw new MeshError({ code: "FILE_UNREADABLE", at: { file }, message, hint: "" }, { cause });
    });
    return readYaml(text, options.current);
  }
  if (options.format !== "meshconfig") {
    throw usage(
      say`--live compares the mesh configuration`,
      "add --format meshconfig; for Helm: helm get values istiod -n NAMESPACE > FILE, then --current FILE",
    );
  }
  const name = declared.metadata.name;
  const { kubeconfig } = session.options;
  const client = await connect({
    context: declared.spec.access.context ?? name,
    cluster: name,
    ...(kubeconfig === undefined ? {} : { kubeconfigPath: resolve(session.io.cwd, kubeconfig) }),
  });
  try {
    const found = await client.get(configMapKind, meshConfigMap, mesh.spec.istioNamespace, { signal: session.signal });
    const data = (found?.data ?? {}) as Readonly<Record<string, string>>;
    return readYaml(data.mesh ?? "", `${name}: ConfigMap ${mesh.spec.istioNamespace}/${meshConfigMap}`);
  } catch (error) {
    const problem = failureProblem(error, name);
    throw problem === undefined ? error : new MeshError(problem, { cause: error });
  } finally {
    await client.close();
  }
}

/** With the limits that hold for declarations: aliases in a few lines can stand for more than fits into the memory. */
function readYaml(text: string, name: string): unknown {
  const { documents, problems } = readDocuments({ name, text });
  const [first] = problems;
  if (first !== undefined) throw new MeshError(first);
  return documents[0]?.value ?? {};
}

function printDiff(session: Session, current: unknown, wanted: unknown): number {
  const [before, after] = [renderYaml(current), renderYaml(withValues(current, wanted))];
  if (before === after) return exitCodes.ok;
  const patch = createTwoFilesPatch("current", "needed", before, after, "", "", {
    headerOptions: FILE_HEADERS_ONLY,
    context: 1,
  });
  session.print(paintDiff(patch, session.out));
  return exitCodes.different;
}
