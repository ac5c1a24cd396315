import {
  askBy,
  canonicalHost,
  capturesDns,
  type IstioCluster,
  isCoveredBy,
  isWildcard,
  keptBy,
  nameOrigin,
  rowOf,
  runsAsProxy,
  type Workload,
} from "../../istio/index.ts";
import {
  clusterDns,
  headlessAddresses,
  headlessParent,
  isIp,
  type MeshService,
  mayBeServedBy,
  meshRegistry,
  type NamedAddress,
  overlookedServices,
  whyServedElsewhere,
  withSearchDomains,
} from "../../istio/registry/index.ts";
import { egressOf, type Hiding, type ProxyScope, proxyScope, type ScopeKey } from "../../istio/scope/index.ts";
import { hiddenOf } from "../hiddenHop.ts";
import type { Walk } from "./walk.ts";

export type Resolved =
  | {
      readonly kind: "addresses";
      readonly addresses: readonly NamedAddress[];
      /** What gave them; undefined for an address that the client wrote. */
      readonly service: MeshService | undefined;
      readonly by: "literal" | "sidecar" | "cluster DNS";
    }
  /** A name of the outside world: whether it resolves, and to what, is not in the clusters. */
  | { readonly kind: "outside"; readonly name: string }
  | { readonly kind: "hidden"; readonly service: MeshService; readonly hiding: Hiding }
  | { readonly kind: "not captured"; readonly service: MeshService }
  /** Nothing of the clusters has it, and whether DNS does cannot be told. */
  | { readonly kind: "untold"; readonly why: string }
  /** `headless`: it would be the name of one of its pods. */
  | { readonly kind: "none"; readonly headless?: MeshService };

/** Who asks, and among which clusters. */
type Asking = Pick<Walk, "cluster" | "clusters" | "caller">;

/**
 * As a pod's resolver asks: the name with each search domain, then as it is (Kubernetes' ndots is 5), first its sidecar where
 * DNS is captured (pkg/dns/client/dns.go), then cluster DNS, which knows Services only.
 */
export function resolveName(asking: Asking, host: string): Resolved {
  const { cluster, caller } = asking;
  const name = host
    .toLowerCase()
    .replace(/\.$/, "")
    .replace(/^\[|\]$/g, "");
  // Every pod's own hosts file has it.
  if (name === "localhost") return resolveName(asking, "127.0.0.1");
  if (isIp(name)) {
    const address = canonicalHost(name);
    const workload = cluster.workloadAt(address);
    return { kind: "addresses", addresses: [{ address, workload }], service: undefined, by: "literal" };
  }
  const candidates = searched(name, caller.namespace, cluster);
  const captures = capturesDns(cluster, caller) && !runsAsProxy(caller);
  const scope = caller.proxy === "sidecar" ? proxyScope(cluster, caller) : undefined;
  for (const candidate of candidates) {
    if (scope !== undefined && captures) {
      const found = fromSidecar(scope, candidate);
      if (found !== undefined) return found;
    }
    const answer = clusterDns(cluster, candidate);
    if (answer?.kind === "addresses") return { ...answer, by: "cluster DNS" };
  }
  return missing(asking, { name, candidates, captures });
}

function searched(name: string, namespace: string, cluster: IstioCluster): readonly string[] {
  const expanded = withSearchDomains(cluster.settings, namespace, name);
  return name.split(".").length > 5 ? [name, ...expanded] : [...expanded, name];
}

/** The sidecar's table of names holds what its egress listeners show and what has an address (pkg/dns/server/name_table.go). */
function fromSidecar({ cluster, key }: ProxyScope, name: string): Resolved | undefined {
  let found = named(cluster, key, name);
  for (let rest = name; found === undefined && rest.includes(".") && hasWildcards(cluster, key); ) {
    rest = rest.slice(rest.indexOf(".") + 1);
    found = named(cluster, key, `*.${rest}`);
  }
  return found === undefined ? undefined : { kind: "addresses", ...found, by: "sidecar" };
}

interface Named {
  readonly service: MeshService;
  readonly addresses: readonly NamedAddress[];
}

const nameTable = keptBy((cluster, key: ScopeKey): ReadonlyMap<string, Named> => {
  const exact = new Map<string, Named>();
  for (const service of egressOf(cluster, key).flatMap(({ services }) => services)) {
    for (const [name, addresses] of podNames(cluster, service)) exact.set(name, { service, addresses });
    const addresses = namedAddresses(cluster, service);
    if (addresses.length === 0) continue;
    const host = service.host.toLowerCase();
    const before = exact.get(host)?.service;
    if (before === undefined || (!before.isKubernetes && service.isKubernetes)) exact.set(host, { service, addresses });
  }
  return exact;
});

const named = rowOf(nameTable);

const wildcardsIn = keptBy((cluster, key: ScopeKey) => [...nameTable(cluster, key).keys()].some(isWildcard));
const hasWildcards = askBy((cluster, key: ScopeKey) => wildcardsIn(cluster, key));

/** What a sidecar with DNS capture answers for a host. */
function namedAddresses(cluster: IstioCluster, service: MeshService): readonly NamedAddress[] {
  const own = service.addresses.filter((address) => !address.includes("/"));
  const listed = own.length > 0 || service.addresses.length > 0 ? own : [service.autoAddress ?? ""];
  const addresses = listed.filter((address) => address !== "").map((address) => ({ address, workload: undefined }));
  if (addresses.length > 0) return addresses;
  return isHeadless(service) ? headlessAddresses(cluster, service) : [];
}

/** Without a port nothing is known of what is behind. */
function isHeadless({ resolution, ports }: MeshService): boolean {
  return resolution === "passthrough" && ports.length > 0;
}

/** Names of the single pods behind a headless host: `db-0.db.shop.svc.cluster.local`. */
function podNames(cluster: IstioCluster, service: MeshService): ReadonlyMap<string, readonly NamedAddress[]> {
  const names = new Map<string, NamedAddress[]>();
  const dot = service.host.indexOf(".");
  if (!isHeadless(service) || dot < 0 || service.addresses.length > 0) return names;
  for (const each of headlessAddresses(cluster, service)) {
    const { subdomain, hostnames = [] } = each.workload ?? {};
    if (subdomain === undefined) continue;
    for (const hostname of hostnames) {
      const name = `${hostname}.${subdomain}${service.host.slice(dot)}`.toLowerCase();
      names.set(name, [...(names.get(name) ?? []), each]);
    }
  }
  return names;
}

interface Missing {
  readonly name: string;
  readonly candidates: readonly string[];
  readonly captures: boolean;
}

/** Why nobody answers: the caller does not see it, does not ask its sidecar, or it is nothing of the clusters. */
function missing({ cluster, clusters, caller }: Asking, { name, candidates, captures }: Missing): Resolved {
  const { wildcards, byHost } = meshRegistry(cluster);
  const exact = candidates.flatMap((candidate) => byHost.get(candidate) ?? []);
  const covering = wildcards.filter(({ host }) => isCoveredBy(name, host));
  const alias = exact.find(({ aliasOf }) => aliasOf !== undefined);
  if (alias?.aliasOf !== undefined) return byOrigin(cluster, alias.aliasOf.toLowerCase());
  const headless = exact.length > 0 ? undefined : candidates.flatMap((each) => headlessParent(cluster, each) ?? [])[0];
  if (headless !== undefined) return { kind: "none", headless };
  const [first] = exact.length > 0 ? exact : covering;
  if (first === undefined) {
    const elsewhere = captures ? ofOtherCluster(cluster, clusters, candidates) : undefined;
    return elsewhere ?? overlookedName(cluster, caller, candidates) ?? byOrigin(cluster, name);
  }
  // Outside names are resolved by the real DNS, whatever a ServiceEntry says of them.
  const origin = nameOrigin(cluster, name);
  // A wildcard without an address is not in the sidecar's table, and says itself where its hosts are.
  if (exact.length === 0 && origin !== "ours" && (first.resolution === "endpoints" || first.resolution === "dns")) {
    const why = `${first.host} has no address that a sidecar could answer for ${name}, and whether a DNS outside has one cannot be told`;
    return { kind: "untold", why };
  }
  if (first.isExternal && origin !== "ours") return { kind: "outside", name };
  // The sidecar's table has no wildcard without an address: the name is asked outside.
  if (exact.length === 0 && origin !== "ours") return byOrigin(cluster, name);
  const seen = exact.length > 0 ? exact : covering;
  if (captures) {
    const hidden = hiddenOf(cluster, caller, seen);
    return hidden === undefined ? byOrigin(cluster, name) : { kind: "hidden", ...hidden };
  }
  return { kind: "not captured", service: first };
}

/** A ServiceEntry has the name, in a namespace that istiod does not look into. */
function overlookedName(cluster: IstioCluster, caller: Workload, names: readonly string[]): Resolved | undefined {
  const { byHost } = overlookedServices(cluster);
  const found = names.flatMap((name) => byHost.get(name) ?? []).filter(({ isExternal }) => !isExternal);
  const hidden = found.length === 0 ? undefined : hiddenOf(cluster, caller, found);
  return hidden === undefined ? undefined : { kind: "hidden", ...hidden };
}

/** A sidecar may know Services of other clusters as well. */
function ofOtherCluster(
  cluster: IstioCluster,
  clusters: Asking["clusters"],
  names: readonly string[],
): Resolved | undefined {
  for (const name of names) {
    const other = mayBeServedBy(cluster, clusters, name);
    if (other !== undefined) return { kind: "untold", why: whyServedElsewhere(cluster, other, name) };
  }
  return undefined;
}

function byOrigin(cluster: IstioCluster, name: string): Resolved {
  switch (nameOrigin(cluster, name)) {
    case "ours":
      return { kind: "none" };
    case "outside":
      return { kind: "outside", name };
    case "untold":
      return {
        kind: "untold",
        why: `no Service and no ServiceEntry of ${cluster.name} has ${name}, and whether a DNS outside does cannot be told`,
      };
  }
}
