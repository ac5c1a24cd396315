import ipaddr from "ipaddr.js";
import type { KubeObject, Node, Pod, Service } from "../kinds/index.ts";
import type { ClusterView } from "./check.ts";

export interface UsedRange {
  readonly what: "pod range" | "Service range";
  readonly cidr: string;
}

export interface UsedAddress {
  readonly what: string;
  readonly address: string;
  /** Only calls of these ports; absent: of all. */
  readonly ports?: readonly number[];
}

/** As nodes and ServiceCIDRs tell; many networks do not show their pod ranges, and older API servers no Service range. */
export function rangesInUse({ cluster, inspected }: ClusterView): readonly UsedRange[] {
  const nodes = (cluster?.objects ?? []).filter((object): object is Node => object.kind === "Node");
  const pods = nodes.flatMap(({ spec }) => spec?.podCIDRs ?? []);
  const declared = inspected !== undefined && "value" in inspected.serviceCidrs ? inspected.serviceCidrs.value : [];
  const services = declared.flatMap((each) => (each as ServiceCidr).spec?.cidrs ?? []);
  return [
    ...[...new Set(services)].sort().map((cidr) => ({ what: "Service range", cidr }) as const),
    ...[...new Set(pods)].sort().map((cidr) => ({ what: "pod range", cidr }) as const),
  ].filter(({ cidr }) => ipaddr.isValidCIDR(cidr));
}

interface ServiceCidr extends KubeObject {
  readonly spec?: { readonly cidrs?: readonly string[] };
}

/** Of Services, and of pods in the cluster's own network. */
export function addressesInUse({ cluster }: ClusterView): readonly UsedAddress[] {
  return (cluster?.objects ?? []).flatMap((object): UsedAddress[] => {
    const name = `${object.metadata.namespace}/${object.metadata.name}`;
    if (object.kind === "Service") {
      const what = `Service ${name}`;
      const { spec, status } = object as Service;
      const ports = (spec.ports ?? []).map(({ port }) => port);
      const own = [spec.clusterIP, ...(spec.clusterIPs ?? [])].flatMap((address) => address ?? []);
      // kube-proxy takes these for the Service itself, wherever they lead from outside.
      const outer = (status?.loadBalancer?.ingress ?? []).flatMap(({ ip }) => ip ?? []).concat(spec.externalIPs ?? []);
      return [
        ...[...new Set(own)].map((address) => ({ what, address })),
        ...[...new Set(outer)].map((address) => ({ what, address, ports })),
      ].filter(({ address }) => ipaddr.isValid(address));
    }
    if (object.kind === "Pod") {
      const { spec, status } = object as Pod;
      return spec.hostNetwork === true || status?.podIP === undefined
        ? []
        : [{ what: `pod ${name}`, address: status.podIP }];
    }
    return [];
  });
}

export function contains(cidr: string, address: string): boolean {
  if (!ipaddr.isValidCIDR(cidr) || !ipaddr.isValid(address)) return false;
  const parsed = ipaddr.parse(address);
  const [base, length] = ipaddr.parseCIDR(cidr);
  return parsed.kind() === base.kind() && parsed.match(base, length);
}

/** Two ranges overlap where the larger one holds the other's first address. */
export function overlaps(one: string, other: string): boolean {
  if (!ipaddr.isValidCIDR(one) || !ipaddr.isValidCIDR(other)) return false;
  const [[left, leftLength], [right, rightLength]] = [ipaddr.parseCIDR(one), ipaddr.parseCIDR(other)];
  return left.kind() === right.kind() && left.match(right, Math.min(leftLength, rightLength));
}
