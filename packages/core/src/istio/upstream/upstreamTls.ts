import type { ClientTls, TrafficPolicy } from "../../kinds/index.ts";
import type { ProxyTls, Transport } from "../connection.ts";
import { parseHostPort } from "../hostPort.ts";
import type { IstioCluster } from "../istioCluster.ts";
import { memoisedBy } from "../memoised.ts";
import { mutualTlsMode } from "../policy/peerAuthentication.ts";
import { withAliases } from "../policy/trustDomains.ts";
import { endpointsOf, type MeshEndpoint } from "../registry/endpoints.ts";
import type { MeshPort, MeshService } from "../registry/meshService.ts";
import { isHttp2 } from "../registry/protocol.ts";
import type { MergedRule } from "../scope/destinationRules.ts";
import { passthroughSni } from "../sni.ts";
import { spiffeId } from "../spiffeId.ts";
import type { Workload } from "../workload.ts";

/** An upstream cluster of a proxy: a host's port, and maybe a subset of it. */
export interface Upstream {
  readonly cluster: IstioCluster;
  readonly proxy: Workload;
  readonly service: MeshService;
  readonly port: MeshPort;
  readonly subset: string | undefined;
  readonly rule: MergedRule | undefined;
  readonly policy: TrafficPolicy;
  /** The proxy dials what the client dialled. */
  readonly isOriginalDestination: boolean;
}

/**
 * TLS to one endpoint: as the rule says, else by itself to what takes mutual TLS (auto mTLS).
 * pilot/pkg/networking/core/cluster_tls.go, buildUpstreamTLSSettings. `authority` is the request's host, where it is HTTP.
 */
export function upstreamTls(
  upstream: Upstream,
  endpoint: MeshEndpoint | undefined,
  authority: string | undefined,
): Transport {
  const { tls } = upstream.policy;
  if (tls !== undefined) return asTold(upstream, tls, authority);
  return isAutomatic(upstream, endpoint) ? istioMutual(upstream, {}) : { mode: "none" };
}

function asTold(upstream: Upstream, tls: ClientTls, authority: string | undefined): Transport {
  switch (tls.mode ?? "DISABLE") {
    case "DISABLE":
      return { mode: "none" };
    case "ISTIO_MUTUAL":
      return istioMutual(upstream, tls);
    default:
      return originated(upstream, tls, authority);
  }
}

function istioMutual(upstream: Upstream, tls: ClientTls): ProxyTls {
  const { cluster, proxy, service, port, subset } = upstream;
  const own = tls.subjectAltNames ?? [];
  const isH2 = isHttp2(port.protocol) || upstream.policy.connectionPool?.http?.h2UpgradePolicy === "UPGRADE";
  return {
    mode: "ISTIO_MUTUAL",
    sni: tls.sni === undefined || tls.sni === "" ? passthroughSni(service.host, port.number, subset) : tls.sni,
    alpn: isH2 ? ["istio", "h2"] : ["istio"],
    clientIdentity: spiffeId(cluster.settings.trustDomain, proxy.namespace, proxy.serviceAccount),
    acceptedSubjectAltNames: own.length > 0 ? own : knownIdentities(cluster, service),
    trusts: "mesh",
  };
}

/** What istiod knows of the servers, in all trust domains that are one (push_context.go, addServiceAccounts). */
const knownIdentities = memoisedBy((cluster: IstioCluster, service: MeshService): readonly string[] => {
  const found = service.ports.flatMap((port) =>
    endpointsOf(cluster, service, port).endpoints.flatMap(({ identity }) => identity ?? []),
  );
  const all = [...service.subjectAltNames, ...found];
  return [...new Set(all.flatMap((identity) => withAliases(identity, cluster.settings)))].sort();
});

/** SIMPLE and MUTUAL: constructUpstreamTLS. */
function originated(upstream: Upstream, tls: ClientTls, authority: string | undefined): Transport {
  const { proxy, rule, service, port } = upstream;
  const isMutual = tls.mode === "MUTUAL";
  const credential = tls.credentialName ?? "";
  // A sidecar fetches no Secret for a rule that holds for all workloads: its traffic stays plain.
  const isIgnored = credential !== "" && !credential.startsWith("configmap://") && rule?.selector === undefined;
  if (isIgnored && proxy.proxy === "sidecar") return { mode: "none" };
  const hasFiles = (tls.clientCertificate ?? "") !== "" && (tls.privateKey ?? "") !== "";
  // istiod logs an error and leaves TLS out.
  if (isMutual && credential === "" && !hasFiles) return { mode: "none" };
  const sni = tls.sni ?? "";
  const given = tls.subjectAltNames ?? [];
  const names = given.length === 0 && !service.isKubernetes ? service.subjectAltNames : given;
  const verifies = tls.insecureSkipVerify !== true;
  const host = authority === undefined ? undefined : parseHostPort(authority).host;
  const own = tls.caCertificates === undefined || tls.caCertificates === "" ? "system" : tls.caCertificates;
  return {
    mode: isMutual ? "MUTUAL" : "SIMPLE",
    // Envoy takes both from the request where the rule does not say (setAutoSniAndAutoSanValidation).
    sni: sni === "" ? (host ?? "") : sni,
    alpn: isHttp2(port.protocol) ? ["h2"] : [],
    ...(isMutual && { clientCertificate: credential === "" ? (tls.clientCertificate ?? "") : credential }),
    acceptedSubjectAltNames: !verifies ? [] : names.length === 0 && sni === "" && host !== undefined ? [host] : names,
    trusts: !verifies ? "nobody" : credential !== "" || own !== "system" ? "file" : "system",
  };
}

/**
 * Whether mutual TLS is spoken though no rule says so: not outside the mesh, not where it is turned off, and only to
 * endpoints that are marked as mTLS (endpoints/mtls_checker.go; push_context.go, BestEffortInferServiceMTLSMode).
 */
function isAutomatic(upstream: Upstream, endpoint: MeshEndpoint | undefined): boolean {
  const { cluster, service, port, isOriginalDestination } = upstream;
  if (service.isExternal || !cluster.settings.enableAutoMtls) return false;
  if (mutualTlsMode(cluster, { namespace: service.namespace, labels: {} }, port.number).mode === "DISABLE")
    return false;
  if (isOriginalDestination) {
    const { endpoints } = endpointsOf(cluster, service, port);
    return endpoints.length > 0 && endpoints.every(({ tlsMode }) => tlsMode !== "disabled");
  }
  return endpoint !== undefined && takesMutualTls(upstream, endpoint);
}

/** The mode of the rule itself counts here even where a port's settings leave TLS out. */
function takesMutualTls({ cluster, rule, port, subset }: Upstream, endpoint: MeshEndpoint): boolean {
  if (endpoint.tlsMode !== "istio") return false;
  const told = modeOfRule(rule, subset, port.number);
  if (told !== undefined) return told === "ISTIO_MUTUAL";
  const { namespace, labels } = endpoint;
  return mutualTlsMode(cluster, { namespace, labels }, endpoint.port).mode !== "DISABLE";
}

function modeOfRule(
  rule: MergedRule | undefined,
  subset: string | undefined,
  port: number,
): ClientTls["mode"] | undefined {
  const modeIn = (policy: TrafficPolicy | undefined) =>
    policy?.portLevelSettings?.find((each) => each.port?.number === port && each.tls !== undefined)?.tls?.mode ??
    policy?.tls?.mode;
  if (subset === undefined) return modeIn(rule?.trafficPolicy);
  const found = rule?.subsets.find((each) => each.subset.name === subset);
  return found === undefined ? undefined : (modeIn(found.subset.trafficPolicy) ?? modeIn(rule?.trafficPolicy));
}
