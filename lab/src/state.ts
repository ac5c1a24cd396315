import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { defaultHome, nodeAddress } from "./layout.ts";
import { writeFileAtomically } from "./writeFileAtomically.ts";

export interface LabShape {
  readonly clusters: number;
  /** Nodes per cluster. */
  readonly nodes: number;
  /** `none` starts istiod but no gateway. */
  readonly gateway: "NodePort" | "LoadBalancer" | "none";
  readonly roots: "shared" | "separate";
  readonly outbound: "ALLOW_ANY" | "REGISTRY_ONLY";
  /** How long workloads' certificates live, as Go writes it; proxies renew them at half of it. */
  readonly certificates: string;
  /** Without a mesh there are API servers with Istio's CRDs, and nothing else. */
  readonly mesh: boolean;
}

export interface NodeState {
  readonly name: string;
  readonly address: string;
  readonly region: string;
  readonly zone: string;
}

export interface ClusterState {
  readonly name: string;
  readonly index: number;
  readonly nodes: readonly NodeState[];
}

export interface LabState {
  readonly version: 1;
  readonly home: string;
  readonly network: number;
  readonly shape: LabShape;
  readonly clusters: readonly ClusterState[];
  /** `starting` is also what a lab says that crashed on its way up. */
  readonly phase: "starting" | "up";
}

export function planState(home: string, network: number, shape: LabShape): LabState {
  const clusters = Array.from({ length: shape.clusters }, (_, position) => planCluster(network, position + 1, shape));
  return { version: 1, home, network, shape, clusters, phase: "starting" };
}

function planCluster(network: number, index: number, shape: LabShape): ClusterState {
  const name = `cluster${index}`;
  const nodes = Array.from({ length: shape.nodes }, (_, node) => ({
    name: `${name}-node${node + 1}`,
    address: nodeAddress(network, index, node),
    region: `region${index}`,
    zone: `region${index}-zone${node + 1}`,
  }));
  return { name, index, nodes };
}

/** The node that carries the control plane. */
export function firstNode(cluster: ClusterState): NodeState {
  const [node] = cluster.nodes;
  if (node === undefined) throw new Error(`${cluster.name} has no node`);
  return node;
}

export async function readState(home: string = defaultHome()): Promise<LabState | undefined> {
  const text = await readFile(join(home, "state.json"), "utf8").catch(() => undefined);
  return text === undefined ? undefined : (JSON.parse(text) as LabState);
}

export async function writeState(state: LabState): Promise<void> {
  for (const folder of ["logs", "processes"]) await mkdir(join(state.home, folder), { recursive: true });
  await writeFileAtomically(join(state.home, "state.json"), JSON.stringify(state, undefined, 1));
}
