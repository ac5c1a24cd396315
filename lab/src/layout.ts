import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

/** Pods and Services have the same addresses in every cluster: only gateways can be reached across. */
export const podNetwork = "10.244.0.0/16";
export const serviceNetwork = "10.96.0.0/16";
export const kubernetesAddress = "10.96.0.1";
export const dnsAddress = "10.96.0.10";
export const appUser = 1000;
export const proxyUser = 1337;
export const istioVersion = "1.31-alpha.eed52ebb66ad";

/** Numbers that a lab's own network 10.<number>.0.0/16 is chosen from, so that labs with different homes can run side by side. */
export const networkNumbers: readonly number[] = Array.from({ length: 40 }, (_, index) => 121 + index);

export function defaultHome(): string {
  return resolve(process.env.LAB_HOME ?? join(tmpdir(), "isthmus-lab"));
}

export function bridgeName(network: number): string {
  return `lab${network}`;
}

export function bridgeAddress(network: number): string {
  return `10.${network}.0.1`;
}

export function etcdUrl(network: number): string {
  return `http://${bridgeAddress(network)}:2379`;
}

export function nodeAddress(network: number, cluster: number, node: number): string {
  return `10.${network}.${cluster}.${10 + node}`;
}

export function loadBalancerAddress(network: number, cluster: number, index: number): string {
  return `10.${network}.${cluster}.${200 + index}`;
}

/** Pod addresses start at .0.10; the lower ones are left for what a real node would keep for itself. */
export function podAddress(index: number): string {
  const host = index + 10;
  return `10.244.${host >> 8}.${host & 255}`;
}

export function nodeNamespace(network: number, cluster: string): string {
  return `lab${network}-${cluster}`;
}

export function podNamespace(network: number, cluster: string, pod: string): string {
  return `lab${network}-${cluster}-${pod}`;
}

export function clusterDirectory(home: string, cluster: string): string {
  return join(home, cluster);
}

export function kubeconfigPath(home: string): string {
  return join(home, "kubeconfig");
}

export function logPath(home: string, name: string): string {
  return join(home, "logs", `${name}.log`);
}
