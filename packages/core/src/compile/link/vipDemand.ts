import ipaddr from "ipaddr.js";
import { askBy, type IstioCluster } from "../../istio/index.ts";
import {
  type ClusterObject,
  clusterObject,
  isOurs,
  isProvenOurs,
  isWrittenByOthers,
  type KubeObject,
  type Service,
  type ServiceEntry,
} from "../../kinds/index.ts";
import { type AddressPool, contains, parseAddressPool, plainAddress } from "../../model/index.ts";
import type { EntryNames } from "../declaration/namedHost.ts";
import { clusterSetObjectName } from "../serviceExport/clusterSet.ts";
import type { VipDemand } from "./allocateVips.ts";

/** A host that needs a virtual address, and which ServiceEntries give it one. */
export interface VirtualHost {
  readonly cluster: string;
  readonly host: string;
  /** The namespaces in which its ServiceEntries stand. */
  readonly placements: readonly string[];
  readonly entries: EntryNames;
}

/**
 * What a consuming cluster needs and has; `wanted`: of all clusters, by host. An address is believed only of a ServiceEntry that
 * is where we would write it, by the name that we would give it, and only an address of the pool: a label alone would let
 * anybody move what a path uses.
 */
export function vipDemand(
  facts: IstioCluster,
  here: readonly VirtualHost[],
  wanted: ReadonlyMap<string, readonly VirtualHost[]>,
  pool: AddressPool,
): VipDemand {
  const hosts = new Set(here.map(({ host }) => host));
  const found = facts.stored("ServiceEntry").flatMap((entry) => heldBy(entry, { byHost: wanted, hosts, pool }) ?? []);
  const held = believed(found);
  const keeping = new Set(found.filter(({ host, address }) => held.get(host) === address).map(({ entry }) => entry));
  return { cluster: facts.name, hosts: [...hosts], held, ...addressesOfOthers(facts, keeping, pool) };
}

/** An address that one of our ServiceEntries gives to a host. */
interface Held {
  readonly entry: ServiceEntry;
  readonly host: string;
  readonly address: string;
  /** The lower, the surer: where we would write it now, where we once may have, for a host that nobody wants any longer. */
  readonly rank: 0 | 1 | 2;
}

function heldBy(
  entry: ServiceEntry,
  {
    byHost,
    hosts,
    pool,
  }: {
    readonly byHost: ReadonlyMap<string, readonly VirtualHost[]>;
    readonly hosts: ReadonlySet<string>;
    readonly pool: AddressPool;
  },
): Held | undefined {
  const [host] = entry.spec.hosts;
  const address = plainAddress(entry.spec.addresses?.[0] ?? "");
  if (!isOurs(entry) || host === undefined || address === undefined || !contains(pool, address)) return undefined;
  const wanted = byHost.get(host);
  if (wanted?.some(({ entries }) => isNamedFor(entries, entry)) === false) return undefined;
  const isInPlace = wanted?.some(({ placements }) => placements.includes(entry.metadata.namespace ?? "default"));
  // There it is ours even if somebody took the other labels away.
  if (isInPlace === true && hosts.has(host)) return { entry, host, address, rank: 0 };
  if (!isProvenOurs(entry) || isWrittenByOthers(entry)) return undefined;
  return { entry, host, address, rank: wanted === undefined ? 2 : 1 };
}

/** Whether an entry has the name that we would give one for a host. */
function isNamedFor(entries: EntryNames, { metadata, spec }: ServiceEntry): boolean {
  if (typeof entries === "string") return metadata.name === entries;
  return (spec.ports ?? []).some(({ number }) => metadata.name === clusterSetObjectName(entries, String(number)));
}

/** Host -> address, each address once: the surer one has it, so that nothing that is new, or leaves, takes it away. */
function believed(found: readonly Held[]): ReadonlyMap<string, string> {
  const held = new Map<string, string>();
  const given = new Set<string>();
  const ordered = found
    .map((each) => ({ ...each, key: JSON.stringify([each.host, each.entry.metadata.namespace, each.address]) }))
    .sort((a, b) => a.rank - b.rank || (a.key < b.key ? -1 : 1));
  for (const { host, address } of ordered) {
    if (held.has(host) || given.has(address)) continue;
    held.set(host, address);
    given.add(address);
  }
  return held;
}

/** Addresses of the pool, and ranges that meet it, that objects other than those have. */
function addressesOfOthers(
  facts: IstioCluster,
  keeping: ReadonlySet<ServiceEntry>,
  pool: AddressPool,
): Pick<VipDemand, "taken" | "ranges"> {
  const taken = new Map<string, Omit<ClusterObject, "cluster">>();
  const ranges: string[] = [];
  const note = (text: string, object: Omit<ClusterObject, "cluster">) => {
    const address = plainAddress(text);
    if (address === undefined) {
      if (ipaddr.isValidCIDR(text)) ranges.push(text);
    } else if (contains(pool, address) && !taken.has(address)) {
      taken.set(address, object);
    }
  };
  for (const entry of facts.stored("ServiceEntry")) {
    if (keeping.has(entry)) continue;
    const { addresses = [], endpoints = [] } = entry.spec;
    for (const address of [...addresses, ...allocatedTo(entry), ...endpoints.map((each) => each.address ?? "")]) {
      note(address, clusterObject(facts.name, entry));
    }
  }
  for (const [text, object] of addressesInUse(facts, undefined)) note(text, object);
  // Also one of ours keeps what it has until it can be read again.
  for (const object of facts.unreadable) {
    const { kind, namespace, name = "without a name" } = object;
    for (const address of object.addresses) {
      note(address, { kind, ...(namespace === undefined ? {} : { namespace }), name });
    }
  }
  return { taken, ranges };
}

type InUse = readonly [address: string, object: Omit<ClusterObject, "cluster">];

/** Those of Services and WorkloadEntries that are of the pool, or ranges: as good as always none. */
const addressesInUse = askBy((facts, _: undefined): readonly InUse[] => {
  const pool = parseAddressPool(facts.settings.addressPool ?? "");
  const counts = (text: string) => {
    const address = plainAddress(text);
    return address === undefined ? ipaddr.isValidCIDR(text) : typeof pool === "string" || contains(pool, address);
  };
  const of = (object: KubeObject, addresses: readonly string[]) =>
    addresses.filter(counts).map((address): InUse => [address, clusterObject(facts.name, object)]);
  return [
    ...[...facts.services.values()].flatMap((service) => of(service, addressesOf(service))),
    ...facts.all("WorkloadEntry").flatMap((entry) => of(entry, [entry.spec.address ?? ""])),
  ];
});

/** What istiod gave it by itself. istio/pilot/pkg/networking/serviceentry, status.addresses */
function allocatedTo({ status }: KubeObject): readonly string[] {
  const { addresses } = (status ?? {}) as { readonly addresses?: readonly { readonly value?: string }[] };
  return (addresses ?? []).flatMap(({ value }) => value ?? []);
}

/** kube-proxy takes all of these for the Service, wherever the call comes from. */
function addressesOf({ spec, status }: Service): readonly string[] {
  const { clusterIP, clusterIPs = [], externalIPs = [] } = spec;
  const ingress = status?.loadBalancer?.ingress ?? [];
  return [clusterIP ?? "", ...clusterIPs, ...externalIPs, ...ingress.map(({ ip }) => ip ?? "")];
}
