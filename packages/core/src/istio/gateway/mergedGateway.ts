import type { ApiGateway, Gateway, Service } from "../../kinds/index.ts";
import { askBy } from "../found.ts";
import { apiListeners, servicesFor } from "../gatewayApi/apiListeners.ts";
import type { IstioCluster } from "../istioCluster.ts";
import { labelsMatch } from "../labels.ts";
import { memoisedBy } from "../memoised.ts";
import { isHttp, parseProtocol } from "../registry/protocol.ts";
import { targetPortOf } from "../registry/targetPort.ts";
import type { Workload } from "../workload.ts";

type Server = NonNullable<Gateway["spec"]["servers"]>[number];

/** One server of a Gateway object, as a gateway's pod runs it. */
export interface GatewayServer {
  /** Of the Gateway API where `field` is one of its listeners. */
  readonly gateway: Gateway | ApiGateway;
  /** What routes are bound to: `namespace/name` of the Gateway, or istiod's own name of a listener. */
  readonly gatewayName: string;
  readonly index: number;
  /** `spec.servers[0]`, `spec.listeners[0]`. */
  readonly field: string;
  /** Why it cannot be followed. */
  readonly unfollowed: string | undefined;
  readonly server: Server;
  /** `./host` is `namespace/host`, `*` before a slash is left out: just `host`. */
  readonly hosts: readonly string[];
  /** Where the pod listens: the target port of the Service's port. */
  readonly port: number;
  readonly bind: string;
  /** The name of the HTTP routes that it shares with others; undefined where it routes no HTTP. */
  readonly routeName: string | undefined;
}

export interface SkippedServer {
  readonly gateway: Gateway | ApiGateway;
  readonly index: number;
  readonly field: string;
  readonly port: number;
  readonly why: string;
}

export interface MergedGateway {
  readonly servers: readonly GatewayServer[];
  readonly skipped: readonly SkippedServer[];
}

/** All Gateways that select a pod, merged as istiod does it, oldest first: pilot/pkg/model/gateway.go, mergeGateways. */
export const mergedGateway = memoisedBy((cluster: IstioCluster, workload: Workload): MergedGateway => {
  const ports = portsOf(cluster, workload);
  const merge = new Merge();
  for (const each of [...ofIstio(cluster, workload, ports), ...ofApi(cluster, workload)].sort(byAge)) merge.add(each);
  return merge;
});

const portsOf = askBy((cluster, workload: Workload) => {
  const seen = cluster.isDiscovered(workload.namespace) ? cluster.in("Service", workload.namespace) : [];
  return servicePorts(workload, seen);
});

function ofIstio(cluster: IstioCluster, workload: Workload, ports: ReadonlyMap<number, number>): readonly Candidate[] {
  return cluster
    .all("Gateway")
    .filter(({ spec: { selector = {} } }) => labelsMatch(selector, workload.labels))
    .flatMap((gateway) => {
      const { name, namespace = "default" } = gateway.metadata;
      return (gateway.spec.servers ?? []).map((server, index) => ({
        gateway,
        gatewayName: `${namespace}/${name}`,
        index,
        field: `spec.servers[${index}]`,
        unfollowed: undefined,
        server,
        port: ports.get(server.port.number) ?? server.port.number,
      }));
    });
}

/** Listeners of the Gateway API are run at ports that one of their Services has, and at no others. */
function ofApi(cluster: IstioCluster, workload: Workload): readonly Candidate[] {
  return apiListeners(cluster).flatMap((each): readonly Candidate[] => {
    const port = servicePorts(workload, servicesFor(cluster, each, workload)).get(each.server.port.number);
    if (port === undefined) return [];
    const { gateway, internalName: gatewayName, index, server, unfollowed } = each;
    return [{ gateway, gatewayName, index, field: `spec.listeners[${index}]`, unfollowed, server, port }];
  });
}

function byAge(
  { gateway: left, gatewayName: one }: Candidate,
  { gateway: right, gatewayName: other }: Candidate,
): number {
  const nameOf = (name: string) => name.slice(name.indexOf("/") + 1);
  const compare = (a: string, b: string) => (a === b ? 0 : a < b ? -1 : 1);
  return (
    compare(left.metadata.creationTimestamp ?? "", right.metadata.creationTimestamp ?? "") ||
    compare(nameOf(one), nameOf(other)) ||
    compare(one, other)
  );
}

/** Where the ports of the pod's Services lead; the oldest Service decides. A port that none has is the pod's own. */
function servicePorts(workload: Workload, services: readonly Service[]): ReadonlyMap<number, number> {
  const targets = new Map<number, number>();
  for (const service of services) {
    const { selector = {}, ports = [] } = service.spec;
    const isLeftOut = service.metadata.labels?.["experimental.istio.io/disable-gateway-port-translation"] !== undefined;
    if (isLeftOut || Object.keys(selector).length === 0 || !labelsMatch(selector, workload.labels)) continue;
    for (const port of ports) {
      const target = targetPortOf(port, workload);
      if (target !== undefined && !targets.has(port.port)) targets.set(port.port, target);
    }
  }
  return targets;
}

type Candidate = Pick<GatewayServer, "gateway" | "gatewayName" | "index" | "field" | "unfollowed" | "server" | "port">;

class Merge implements MergedGateway {
  readonly servers: GatewayServer[] = [];
  readonly skipped: SkippedServer[] = [];
  /** By port: the bind address that each TLS host is taken at. */
  readonly #tlsHosts = new Map<number, Map<string, string>>();
  /** By port: the first plain text server. */
  readonly #plain = new Map<number, { readonly protocol: string; readonly bind: string }>();
  readonly #tlsBinds = new Map<number, Set<string>>();
  readonly #ports = new Set<number>();
  readonly #routeNames = new Set<string>();

  add(candidate: Candidate): void {
    const { gateway, gatewayName, index, field, server, port } = candidate;
    const namespace = gateway.metadata.namespace ?? "default";
    const hosts = (server.hosts ?? []).map((host) => withNamespace(host, namespace));
    const bind = server.bind ?? "";
    const routeName = routeNameOf(gatewayName, server, port);
    const skip = (why: string) => this.skipped.push({ gateway, index, field, port, why });
    if (server.tls !== undefined) {
      const taken = this.#tlsHosts.get(port) ?? new Map<string, string>();
      this.#tlsHosts.set(port, taken);
      const duplicates = hosts.filter((host) => taken.get(host) === bind);
      if (duplicates.length > 0) {
        skip(`an older server on port ${port} has ${duplicates.join(", ")} already`);
        return;
      }
      for (const host of hosts) taken.set(host, bind);
    }
    const why = this.#conflict({ server, port, bind, routeName });
    if (why !== undefined) {
      skip(why);
      return;
    }
    if (routeName !== undefined) this.#routeNames.add(routeName);
    this.servers.push({ ...candidate, hosts, bind, routeName });
  }

  /** Why a server cannot share its port with those before it. */
  #conflict({ server, port, bind, routeName }: ServerAt): string | undefined {
    const protocol = server.port.protocol.toUpperCase();
    const isFirst = !this.#ports.has(port);
    this.#ports.add(port);
    const plain = this.#plain.get(port);
    if (isFirst || plain === undefined) {
      if (!isTlsServer(server)) {
        if (!this.#plain.has(port)) this.#plain.set(port, { protocol, bind });
        return undefined;
      }
      if (isFirst) return undefined;
      if (routeName !== undefined && this.#routeNames.has(routeName))
        return `its port's name is not unique in the Gateway`;
      const binds = this.#tlsBinds.get(port) ?? new Set<string>();
      this.#tlsBinds.set(port, binds);
      const isNewBind = !binds.has(bind);
      binds.add(bind);
      return server.tls === undefined && !isNewBind ? "it has no tls settings" : undefined;
    }
    if (plain.bind !== bind) return undefined;
    const merges = isHttpServer(protocol) && (isHttpServer(plain.protocol) || plain.protocol === protocol);
    if (!merges) return `an older server has port ${port} as ${plain.protocol}`;
    return routeName === undefined ? `an older server has port ${port}` : undefined;
  }
}

interface ServerAt {
  readonly server: Server;
  readonly port: number;
  readonly bind: string;
  readonly routeName: string | undefined;
}

function withNamespace(host: string, namespace: string): string {
  const slash = host.indexOf("/");
  if (slash < 0) return host;
  const [scope, name] = [host.slice(0, slash), host.slice(slash + 1)];
  if (scope === ".") return `${namespace}/${name}`;
  return scope === "*" ? name : host;
}

/** gatewayRDSRouteName: plain HTTP servers share one by port, each HTTPS server has its own. */
function routeNameOf(gatewayName: string, server: Server, port: number): string | undefined {
  const protocol = server.port.protocol.toUpperCase();
  const bind = server.bind === undefined || server.bind === "" ? "" : `.${server.bind}`;
  if (isHttpServer(protocol)) return `http.${port}${bind}`;
  if (protocol !== "HTTPS" || isPassthrough(server)) return undefined;
  const [namespace = "", name = ""] = gatewayName.split("/");
  return `https.${server.port.number}.${server.port.name}.${name}.${namespace}${bind}`;
}

/** Of a server's port as it is written. */
export function isHttpServer(protocol: string): boolean {
  return isHttp(parseProtocol(protocol));
}

export function isPassthrough({ tls }: Server): boolean {
  return tls?.mode === "PASSTHROUGH" || tls?.mode === "AUTO_PASSTHROUGH";
}

function isTlsServer(server: Server): boolean {
  return server.tls !== undefined && !isHttpServer(server.port.protocol);
}
