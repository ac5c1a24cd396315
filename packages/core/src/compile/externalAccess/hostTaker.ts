import { servicesOfGateway } from "../../istio/gatewayApi/index.ts";
import { gatewayServiceNames } from "../../istio/index.ts";
import { isHttp, isTls, parseProtocol } from "../../istio/registry/index.ts";
import { isNamedAsOurs, type KubeObject } from "../../kinds/index.ts";
import { foreignGateways } from "../declaration/foreignGateways.ts";
import type { IngressPort, ResolvedExternalAccess } from "./resolveExternalAccess.ts";

/** A port of the user's on the gateway's proxies, whichever kind of object asks for it. */
interface ForeignServer {
  readonly gateway: KubeObject;
  readonly protocol: string;
  /** `*` and wildcards included, without the namespaces that may route them. */
  readonly hosts: readonly string[];
  /** Names of the Secrets with its certificates. */
  readonly credentials: readonly string[];
}

/**
 * What of the user's ours cannot stand beside, in words: a server for the same host, or one of another protocol, since a port
 * takes either TLS, told apart by SNI, or HTTP, told apart by Host; and routes of theirs for all calls of the same host in
 * plain HTTP, where all servers of a port have one table. A wildcard beside our exact host is fine: the exact one wins.
 * istio/pilot/pkg/model/gateway.go, mergeGateways; pilot/pkg/networking/core/gateway.go, buildGatewayHTTPRouteConfig
 */
export function hostTaker(
  access: ResolvedExternalAccess,
  { port, use }: IngressPort,
  host: string,
): string | undefined {
  const ours = use === "https" || use === "passthrough" ? "TLS" : "HTTP";
  const servers = foreignServers(access, port);
  for (const { gateway, protocol, hosts } of servers) {
    if (protocolFamily(protocol) !== ours) return `${nameOf(gateway)} speaks ${protocol}`;
    if (hosts.includes(host)) return `${nameOf(gateway)} serves ${host} itself`;
  }
  if (ours === "TLS") return undefined;
  const route = routeOf(access, host, new Set(servers.map(({ gateway }) => gateway)));
  return route === undefined ? undefined : `${nameOf(route)} routes ${host} itself`;
}

/** The user's Gateway that shows the certificate of a Secret at this port of the gateway, for people. */
export function credentialTaker(access: ResolvedExternalAccess, port: number, secret: string): string | undefined {
  const found = foreignServers(access, port).find(({ credentials }) => credentials.includes(secret));
  return found === undefined ? undefined : nameOf(found.gateway);
}

function foreignServers(access: ResolvedExternalAccess, port: number): readonly ForeignServer[] {
  return [...ofIstio(access, port), ...ofGatewayApi(access, port)];
}

function ofIstio({ facts, cluster }: ResolvedExternalAccess, port: number): readonly ForeignServer[] {
  return foreignGateways(cluster.spec.ingressGateway.selector, facts).flatMap((gateway) =>
    (gateway.spec.servers ?? []).flatMap(({ hosts = [], port: theirs, bind, tls }) =>
      theirs?.number !== port || bind !== undefined
        ? []
        : [
            {
              gateway,
              protocol: theirs.protocol ?? "",
              hosts: hosts.map((pattern) => pattern.slice(pattern.indexOf("/") + 1)),
              credentials: [tls?.credentialName ?? [], tls?.credentialNames ?? []].flat(),
            },
          ],
    ),
  );
}

/**
 * Listeners that istiod puts on our gateway's proxies: those of a Gateway in the namespace of a Service before them that
 * names this Service as its address, or whose own Service it is.
 * istio/pilot/pkg/model/push_context.go, mergeGateways; config/kube/gateway/conversion.go, extractGatewayServices
 */
function ofGatewayApi({ facts, cluster }: ResolvedExternalAccess, port: number): readonly ForeignServer[] {
  const { namespace } = cluster.spec.ingressGateway;
  const own = new Set(gatewayServiceNames(facts, { ...cluster.spec.ingressGateway, port }));
  return facts
    .all("ApiGateway")
    .filter((gateway) => !isNamedAsOurs(gateway) && gateway.metadata.namespace === namespace)
    .filter((gateway) => servicesOfGateway(facts, gateway).some((name) => own.has(name)))
    .flatMap((gateway) =>
      (gateway.spec.listeners ?? [])
        .filter((listener) => listener.port === port)
        .map(({ protocol, hostname = "*", tls }) => ({
          gateway,
          protocol,
          hosts: [hostname],
          credentials: (tls?.certificateRefs ?? [])
            .filter(({ namespace: where = namespace }) => where === namespace)
            .map(({ name }) => name),
        })),
    );
}

/** The user's routes for exactly this host on one of these gateways, of which none is left for ours. */
function routeOf(
  { facts }: ResolvedExternalAccess,
  host: string,
  gateways: ReadonlySet<KubeObject>,
): KubeObject | undefined {
  const istio = new Set<string>();
  const api = new Set<string>();
  for (const { apiVersion, metadata } of gateways) {
    const names = apiVersion.startsWith("networking.istio.io/") ? istio : api;
    names.add(`${metadata.namespace}/${metadata.name}`);
  }
  const inNamespace = (name: string, object: KubeObject) =>
    name.includes("/") ? name : `${object.metadata.namespace}/${name}`;
  return (
    facts
      .all("VirtualService")
      .find(
        (object) =>
          !isNamedAsOurs(object) &&
          (object.spec.hosts ?? []).includes(host) &&
          (object.spec.gateways ?? []).some((name) => istio.has(inNamespace(name, object))) &&
          (object.spec.http ?? []).some(({ match = [] }) =>
            takesAll(match.map(({ uri, ...rest }) => [uri?.prefix, rest])),
          ),
      ) ??
    facts.apiRoutes.find(
      (object) =>
        !isNamedAsOurs(object) &&
        object.kind === "HTTPRoute" &&
        (object.spec?.hostnames ?? []).includes(host) &&
        (object.spec?.parentRefs ?? []).some(
          ({ kind = "Gateway", name, namespace = object.metadata.namespace }) =>
            kind === "Gateway" && api.has(`${namespace}/${name}`),
        ) &&
        (object.spec?.rules ?? []).some(({ matches = [] }) =>
          takesAll(matches.map(({ path, ...rest }) => [path?.type === "Exact" ? undefined : path?.value, rest])),
        ),
    )
  );
}

/** No condition, or none but the prefix that every path has. */
function takesAll(matches: readonly (readonly [prefix: string | undefined, rest: object])[]): boolean {
  return matches.length === 0 || matches.some(([prefix, rest]) => prefix === "/" && Object.keys(rest).length === 0);
}

function nameOf({ kind, metadata }: KubeObject): string {
  return `${kind} ${metadata.namespace}/${metadata.name}`;
}

function protocolFamily(written: string): "TLS" | "HTTP" | "other" {
  const protocol = parseProtocol(written);
  if (isTls(protocol)) return "TLS";
  return isHttp(protocol) ? "HTTP" : "other";
}
