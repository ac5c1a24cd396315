import type { Node } from "../kinds/index.ts";
import type { MeshNetwork } from "../model/index.ts";
import type { IstioCluster } from "./istioCluster.ts";
import { memoised, memoisedBy } from "./memoised.ts";
import { isIn } from "./virtualAddress.ts";
import type { Workload } from "./workload.ts";

/** Labels of which some are there with a value that no object tells. */
export interface ToldLabels {
  readonly labels: Readonly<Record<string, string>>;
  /** By name: why its value is not to be seen. */
  readonly untold: Readonly<Record<string, string>>;
}

const clusterLabel = "topology.istio.io/cluster";
export const networkLabel = "topology.istio.io/network";
const hostnameLabel = "kubernetes.io/hostname";
export const regionLabel = "topology.kubernetes.io/region";
export const zoneLabel = "topology.kubernetes.io/zone";
const subzoneLabel = "topology.istio.io/subzone";
const localityLabels = [regionLabel, zoneLabel, subzoneLabel];

/** Whether `selector` chooses what has these labels; undefined where a label that it asks for is not to be seen. */
export function matchTold(
  selector: Readonly<Record<string, string>>,
  { labels, untold }: ToldLabels,
): boolean | undefined {
  const asked = Object.entries(selector);
  if (asked.some(([name, value]) => untold[name] === undefined && labels[name] !== value)) return false;
  return asked.some(([name]) => untold[name] !== undefined) ? undefined : true;
}

/** Why the labels that `selector` asks for are not to be seen. */
export function whyUntold(selector: Readonly<Record<string, string>>, { untold }: ToldLabels): string {
  return Object.keys(selector)
    .flatMap((name) => (untold[name] === undefined ? [] : [`label ${name}: ${untold[name]}`]))
    .join(", and ");
}

/**
 * The labels of a pod as istiod completes them, as an endpoint and as a proxy: cluster, network, locality and node are added
 * (pilot/pkg/serviceregistry/util/label/label.go, AugmentLabels).
 */
export const podLabels = memoisedBy(
  (cluster: IstioCluster, workload: Workload): ToldLabels =>
    augmented(cluster, workload.labels, {
      locality: isLocalityTold(cluster, workload)
        ? localityOf(cluster, workload)
        : { why: "where the pod runs is not to be seen" },
      ...(workload.node === undefined && workload.address === undefined
        ? { node: { why: "the node that the pod will run on is not known" } }
        : workload.node === undefined
          ? {}
          : { node: workload.node }),
      network: networkOf(cluster, workload),
    }),
);

/** The same of a WorkloadEntry, or an endpoint of a ServiceEntry: its locality is what it says. */
export function entryLabels(
  cluster: IstioCluster,
  labels: Readonly<Record<string, string>>,
  { locality, network = "" }: { readonly locality: string; readonly network: string | undefined },
): ToldLabels {
  return augmented(cluster, labels, { locality, network: network === "" ? networkOf(cluster, { labels }) : network });
}

/** What a route's match may ask of the proxy that holds it. */
export interface RoutingProxy extends ToldLabels {
  readonly namespace: string;
}

export const routingProxy = memoisedBy(
  (cluster: IstioCluster, workload: Workload): RoutingProxy => ({
    namespace: workload.namespace,
    ...podLabels(cluster, workload),
  }),
);

interface Untold {
  readonly why: string;
}

function augmented(
  cluster: IstioCluster,
  own: Readonly<Record<string, string>>,
  added: { readonly locality: string | Untold; readonly node?: string | Untold; readonly network: string },
): ToldLabels {
  const labels: Record<string, string> = { ...own };
  const untold: Record<string, string> = {};
  const { locality, node, network } = added;
  if (typeof locality === "string") {
    for (const [index, part] of locality.split("/").slice(0, 3).entries()) {
      const name = localityLabels[index];
      if (part !== "" && name !== undefined) labels[name] = part;
    }
  } else for (const name of localityLabels) untold[name] = locality.why;
  const id = clusterIdOf(cluster);
  if (id === undefined) untold[clusterLabel] = `the CLUSTER_ID of ${cluster.name}'s istiod is not to be seen`;
  else labels[clusterLabel] = id;
  if (typeof node === "string") labels[hostnameLabel] = node;
  else if (node !== undefined) untold[hostnameLabel] = node.why;
  if (network !== "" && (labels[networkLabel] ?? "") === "") labels[networkLabel] = network;
  return { labels, untold };
}

/**
 * What istiod calls its own cluster: CLUSTER_ID in the environment of its container, `Kubernetes` unless set
 * (pilot/pkg/features/pilot.go, ClusterName). Undefined where no istiod is to be seen, or several differ.
 */
export const clusterIdOf = memoised((cluster: IstioCluster): string | undefined => {
  const ids = cluster.istiodContainers.map(({ env = [] }) => {
    const found = env.find(({ name }) => name === "CLUSTER_ID");
    return found === undefined ? "Kubernetes" : found.value;
  });
  const [first] = ids;
  return ids.every((id) => id === first) ? first : undefined;
});

/**
 * The network of a pod or its proxy, empty where there is none: a label of its own, that of istiod's namespace, or as meshNetworks
 * say (pilot/pkg/serviceregistry/kube/controller/controller.go, Network). ISTIO_META_NETWORK, by which a proxy knows its own,
 * is set alike by Istio's installation.
 */
export function networkOf(
  cluster: IstioCluster,
  {
    labels = {},
    address,
  }: { readonly labels?: Readonly<Record<string, string>>; readonly address?: string | undefined },
): string {
  const own = labels[networkLabel] ?? "";
  if (own !== "") return own;
  const ofCluster = cluster.namespaces.get(cluster.settings.rootNamespace)?.metadata.labels?.[networkLabel] ?? "";
  if (ofCluster !== "") return ofCluster;
  const [named] = networksOf(cluster);
  if (named !== undefined) return named.name;
  const ranges = (cluster.settings.networks ?? []).find(({ cidrs }) =>
    cidrs.some((range) => isIn(range, address ?? "")),
  );
  return ranges?.name ?? "";
}

/** Networks of meshNetworks that take in the cluster as a whole (network.go, reloadMeshNetworks). */
export function networksOf(cluster: IstioCluster): readonly MeshNetwork[] {
  const id = clusterIdOf(cluster);
  return (cluster.settings.networks ?? []).filter(({ registries }) => id !== undefined && registries.includes(id));
}

/**
 * `region/zone/subzone`, cut short; empty where unknown: the pod's own label, else its node's
 * (pilot/pkg/serviceregistry/kube/controller/controller.go, getPodLocality).
 */
export function localityOf(cluster: IstioCluster, workload: Workload): string {
  const own = localityLabelOf(workload.labels);
  if (own !== "") return own;
  const node = nodeOf(cluster, workload);
  return node === undefined ? "" : localityOfNode(node).join("/").replace(/\/+$/, "");
}

/** Region, zone and subzone, empty where it has none; of older Kubernetes by their beta names. */
export function localityOfNode({ metadata: { labels = {} } }: Node): readonly [string, string, string] {
  return [
    labels[regionLabel] ?? labels["failure-domain.beta.kubernetes.io/region"] ?? "",
    labels[zoneLabel] ?? labels["failure-domain.beta.kubernetes.io/zone"] ?? "",
    labels[subzoneLabel] ?? "",
  ];
}

/** Dots stand for slashes, which labels cannot have (pkg/model/proxy.go, GetLocalityLabel and SanitizeLocalityLabel). */
export function localityLabelOf(labels: Readonly<Record<string, string>>): string {
  const own = labels["topology.istio.io/locality"] ?? labels["istio-locality"] ?? "";
  return own.includes("/") ? own : own.replaceAll(".", "/");
}

function isLocalityTold(cluster: IstioCluster, workload: Workload): boolean {
  return localityLabelOf(workload.labels) !== "" || nodeOf(cluster, workload) !== undefined;
}

function nodeOf(cluster: IstioCluster, { node }: Workload) {
  return nodesByName(cluster).get(node ?? "");
}

const nodesByName = memoised(
  (cluster: IstioCluster) => new Map(cluster.all("Node").map((each) => [each.metadata.name, each])),
);
