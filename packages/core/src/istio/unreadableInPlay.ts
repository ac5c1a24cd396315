import type { UnreadableObject } from "../shape/index.ts";
import { hostsOverlap } from "./hostNames.ts";
import type { IstioCluster } from "./istioCluster.ts";
import { labelsMatch } from "./labels.ts";

/** What a request touches in one cluster. */
export interface Passage {
  readonly cluster: IstioCluster;
  /** Of the proxies, Services and other objects on its way. */
  readonly namespaces: ReadonlySet<string>;
  /** Names that it is for. */
  readonly hosts: readonly string[];
  /** Whether it passes one of the cluster's gateways. */
  readonly isAtGateway: boolean;
  /** Whether a TCP listener of any host may take it. */
  readonly isTcp: boolean;
}

/** What may decide what becomes of the request and cannot be read: rather one too many than one too few. */
export function unreadableInPlay(passage: Passage): readonly UnreadableObject[] {
  return passage.cluster.unreadable.filter((each) => isInPlay(each, passage));
}

function isInPlay(object: UnreadableObject, passage: Passage): boolean {
  const { cluster, hosts, isAtGateway, isTcp } = passage;
  switch (object.kind) {
    // For the proxies of their namespace; in the root namespace for all.
    case "AuthorizationPolicy":
    case "PeerAuthentication":
    case "RequestAuthentication":
    case "Sidecar":
    case "EnvoyFilter":
    case "WasmPlugin":
    case "ProxyConfig":
      return isTouched(object.namespace, passage) || object.namespace === cluster.settings.rootNamespace;
    // For whoever calls the hosts, from any namespace.
    case "VirtualService":
    case "DestinationRule":
      return isTouched(object.namespace, passage) || isAbout(object, hosts);
    case "ServiceEntry":
      return isTcp || isTouched(object.namespace, passage) || isAbout(object, hosts);
    case "Service":
      return isTcp || isTouched(object.namespace, passage) || isNamed(object, hosts);
    case "Gateway":
      return isAtGateway && isForSomeGateway(object, cluster);
    case "HTTPRoute":
    case "GRPCRoute":
    case "TLSRoute":
    case "TCPRoute":
    case "ReferenceGrant":
      return isAtGateway || isTouched(object.namespace, passage);
    case "Namespace":
      return isTouched(object.name, passage);
    case "ServiceImport":
    case "ServiceExport":
      return object.isMissing === true ? hosts.some(isOfClusterSet) : isNamed(object, hosts);
    // Its addresses and region: what they lead to is asked by address.
    case "Node":
      return isAtGateway;
    default:
      return isTouched(object.namespace, passage);
  }
}

function isTouched(namespace: string | undefined, { namespaces }: Passage): boolean {
  return namespace === undefined || namespaces.has(namespace);
}

/** A short name is completed by a namespace and the cluster's domain, so that it is the beginning of what is called. */
function isAbout({ hosts }: UnreadableObject, called: readonly string[]): boolean {
  return (
    hosts === undefined ||
    hosts.some((host) =>
      called.some((name) => hostsOverlap(host, name) || beginsWith(name, host) || beginsWith(host, name)),
    )
  );
}

function isNamed({ name, namespace }: UnreadableObject, called: readonly string[]): boolean {
  return (
    name === undefined || namespace === undefined || called.some((host) => beginsWith(host, `${name}.${namespace}`))
  );
}

function isOfClusterSet(host: string): boolean {
  return host.endsWith(".clusterset.local");
}

function beginsWith(host: string, part: string): boolean {
  return host.startsWith(`${part}.`) || host === part;
}

function isForSomeGateway({ group, selector }: UnreadableObject, cluster: IstioCluster): boolean {
  if (group !== "networking.istio.io" || selector === undefined) return true;
  return cluster.workloads.some(({ proxy, labels }) => proxy === "gateway" && labelsMatch(selector, labels));
}
