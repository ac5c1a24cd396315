import { serviceHost } from "../../istio/index.ts";
import {
  dnsLabel,
  type Gateway,
  networkingApiVersion,
  ownershipLabels,
  type VirtualService,
} from "../../kinds/index.ts";
import { issuedCredentialName, type Mesh } from "../../model/index.ts";
import { type IngressPort, ingressPorts, type ResolvedExternalAccess } from "./resolveExternalAccess.ts";

type GatewayServer = NonNullable<Gateway["spec"]["servers"]>[number];

/**
 * One Gateway for each declaration, in the gateway's own namespace, which is where it may read the credential
 * (recipes, section 7). Port names are unique within a Gateway; between Gateways istiod tells servers apart by its name.
 * istio/pilot/pkg/model/gateway.go, gatewayRDSRouteName
 */
export function externalAccessGateway(access: ResolvedExternalAccess): Gateway {
  const { intent, owner, cluster } = access;
  const { namespace, selector } = cluster.spec.ingressGateway;
  return {
    apiVersion: networkingApiVersion,
    kind: "Gateway",
    metadata: { name: objectName(access), namespace, labels: ownershipLabels(owner, "server") },
    spec: {
      selector: { ...selector },
      servers: ingressPorts(intent, cluster).map((entry) => gatewayServer(access, entry)),
    },
  };
}

/** Only VirtualServices of the Service's namespace may route the hosts. */
function gatewayServer({ intent }: ResolvedExternalAccess, { port, use }: IngressPort): GatewayServer {
  const hosts = [...intent.spec.hosts].sort().map((host) => `${intent.metadata.namespace}/${host}`);
  const { mode, credential, clients } = intent.spec.tls;
  switch (use) {
    case "http":
      return { port: { number: port, name: "http", protocol: "HTTP" }, hosts };
    case "redirect":
      return { port: { number: port, name: "http", protocol: "HTTP" }, tls: { httpsRedirect: true }, hosts };
    case "passthrough":
      return { port: { number: port, name: "tls", protocol: "TLS" }, tls: { mode: "PASSTHROUGH" }, hosts };
    case "https":
      return {
        port: { number: port, name: "https", protocol: "HTTPS" },
        tls: {
          mode: mode === "Mutual" ? "MUTUAL" : "SIMPLE",
          ...(credential === undefined ? {} : { credentialName: credential.secret ?? issuedCredentialName(intent) }),
          ...(clients === undefined ? {} : { subjectAltNames: [...clients.subjectAltNames].sort() }),
        },
        hosts,
      };
  }
}

/** Leads what comes in by that Gateway, and nothing else, to the Service. */
export function externalAccessVirtualService(
  access: ResolvedExternalAccess,
  gateway: Gateway,
  mesh: Mesh,
): VirtualService {
  const { intent, owner, cluster, service } = access;
  const { namespace } = intent.metadata;
  const { port, tls } = intent.spec;
  const hosts = [...intent.spec.hosts].sort();
  const route = [{ destination: { host: serviceHost(service, namespace, mesh.spec), port: { number: port } } }];
  return {
    apiVersion: networkingApiVersion,
    kind: "VirtualService",
    metadata: { name: objectName(access), namespace, labels: ownershipLabels(owner, "server") },
    spec: {
      hosts,
      gateways: [`${gateway.metadata.namespace}/${gateway.metadata.name}`],
      exportTo: [cluster.spec.ingressGateway.namespace],
      ...(tls.mode === "Passthrough"
        ? { tls: [{ match: [{ port: cluster.spec.ingressGateway.port, sniHosts: hosts }], route }] }
        : { http: [{ route }] }),
    },
  };
}

function objectName({ intent, cluster }: ResolvedExternalAccess): string {
  const { namespace, selector } = cluster.spec.ingressGateway;
  return dnsLabel(
    [intent.metadata.namespace, intent.metadata.name],
    ["ExternalAccess", namespace, JSON.stringify(Object.entries(selector).sort())],
  );
}
