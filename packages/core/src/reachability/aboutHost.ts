import {
  fullHost,
  type HttpRoute,
  hostsOverlap,
  type IstioCluster,
  isPublic,
  isWildcard,
  memoised,
  memoisedBy,
} from "../istio/index.ts";
import { meshRegistry } from "../istio/registry/index.ts";
import { mergedVirtualServices } from "../istio/scope/index.ts";

/** What the objects of a cluster say of a host, and of those that its routes lead to. */
export interface AboutHost {
  /** It, and those that calls of it may be led to. */
  readonly hosts: ReadonlySet<string>;
  /** Where an object about them is, or is shown to: a caller there may see another than callers elsewhere. */
  readonly namespaces: ReadonlySet<string>;
  /** No two namespaces see them alike. */
  readonly isByNamespace: boolean;
  /** Which endpoint a caller gets depends on where it runs. */
  readonly isByLocality: boolean;
  /** What requests are asked, and what becomes of them. */
  readonly routes: readonly HttpRoute[];
}

interface Mention {
  readonly host: string;
  readonly namespaces: readonly string[];
  /** Hosts that calls of it are led to. */
  readonly targets: readonly string[];
  readonly isByNamespace?: boolean;
  readonly isByLocality?: boolean;
  readonly routes?: readonly HttpRoute[];
}

/** Rather one namespace too many than one too few: those that are left see the host alike. */
export const aboutHost = memoisedBy((cluster: IstioCluster, host: string): AboutHost => {
  const all = mentions(cluster);
  const namespaces = new Set<string>();
  let isByNamespace = !host.includes(".");
  let isByLocality = false;
  const routes = new Set<HttpRoute>();
  const seen = new Set([host]);
  // A set may grow while it is gone through.
  for (const each of seen) {
    for (const mention of all.of(each)) {
      for (const namespace of mention.namespaces) namespaces.add(namespace);
      for (const target of mention.targets) seen.add(target);
      isByNamespace ||= mention.isByNamespace === true;
      isByLocality ||= mention.isByLocality === true;
      for (const route of mention.routes ?? []) routes.add(route);
    }
  }
  return { hosts: seen, namespaces, isByNamespace, isByLocality, routes: [...routes] };
});

const mentions = memoised((cluster: IstioCluster): Mentions => {
  const { settings } = cluster;
  const found = new Mentions();
  const { services, byHost } = meshRegistry(cluster);
  // `./*` of the mesh's default Sidecar is another namespace's for each.
  const isDefaultNarrow = cluster.in("Sidecar", settings.rootNamespace).length > 0;
  const isSeenAlike = (each: Exported) => isPublic(each) && !isDefaultNarrow;
  for (const service of services) {
    const { host, aliases, aliasOf, namespace, exportTo, object } = service;
    const targets = [...aliases, ...(aliasOf === undefined ? [] : [aliasOf])];
    // An endpoint's name without a dot is looked up in the namespace of whoever calls.
    const isByNamespace =
      object.kind === "ServiceEntry" && /"address":"[^".:]+"/.test(JSON.stringify(object.spec)) ? true : undefined;
    const isOnlyOne = byHost.get(host)?.length === 1;
    const namespaces = isOnlyOne && isSeenAlike(service) ? [] : shownTo(namespace, exportTo);
    found.add({ host, targets, namespaces, ...(isByNamespace && { isByNamespace }) });
  }
  for (const { metadata, spec } of cluster.all("DestinationRule")) {
    const { namespace = "default" } = metadata;
    const host = fullHost(spec.host ?? "", namespace, settings);
    const isByLocality = /"(outlierDetection|localityLbSetting)"/.test(JSON.stringify(spec));
    found.add({ host, targets: [], namespaces: shownTo(namespace, spec.exportTo ?? []), isByLocality });
  }
  for (const each of mergedVirtualServices(cluster)) {
    const all = [...each.http, ...each.tls, ...each.tcp].map(({ value }) => value);
    const targets = all.flatMap(({ route = [] }) => route.map(({ destination }) => destination.host));
    const sources = all.flatMap(({ match = [] }) => match.flatMap(({ sourceNamespace }) => sourceNamespace ?? []));
    const namespaces = [...(isSeenAlike(each) ? [] : shownTo(each.namespace, each.exportTo)), ...sources];
    const snis = each.tls.flatMap(({ value }) => (value.match ?? []).flatMap(({ sniHosts = [] }) => sniHosts));
    const routes = each.http.map(({ value }) => value);
    for (const host of [...each.hosts, ...snis]) found.add({ host, targets, namespaces, routes });
  }
  return found;
});

type Exported = Parameters<typeof isPublic>[0];

function shownTo(namespace: string, exportTo: readonly string[]): readonly string[] {
  return [namespace, ...exportTo];
}

class Mentions {
  readonly #exact = new Map<string, Mention[]>();
  readonly #wildcards: Mention[] = [];

  add(mention: Mention): void {
    const host = mention.host.toLowerCase();
    if (isWildcard(host)) {
      this.#wildcards.push({ ...mention, host });
      return;
    }
    const others = this.#exact.get(host);
    if (others === undefined) this.#exact.set(host, [mention]);
    else others.push(mention);
  }

  of(asWritten: string): readonly Mention[] {
    const host = asWritten.toLowerCase();
    const exact = isWildcard(host)
      ? [...this.#exact].flatMap(([each, found]) => (hostsOverlap(each, host) ? found : []))
      : (this.#exact.get(host) ?? []);
    return [...exact, ...this.#wildcards.filter((each) => hostsOverlap(each.host, host))];
  }
}
