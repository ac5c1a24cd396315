import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { catalog } from "@isthmus/core";
import { gatewayService, namespace, node, pod, service, startFakeApiServer } from "@isthmus/testkit";
import { stringify } from "yaml";
import { middle } from "./median.ts";

export interface PlanAgainstKubectl {
  readonly services: number;
  /** Milliseconds, medians. */
  readonly plan: number;
  readonly kubectl: number;
  readonly ratio: number;
}

const run = promisify(execFile);
const kubectl = join(homedir(), ".cache/isthmus-lab/bin/kubectl");
const clusters = ["cluster1", "cluster2"];

/**
 * `isthmus plan` of shared services over two API servers, against `kubectl get` of the same kinds of both at the same time, in turns.
 * Undefined without the lab's kubectl.
 */
export async function planAgainstKubectl(
  bundle: string,
  services: number,
  runs: number,
): Promise<PlanAgainstKubectl | undefined> {
  if (!existsSync(kubectl)) return undefined;
  const servers = await Promise.all(clusters.map(() => startFakeApiServer()));
  const folder = await mkdtemp(join(tmpdir(), "isthmus-bench-"));
  try {
    const names = Array.from({ length: services }, (_, index) => `service${index}`);
    for (const server of servers) {
      server.seed([namespace("foo"), namespace("bar"), node("node", "127.0.0.1"), gatewayService(), pod("foo/sleep")]);
    }
    servers[1]?.seed(names.flatMap((name) => [service(`bar/${name}`), pod(`bar/${name}`)]));
    const kubeconfig = join(folder, "kubeconfig");
    await writeFile(kubeconfig, stringify(kubeconfigOf(servers.map(({ url }) => url))));
    await writeFile(join(folder, "mesh.yaml"), declared(names));
    // All that plan lists, and these servers serve all of them.
    const kinds = catalog.map(({ group, plural }) => (group === "" ? plural : `${plural}.${group}`));
    const options = { cwd: folder, maxBuffer: 1 << 30, env: { ...process.env, KUBECONFIG: kubeconfig } };
    const get = ["get", kinds.join(","), "-A", "-o", "json"];
    const times = { plan: [] as number[], kubectl: [] as number[] };
    for (let each = 0; each < runs; each++) {
      times.plan.push(await timed(() => run(process.execPath, [bundle, "plan", "-o", "json"], options)));
      times.kubectl.push(
        await timed(() =>
          Promise.all(
            clusters.map((name) => run(kubectl, ["--kubeconfig", kubeconfig, "--context", name, ...get], options)),
          ),
        ),
      );
    }
    const [plan, baseline] = [middle(times.plan), middle(times.kubectl)];
    return {
      services,
      plan: Math.round(plan),
      kubectl: Math.round(baseline),
      ratio: Number((plan / baseline).toFixed(2)),
    };
  } finally {
    await Promise.all(servers.map((server) => server.stop()));
    await rm(folder, { recursive: true, force: true });
  }
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

function kubeconfigOf(urls: readonly string[]): object {
  return {
    ...{ apiVersion: "v1", kind: "Config" },
    clusters: clusters.map((name, index) => ({ name, cluster: { server: urls[index] } })),
    contexts: clusters.map((name) => ({ name, context: { cluster: name, user: "nobody" } })),
    users: [{ name: "nobody", user: {} }],
  };
}

function declared(services: readonly string[]): string {
  const apiVersion = "isthmus.io/v1alpha1";
  return [
    ...clusters.map((name) => ({ apiVersion, kind: "MeshCluster", metadata: { name } })),
    ...services.map((name) => ({
      ...{ apiVersion, kind: "SharedService", metadata: { name, namespace: "bar" } },
      spec: { servedBy: ["cluster2"], consumers: [{ clusters: ["cluster1"], namespaces: ["foo"] }] },
    })),
  ]
    .map((each) => stringify(each))
    .join("---\n");
}
