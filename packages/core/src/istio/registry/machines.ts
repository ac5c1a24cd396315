import { isOurs, type Service, type WorkloadEntry } from "../../kinds/index.ts";
import { canonicalHost } from "../hostPort.ts";
import { tlsModeLabel } from "../injection.ts";
import type { IstioCluster } from "../istioCluster.ts";
import { labelsMatch } from "../labels.ts";
import { memoised, memoisedBy } from "../memoised.ts";
import type { Workload } from "../workload.ts";
import { isIp } from "./endpoints.ts";

/**
 * A machine that is not a pod, as its WorkloadEntry tells of it: whether it runs, and its sidecar, are not to be seen. Mutual TLS as
 * for any endpoint: by label, else where it has an account (pilot/pkg/serviceregistry/serviceentry/conversion.go,
 * getTLSModeFromWorkloadEntry). What we write for remote endpoints is none.
 */
export const machines = memoisedBy((cluster: IstioCluster, namespace: string): readonly Workload[] =>
  cluster
    .in("WorkloadEntry", namespace)
    .filter((entry) => !isOurs(entry) && isIp(entry.spec.address ?? ""))
    .map((entry) => machineOf(cluster.name, namespace, entry)),
);

/** Those of all namespaces, also without an address that a call may go to: their own proxies are configured all the same. */
export function allMachines(cluster: IstioCluster): readonly Workload[] {
  return cluster
    .all("WorkloadEntry")
    .filter((entry) => !isOurs(entry))
    .map((entry) => machineOf(cluster.name, entry.metadata.namespace ?? "default", entry));
}

function machineOf(cluster: string, namespace: string, { metadata, spec }: WorkloadEntry): Workload {
  const labels = { ...spec.labels, ...metadata.labels };
  const serviceAccount = spec.serviceAccount ?? "";
  const isMutualTls = (labels[tlsModeLabel] ?? (serviceAccount === "" ? "disabled" : "istio")) === "istio";
  return {
    cluster,
    namespace,
    name: metadata.name,
    labels,
    annotations: {},
    serviceAccount,
    proxy: isMutualTls ? "sidecar" : "none",
    isMutualTls,
    isReady: true,
    isHostNetwork: false,
    address: canonicalHost(spec.address ?? ""),
    node: undefined,
    ports: Object.entries(spec.ports ?? {}).map(([name, containerPort]) => ({ name, containerPort })),
    proxyMetadata: {},
    controller: "WorkloadEntry",
  };
}

export function isMachine({ controller }: Workload): boolean {
  return controller === "WorkloadEntry";
}

/** The machine of a cluster that has an address. */
export function machineAt(cluster: IstioCluster, address: string): Workload | undefined {
  return machinesByAddress(cluster).get(canonicalHost(address));
}

const machinesByAddress = memoised((cluster: IstioCluster) => {
  const namespaces = new Set(cluster.all("WorkloadEntry").map(({ metadata }) => metadata.namespace ?? "default"));
  const all = [...namespaces].sort().flatMap((namespace) => machines(cluster, namespace));
  return new Map(all.reverse().map((each) => [each.address ?? "", each]));
});

/**
 * Pods and machines behind a Service; machines never behind a headless one
 * (pilot/pkg/serviceregistry/kube/controller/controller.go, collectWorkloadInstanceEndpoints).
 */
export function workloadsBehind(cluster: IstioCluster, { metadata, spec }: Service): readonly Workload[] {
  const { namespace = "default" } = metadata;
  const { selector = {} } = spec;
  const pods = cluster.select(namespace, selector);
  if (spec.clusterIP === "None" || Object.keys(selector).length === 0) return pods;
  return [...pods, ...machines(cluster, namespace).filter(({ labels }) => labelsMatch(selector, labels))];
}
