import ipaddr from "ipaddr.js";
import { clusterObject, type ServiceEntry, showClusterObject } from "../kinds/index.ts";
import { kept, rowOf } from "./found.ts";
import type { IstioCluster } from "./istioCluster.ts";

/**
 * Addresses that nothing has: class E, of which istiod's and our own virtual addresses are, and the range that istiod takes for
 * IPv6 (pilot/pkg/serviceregistry/serviceentry/auto_allocation.go).
 */
const nowhere = ["240.0.0.0/4", "2001:2::/48"];

/**
 * Why nothing answers at an address but a proxy that translates it, for people; undefined where something may.
 * https://istio.io/latest/docs/reference/config/networking/service-entry/#ServiceEntry, `addresses`
 */
export function virtualAddress(cluster: IstioCluster, address: string): string | undefined {
  if (address.startsWith("auto-ip:")) return `istiod's virtual address of ${address.slice("auto-ip:".length)}`;
  const owner = ownerOf(cluster, address);
  if (owner !== undefined) return `the virtual address of ${showClusterObject(clusterObject(cluster.name, owner))}`;
  const { addressPool } = cluster.settings;
  const ranges = addressPool === undefined ? nowhere : [...nowhere, addressPool];
  const range = ranges.find((each) => isIn(each, address));
  return range === undefined ? undefined : `a virtual address, of ${range}`;
}

/** Outside the mesh, and where the proxy dials what the client dialled, an entry has the addresses of real servers. */
function ownerOf(cluster: IstioCluster, address: string): ServiceEntry | undefined {
  return entryAt(cluster, undefined, address);
}

const entriesByAddress = kept((cluster: IstioCluster) => {
  const all = cluster.all("ServiceEntry").flatMap((entry) => {
    const { addresses = [], endpoints = [], location = "MESH_EXTERNAL", resolution = "NONE" } = entry.spec;
    if (resolution === "NONE" || location === "MESH_EXTERNAL") return [];
    const real = new Set(endpoints.map((endpoint) => endpoint.address));
    return addresses.filter((each) => !real.has(each)).map((each) => [each.replace(/\/32$/, ""), entry] as const);
  });
  return new Map([...all].reverse());
});

const entryAt = rowOf(entriesByAddress);

/** By family at once: the library finds out which it is by throwing, which is slow for each hop of thousands of paths. */
export function isIn(range: string, address: string): boolean {
  if (range.includes(":") !== address.includes(":")) return false;
  if (range.includes(":")) {
    const { IPv6 } = ipaddr;
    return IPv6.isValid(address) && IPv6.isValidCIDR(range) && IPv6.parse(address).match(IPv6.parseCIDR(range));
  }
  const { IPv4 } = ipaddr;
  return IPv4.isValid(address) && IPv4.isValidCIDR(range) && IPv4.parse(address).match(IPv4.parseCIDR(range));
}
