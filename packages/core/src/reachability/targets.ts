import { type GatewayServer, gatewayHosts, mergedGateway } from "../istio/gateway/index.ts";
import {
  type IstioCluster,
  isWildcard,
  memoised,
  meshGateway,
  parseServiceHost,
  passthroughSni,
  shortHosts,
} from "../istio/index.ts";
import { escapeRegExp } from "../istio/policy/index.ts";
import { meshRegistry, targetPortOf } from "../istio/registry/index.ts";
import { virtualServicesOf } from "../istio/scope/index.ts";
import {
  authorityOf,
  type OutsideEntry,
  outsideEntries,
  schemeOf,
  type TraceScheme,
  type TraceWorld,
} from "../trace/index.ts";
import type { CalledNames } from "./requestMatchers.ts";

/** A name and port that may be called. */
export interface Target {
  /** As objects have it, also with a wildcard. */
  readonly host: string;
  readonly port: number;
  readonly scheme: TraceScheme;
}

/** Equal for the same target in two states of the clusters. */
export function targetKey({ host, port, scheme }: Target): string {
  return `${scheme}://${host}:${port}`;
}

/** What a client outside may call at the gateways of one cluster. */
export interface OutsideTarget extends Target {
  readonly cluster: string;
  /** Whether the gateway asks clients for a certificate. */
  readonly asksForCertificate: boolean;
}

/** The name that a client writes: any that a wildcard covers will do. */
export function calledHost(host: string): string {
  return host.replace(/^\*\.?/, "any.").replace(/\.$/, ".example");
}

/** How clients may write a name. `cluster`: where workloads call it. */
export function calledNames({ clusters }: TraceWorld, { host, port, scheme }: Target, cluster?: string): CalledNames {
  const names = { authorityOf: (written: string) => authorityOf({ scheme, host: written, port }) };
  if (isWildcard(host)) {
    const label = "[a-z0-9]([-a-z0-9]*[a-z0-9])?";
    const rest = escapeRegExp(host.replace(/^\*/, ""));
    return {
      ...names,
      usual: [calledHost(host)],
      domain: `${label}(\\.${label})*${rest === "" ? `\\.${label}` : rest}`,
    };
  }
  const settings = clusters.get(cluster ?? "")?.settings;
  const short = settings === undefined ? [] : shortHosts(host, "", settings).filter((each) => !each.endsWith("."));
  const service = settings === undefined ? undefined : parseServiceHost(host, settings);
  return { ...names, usual: [host, ...short], ...(service === undefined ? {} : { atHome: service.name }) };
}

/** All hosts that workloads of any cluster know by name. What only others know is no such host: an answer as well. */
export function meshTargets({ clusters }: TraceWorld): readonly Target[] {
  const found = new Map<string, Target>();
  for (const cluster of clusters.values()) {
    for (const target of targetsOf(cluster)) {
      const key = `${target.host}:${target.port}`;
      if (!found.has(key)) found.set(key, target);
    }
  }
  return [...found.values()].sort(inOrder);
}

const targetsOf = memoised((cluster: IstioCluster): readonly Target[] => {
  const { services, byHost } = meshRegistry(cluster);
  const ofServices = services.flatMap(({ host, ports }) =>
    ports
      .filter(({ protocol }) => protocol !== "UDP")
      .map(({ number, protocol }) => ({ host: host.toLowerCase(), port: number, scheme: schemeOf(protocol) })),
  );
  // What only a VirtualService has is a name at port 80 (httproute.go), where a DNS knows it.
  const ofRoutes = virtualServicesOf(cluster, meshGateway)
    .filter(({ http }) => http.length > 0)
    .flatMap(({ hosts }) => hosts.filter((host) => host !== "*" && !byHost.has(host)))
    .map((host) => ({ host: host.toLowerCase(), port: 80, scheme: "http" as const }));
  return [...ofServices, ...ofRoutes];
});

/** What the gateways of all clusters show to the outside, by the names that their servers and routes have. */
export function outsideTargets({ clusters, declared }: TraceWorld): readonly OutsideTarget[] {
  const found = new Map<string, OutsideTarget>();
  for (const cluster of clusters.values()) {
    const own = declared.find(({ metadata }) => metadata.name === cluster.name);
    const ports = new Set(
      cluster
        .all("Service")
        .flatMap(({ spec }) => (spec.ports ?? []).flatMap(({ port, nodePort }) => [port, nodePort])),
    );
    for (const port of ports) {
      if (port === undefined) continue;
      const entries = outsideEntries(cluster, port, own).filter(({ how }) => how !== undefined);
      for (const entry of entries) {
        // A node port leads where the port itself does.
        if (entry.port.port !== port && entries.some((each) => each.port.port === port)) continue;
        if (entry.port.port !== port && entry.service.spec.type === "LoadBalancer") continue;
        for (const target of targetsOfEntry(entry, port)) {
          found.set(`${target.cluster} ${target.host}:${target.port} ${target.scheme}`, target);
        }
      }
    }
  }
  return [...found.values()].sort((one, other) => inOrder(one, other) || (one.cluster < other.cluster ? -1 : 1));
}

function targetsOfEntry({ cluster, gateways, port }: OutsideEntry, number: number): readonly OutsideTarget[] {
  return gateways.flatMap((workload) => {
    const listening = mergedGateway(cluster, workload).servers.filter(
      (server) => server.port === targetPortOf(port, workload),
    );
    const routed = [...gatewayHosts({ cluster, workload }, listening).keys()];
    return listening.flatMap((server) =>
      hostsOfServer(cluster, server, routed).map((host) => ({
        cluster: cluster.name,
        host,
        port: number,
        scheme: schemeOfServer(server),
        asksForCertificate: /MUTUAL/.test(server.server.tls?.mode ?? ""),
      })),
    );
  });
}

/** A server for any name has those that its routes do. */
function hostsOfServer(cluster: IstioCluster, server: GatewayServer, routed: readonly string[]): readonly string[] {
  if (server.server.tls?.mode === "AUTO_PASSTHROUGH") return passthroughNames(cluster, server.hosts);
  const covered = (host: string) => routed.filter((each) => each.endsWith(host.replace(/^\*/, "")));
  return [
    ...new Set(
      server.hosts.flatMap((host) => {
        const name = host.toLowerCase();
        if (!isWildcard(name)) return [name];
        const found = covered(name);
        return found.length === 0 ? [name] : found;
      }),
    ),
  ];
}

/** Services by the SNI that proxies of the mesh call them with: a client outside may send one, but has no certificate of the mesh. */
function passthroughNames(cluster: IstioCluster, hosts: readonly string[]): readonly string[] {
  return meshRegistry(cluster).services.flatMap(({ host, ports, isExternal }) =>
    isExternal || !hosts.some((each) => each === "*" || host.endsWith(each.replace(/^\*/, "")))
      ? []
      : ports.slice(0, 1).map(({ number }) => passthroughSni(host, number)),
  );
}

function schemeOfServer({ server: { port, tls } }: GatewayServer): TraceScheme {
  const protocol = (port.protocol ?? "").toUpperCase();
  if (tls !== undefined && tls.httpsRedirect !== true && (tls.mode !== undefined || protocol !== "HTTP"))
    return "https";
  if (protocol.startsWith("GRPC")) return "grpc";
  if (protocol === "HTTPS" || protocol === "TLS") return "https";
  return protocol.startsWith("HTTP") ? "http" : "tcp";
}

function inOrder(one: Target, other: Target): number {
  if (one.host !== other.host) return one.host < other.host ? -1 : 1;
  return one.port - other.port;
}
