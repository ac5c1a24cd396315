import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { ApiClient } from "./apiClient.ts";
import { clusterDirectory, nodeNamespace } from "./layout.ts";
import { type ClusterState, firstNode, type LabState } from "./state.ts";

/** What the parts of the lab are handed: one cluster, where it keeps its files, and its API. */
export interface Cluster extends ClusterState {
  readonly home: string;
  readonly directory: string;
  readonly network: number;
  readonly namespace: string;
  readonly address: string;
  readonly server: string;
  readonly outbound: LabState["shape"]["outbound"];
  readonly certificates: string;
  readonly mesh: boolean;
  readonly api: ApiClient;
}

/** Needs the cluster's certificates to be written. */
export async function openCluster(lab: LabState, state: ClusterState): Promise<Cluster> {
  const directory = clusterDirectory(lab.home, state.name);
  const { address } = firstNode(state);
  const server = `https://${address}:6443`;
  const [authority, certificate, key] = await Promise.all(
    ["ca.crt", "admin.crt", "admin.key"].map((file) => readFile(join(directory, file), "utf8")),
  );
  const api = new ApiClient(server, { authority: authority ?? "", certificate: certificate ?? "", key: key ?? "" });
  const namespace = nodeNamespace(lab.network, state.name);
  const { home, network, shape } = lab;
  return {
    ...state,
    home,
    directory,
    network,
    namespace,
    address,
    server,
    outbound: shape.outbound,
    certificates: shape.certificates,
    mesh: shape.mesh,
    api,
  };
}
