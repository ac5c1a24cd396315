import { type IstioCluster, isWildcard, labelsMatch, serviceHost } from "../istio/index.ts";
import { type MeshService, meshRegistry } from "../istio/registry/index.ts";
import { nearestName } from "../model/index.ts";
import { parseUrl, schemeOf, type TraceRequest, type TraceWorld } from "../trace/index.ts";
import { hiddenIn } from "./callers.ts";
import type { HostsSelector, To } from "./pathTestSchema.ts";

type TraceUrl = TraceRequest["url"];

/** What one caller of a test calls. */
export interface Hosts {
  readonly found: readonly TraceUrl[];
  /** Why nothing is called. */
  readonly untold: readonly string[];
}

export function hostsOf(world: TraceWorld, to: To, from: TraceRequest["from"]): Hosts {
  const path = to.path ?? "/";
  if (to.url !== undefined) {
    const url = parseUrl(to.url);
    return url === undefined ? none(`${to.url} is not a URL that can be called`) : { found: [url], untold: [] };
  }
  const cluster = "outside" in from ? undefined : world.clusters.get(from.cluster);
  if (cluster === undefined) return none("a client outside has no services of its own: give to.url");
  const selector = to.every ?? to.some ?? to.none;
  return selector === undefined ? ofService(cluster, to, path) : selected(cluster, selector, path);
}

function none(why: string): Hosts {
  return { found: [], untold: [`nothing was tested: ${why}`] };
}

function ofService(cluster: IstioCluster, { service = "", port, scheme }: To, path: string): Hosts {
  const [name = "", namespace = ""] = service.split(".");
  const host = serviceHost(name, namespace, cluster.settings);
  const { byHost } = meshRegistry(cluster);
  const ports = (byHost.get(host) ?? []).flatMap((each) => each.ports);
  const numbers = [...new Set(ports.map((each) => each.number))];
  const [only] = numbers;
  const number = port ?? (numbers.length === 1 ? only : undefined);
  if (number === undefined) {
    if (numbers.length > 0) return none(`${service} has the ports ${numbers.join(", ")}: say which, with to.port`);
    const meant = nearestName(host, [...byHost.keys()]);
    return none(`${cluster.name} has no service ${service}${meant === undefined ? "" : `; did you mean ${meant}?`}`);
  }
  const declared = ports.find((each) => each.number === number);
  if (declared === undefined && numbers.length > 0)
    return none(`${service} has no port ${number}; it has ${numbers.join(", ")}`);
  return { found: [{ scheme: scheme ?? schemeOf(declared?.protocol), host, port: number, path }], untold: [] };
}

function selected(cluster: IstioCluster, { namespace, labels = {}, port }: HostsSelector, path: string): Hosts {
  const isChosen = (service: MeshService) =>
    !isWildcard(service.host) &&
    (namespace === undefined || service.namespace === namespace) &&
    labelsMatch(labels, service.labels);
  const urls = meshRegistry(cluster)
    .services.filter(isChosen)
    .flatMap(({ host, ports }) =>
      ports
        .filter(({ number, protocol }) => protocol !== "UDP" && (port === undefined || number === port))
        .map((each): readonly [string, TraceUrl] => [
          `${host}:${each.number}`,
          { scheme: schemeOf(each.protocol), host, port: each.number, path },
        ]),
    );
  const found = [...new Map(urls).values()];
  const hidden = hiddenIn(cluster, hostKinds, namespace);
  return found.length > 0 || hidden.length > 0 ? { found, untold: hidden } : none(`${cluster.name} has no such host`);
}

const hostKinds: ReadonlySet<string> = new Set(["Service", "ServiceEntry"]);
