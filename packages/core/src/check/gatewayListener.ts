import { type IstioCluster, labelsMatch, parseServiceHost, passthroughSni } from "../istio/index.ts";
import type { Mesh, MeshCluster } from "../model/index.ts";

export interface GatewayListener {
  /** A server name that the gateway passes through to pods that are ready; absent where there is none to try. */
  readonly sni?: string;
}

/**
 * What listens on a cluster's east-west gateway: undefined where no Gateway object opens its port yet. The server name is
 * that of Istio's passthrough clusters.
 */
export function gatewayListener(facts: IstioCluster, declared: MeshCluster, _mesh: Mesh): GatewayListener | undefined {
  const { eastWestGateway } = declared.spec;
  const servers = facts
    .all("Gateway")
    .filter(({ spec }) => labelsMatch(spec.selector ?? {}, eastWestGateway.selector))
    .flatMap(({ spec }) => spec.servers ?? [])
    .filter(({ port, tls }) => port?.number === eastWestGateway.port && tls?.mode === "AUTO_PASSTHROUGH");
  if (servers.length === 0) return undefined;
  const hosts = servers.flatMap(({ hosts = [] }) => hosts).sort();
  const names = hosts.flatMap((host) => serverName(facts, host) ?? []);
  return names[0] === undefined ? {} : { sni: names[0] };
}

function serverName(facts: IstioCluster, given: string): string | undefined {
  const host = given.slice(given.indexOf("/") + 1);
  const named = parseServiceHost(host, facts.settings);
  if (named === undefined) return undefined;
  const { name, namespace } = named;
  const service = facts.services.get(`${namespace}/${name}`);
  const port = service?.spec.ports?.find(({ protocol = "TCP" }) => protocol === "TCP")?.port;
  if (service === undefined || port === undefined) return undefined;
  const pods = facts.select(namespace, service.spec.selector ?? {});
  return pods.some(({ isReady, isMutualTls }) => isReady && isMutualTls) ? passthroughSni(host, port) : undefined;
}
