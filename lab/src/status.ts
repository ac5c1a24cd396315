import { isIstiodReady } from "./istiod.ts";
import type { Lab } from "./lab.ts";
import { isPodReady } from "./pod.ts";

/** What runs, asked from the processes themselves and not from what the API server was told. */
export async function renderStatus(lab: Lab): Promise<string> {
  const { shape, home } = lab.state;
  const rows = await Promise.all(lab.clusters.map((cluster) => clusterRows(lab, cluster.name)));
  const mesh = shape.mesh ? `roots ${shape.roots}, outbound ${shape.outbound}, gateway ${shape.gateway}` : "no mesh";
  const table = renderTable([["CLUSTER", "WHAT", "ADDRESS", "NODE", "READY", "PROXY"], ...rows.flat()]);
  return `${home}: ${mesh}\nKUBECONFIG=${lab.kubeconfig}\n\n${table}`;
}

async function clusterRows(lab: Lab, name: string): Promise<string[][]> {
  const cluster = lab.cluster(name);
  const [api, istiod] = await Promise.all([
    cluster.api.isReady(),
    lab.state.shape.mesh ? isIstiodReady(cluster) : undefined,
  ]);
  const pods = await Promise.all(
    (await lab.pods(name)).map(async (pod) => {
      const ready = await isPodReady(cluster, pod);
      return [name, `pod ${pod.namespace}/${pod.name}`, pod.address, pod.node, yes(ready), pod.proxy];
    }),
  );
  const nodes = cluster.nodes.map((node) => node.address).join(",");
  return [
    [name, "API server", cluster.server, nodes, yes(api), ""],
    ...(istiod === undefined ? [] : [[name, "istiod", `${cluster.address}:15012`, "", yes(istiod), ""]]),
    ...pods,
  ];
}

function yes(value: boolean): string {
  return value ? "yes" : "NO";
}

function renderTable(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => (row[column] ?? "").length)));
  return rows
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}
