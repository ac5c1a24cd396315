import { copyFile, mkdir } from "node:fs/promises";
import { join } from "node:path";
import { type Cluster, openCluster } from "./cluster.ts";
import {
  prepareCluster,
  registerNodes,
  startApiServer,
  startControllers,
  startEtcd,
  startKubelet,
  startProxy,
} from "./controlPlane.ts";
import { installCustomResources } from "./customResources.ts";
import { refreshDns } from "./dns.ts";
import { claimHome, isAnythingUp, stopLab } from "./down.ts";
import { createGateway } from "./gateway.ts";
import { appScriptSource, appScripts } from "./images.ts";
import { registerInjection } from "./injectionWebhook.ts";
import { createIstioNamespace, type GeneratedIstio, registerIstiod, startIstiod, waitForIstiod } from "./istiod.ts";
import { writeKubeconfigs } from "./kubeconfig.ts";
import { Lab } from "./lab.ts";
import { LabError } from "./labError.ts";
import { defaultHome } from "./layout.ts";
import { createMeshRoot, plugInIntermediate } from "./meshCertificates.ts";
import { createBridge } from "./network.ts";
import { checkMachine, linkPrograms } from "./programs.ts";
import { type LabShape, type LabState, planState, readState, writeState } from "./state.ts";
import { registerValidation, waitForValidation } from "./validation.ts";

export interface LabOptions extends Partial<LabShape> {
  readonly home?: string;
  /** Removes what is left of an earlier lab in the same home instead of refusing. */
  readonly force?: boolean;
  /** Leaves a lab that failed to come up as it is, to be looked at, instead of removing it. */
  readonly keepFailed?: boolean;
  /** What istiod of a cluster runs with in place of the lab's own. */
  readonly istio?: (cluster: string) => GeneratedIstio;
  readonly onProgress?: (message: string) => void;
}

const defaultShape: LabShape = {
  clusters: 2,
  nodes: 1,
  gateway: "NodePort",
  roots: "shared",
  outbound: "ALLOW_ANY",
  certificates: "24h",
  mesh: true,
};

/** Brings a lab up and returns when its gateways are ready. Its processes outlive this one. */
export async function startLab(options: LabOptions = {}): Promise<Lab> {
  const {
    home = defaultHome(),
    force = false,
    keepFailed = false,
    onProgress = () => undefined,
    istio,
    ...wishes
  } = options;
  const shape = checkShape({ ...defaultShape, ...wishes });
  await checkMachine();
  if (await isAnythingUp(home)) {
    if (!force)
      throw new LabError(
        `a lab is up, or was left half up, in ${home}: remove it with \`npm run lab -- down\` or add --force`,
      );
    await stopLab(home);
  }
  try {
    return await bringUp(home, shape, { onProgress, ...(istio && { istio }) });
  } catch (error) {
    if (!keepFailed) await stopLab(home);
    throw error;
  }
}

async function bringUp(home: string, shape: LabShape, given: Given): Promise<Lab> {
  const { onProgress } = given;
  const state = await claim(home, shape);
  await startEtcd(state);
  if (shape.mesh && shape.roots === "shared") await createMeshRoot(home);
  await Promise.all(state.clusters.map((cluster) => prepareCluster(state, cluster)));
  await writeKubeconfigs(state);
  const clusters = await Promise.all(
    state.clusters.map(async (each) => {
      const cluster = await startApiServer(state, each);
      onProgress(`${cluster.name}: API server is up`);
      await startCluster(cluster);
      if (shape.mesh) await startMesh(cluster, shape, given);
      return cluster;
    }),
  );
  const up: LabState = { ...state, phase: "up" };
  await writeState(up);
  return new Lab(up, clusters);
}

/** API servers with Istio's kinds, and nothing else: a few seconds instead of half a minute. */
export async function startControlPlanes(options: Omit<LabOptions, "mesh"> = {}): Promise<Lab> {
  return startLab({ ...options, mesh: false });
}

/** A lab that another process brought up. */
export async function attachLab(home: string = defaultHome()): Promise<Lab> {
  const state = await readState(home);
  if (state === undefined) throw new LabError(`no lab is up in ${home}: start one with \`npm run lab -- up\``);
  if (state.phase !== "up")
    throw new LabError(`the lab in ${home} is only half up: \`npm run lab -- down\`, then \`up\``);
  return new Lab(state, await Promise.all(state.clusters.map((cluster) => openCluster(state, cluster))));
}

async function claim(home: string, shape: LabShape): Promise<LabState> {
  await claimHome(home);
  const state = planState(home, await createBridge(home), shape);
  await writeState(state);
  await linkPrograms(home);
  await mkdir(join(home, "apps"), { recursive: true });
  await Promise.all(appScripts.map((name) => copyFile(appScriptSource(name), join(home, "apps", `${name}.mjs`))));
  return state;
}

async function startCluster(cluster: Cluster): Promise<void> {
  await Promise.all([
    startControllers(cluster),
    registerNodes(cluster).then(() => Promise.all([startProxy(cluster), startKubelet(cluster)])),
    installCustomResources(cluster),
  ]);
}

interface Given {
  readonly onProgress: (message: string) => void;
  readonly istio?: (cluster: string) => GeneratedIstio;
}

async function startMesh(cluster: Cluster, shape: LabShape, { onProgress, istio }: Given): Promise<void> {
  await createIstioNamespace(cluster);
  if (shape.roots === "shared") await plugInIntermediate(cluster);
  await startIstiod(cluster, istio?.(cluster.name));
  await registerIstiod(cluster);
  await registerValidation(cluster);
  await registerInjection(cluster);
  await refreshDns(cluster);
  await waitForIstiod(cluster);
  onProgress(`${cluster.name}: istiod is ready`);
  if (shape.gateway !== "none") {
    await createGateway(cluster, shape.gateway);
    onProgress(`${cluster.name}: gateway is ready`);
  }
  await waitForValidation(cluster);
}

function checkShape(shape: LabShape): LabShape {
  if (!Number.isInteger(shape.clusters) || shape.clusters < 1 || shape.clusters > 250)
    throw new LabError("clusters must be a number from 1 to 250");
  if (!Number.isInteger(shape.nodes) || shape.nodes < 1 || shape.nodes > 100)
    throw new LabError("nodes must be a number from 1 to 100");
  return shape;
}
