import { say } from "../../findings/index.ts";
import type { Problem } from "../../problem.ts";
import { makeProblem } from "../../problem.ts";
import { at } from "../intents.ts";
import type { MeshCluster } from "./meshCluster.ts";

/** The file that declares a cluster: relative paths are relative to it. */
export type FileOf = (cluster: MeshCluster) => string | undefined;

/** Clusters that could be reached in two ways, in none, or that are the same one twice. */
export function checkMeshClusters(clusters: readonly MeshCluster[], fileOf: FileOf): readonly Problem[] {
  const first = new Map<string, MeshCluster>();
  return clusters.flatMap((cluster) => {
    const found = checkAccess(cluster);
    const way = wayTo(cluster, fileOf);
    const other = first.get(way);
    if (other === undefined) first.set(way, cluster);
    else found.push(sameAs(cluster, other));
    return found;
  });
}

function checkAccess(cluster: MeshCluster): Problem[] {
  const { context, kubeconfig, directory } = cluster.spec.access;
  const given = Object.entries({ context, kubeconfig, directory }).flatMap(([way, value]) => (value ? [way] : []));
  const problems: Problem[] = [];
  if (given.length > 1) {
    problems.push(
      makeProblem({
        code: "FIELD_INVALID",
        at: at(cluster, "spec", "access"),
        message: say`spec.access says how to reach ${{ cluster: cluster.metadata.name }} in ${{ given: given.length }} ways: ${{ given2: given }}`,
        hint: "keep one of them",
      }),
    );
  }
  if (kubeconfig !== undefined && (kubeconfig.path === undefined) === (kubeconfig.secretRef === undefined)) {
    problems.push(
      makeProblem({
        code: "FIELD_INVALID",
        at: at(cluster, "spec", "access", "kubeconfig"),
        message: say`spec.access.kubeconfig must have one of path and secretRef`,
        hint: kubeconfig.path === undefined ? "add path: the path of a kubeconfig file" : "keep one of them",
      }),
    );
  }
  const { port, httpPort } = cluster.spec.ingressGateway;
  if (port === httpPort) {
    problems.push(
      makeProblem({
        code: "FIELD_INVALID",
        at: at(cluster, "spec", "ingressGateway", "httpPort"),
        message: say`spec.ingressGateway.httpPort is ${{ httpPort }} as port is, and one port takes either TLS or plain HTTP`,
        hint: "name the port of the gateway's Service for plain HTTP",
      }),
    );
  }
  return problems;
}

/** Equal for two clusters that are reached by the same context, kubeconfig or directory. */
function wayTo(cluster: MeshCluster, fileOf: FileOf): string {
  const { context = cluster.metadata.name, kubeconfig, directory } = cluster.spec.access;
  const file = fileOf(cluster) ?? "";
  if (directory !== undefined) return `directory ${resolve(file, directory)}`;
  if (kubeconfig?.path !== undefined) return `kubeconfig ${resolve(file, kubeconfig.path)}`;
  if (kubeconfig?.secretRef !== undefined) return `secret ${JSON.stringify(kubeconfig.secretRef)}`;
  return `context ${context}`;
}

function sameAs(cluster: MeshCluster, other: MeshCluster): Problem {
  const { kubeconfig, directory } = cluster.spec.access;
  const way = directory !== undefined ? "directory" : kubeconfig !== undefined ? "kubeconfig" : "context";
  return makeProblem({
    code: "FIELD_INVALID",
    at: at(cluster, "spec", "access", way),
    message: say`${{ cluster: cluster.metadata.name }} and ${{ other: other.metadata.name }} are reached by the same ${{ way }}, so they are one cluster`,
    hint: say`give each cluster a ${{ way }} of its own, or remove one`,
  });
}

/** `path` relative to the folder of `file`, without `.` and `..` steps. */
function resolve(file: string, path: string): string {
  const steps: string[] = [];
  const folder = /^([/\\]|[A-Za-z]:)/.test(path) ? [] : file.split("/").slice(0, -1);
  for (const step of [...folder, ...path.split("/")]) {
    if (step === ".." && steps.length > 0 && steps.at(-1) !== "..") steps.pop();
    else if (step !== "." && step !== "") steps.push(step);
  }
  return `${path.startsWith("/") || (folder.length > 0 && file.startsWith("/")) ? "/" : ""}${steps.join("/")}`;
}
