import { say } from "../../findings/index.ts";
import { gatewayServiceNames, serviceHost } from "../../istio/index.ts";
import {
  type ApiGateway,
  dnsLabel,
  gatewayApiGroup,
  gatewayApiVersion,
  type HttpRoute,
  type Listener,
  ownershipLabels,
  type TlsRoute,
} from "../../kinds/index.ts";
import { at, issuedCredentialName } from "../../model/index.ts";
import type { CompileContext } from "../declaration/compileContext.ts";
import { type IngressPort, ingressPorts, type ResolvedExternalAccess } from "./resolveExternalAccess.ts";

/**
 * An ExternalAccess as Gateway API objects, in place of Istio's: for each port a Gateway on the gateway that is there already, and a
 * route. False where they cannot say the same; then Istio's are written, and a warning says why.
 * All that the CRDs give a default is written out: lists are compared as a whole.
 */
export function compileRoutes(access: ResolvedExternalAccess, { mesh, emit, report }: CompileContext): boolean {
  const { intent, facts } = access;
  const services = servicesOf(access);
  const obstacle = services.length === 0 ? "its ingress gateway has no Service" : obstacleOf(access);
  if (obstacle !== undefined) {
    report.add(
      undefined,
      "EMIT_FALLBACK",
      at(intent),
      say`${{ namespace: intent.metadata.namespace }}/${{ intent: intent.metadata.name }} stays an Istio Gateway and VirtualService in ${{ cluster: facts.name }}: ${{ obstacle }}`,
      "nothing has to be done: clients come in all the same",
    );
    return false;
  }
  const addresses = services.map((service) => ({
    type: "Hostname",
    value: serviceHost(service, access.cluster.spec.ingressGateway.namespace, mesh.spec),
  }));
  for (const entry of ingressPorts(intent, access.cluster)) {
    emit(facts.name, gateway(access, entry, addresses), route(access, entry));
  }
  return true;
}

function servicesOf({ intent, cluster, facts }: ResolvedExternalAccess): readonly string[] {
  const names = ingressPorts(intent, cluster).flatMap(({ port }) =>
    gatewayServiceNames(facts, { ...cluster.spec.ingressGateway, port }),
  );
  return [...new Set(names)].sort();
}

/** What this istiod cannot take from Gateway API objects. istio/pilot/pkg/config/kube/gateway/conversion.go, buildTLS */
function obstacleOf({ intent, facts }: ResolvedExternalAccess): string | undefined {
  const { tls, jwt } = intent.spec;
  if (tls.clients !== undefined) return "the Gateway API cannot narrow client certificates to names";
  if (jwt !== undefined) return "the Gateway API cannot ask for tokens";
  const kinds = ["Gateway", tls.mode === "Passthrough" ? "TLSRoute" : "HTTPRoute"];
  const missing = kinds.find((kind) => ["not served", "forbidden"].includes(facts.unread(gatewayApiGroup, kind) ?? ""));
  return missing === undefined ? undefined : `${missing} of ${gatewayApiVersion} cannot be read there`;
}

function objectName({ intent, cluster }: ResolvedExternalAccess, { use }: IngressPort): string {
  const { namespace, selector } = cluster.spec.ingressGateway;
  const place = JSON.stringify(Object.entries(selector).sort());
  return dnsLabel([intent.metadata.namespace, intent.metadata.name, use], [gatewayApiGroup, namespace, place]);
}

function sortedHosts({ intent }: ResolvedExternalAccess): readonly string[] {
  return [...intent.spec.hosts].sort();
}

/** Only routes of the Service's namespace may use it. */
function gateway(
  access: ResolvedExternalAccess,
  entry: IngressPort,
  addresses: ApiGateway["spec"]["addresses"] = [],
): ApiGateway {
  const { intent, owner, cluster } = access;
  return {
    apiVersion: gatewayApiVersion,
    kind: "Gateway",
    metadata: {
      name: objectName(access, entry),
      namespace: cluster.spec.ingressGateway.namespace,
      labels: ownershipLabels(owner, "server"),
    },
    spec: {
      gatewayClassName: "istio",
      addresses,
      listeners: sortedHosts(access).map((hostname, index) => ({
        name: `host-${index + 1}`,
        port: entry.port,
        hostname,
        ...security(access, entry),
        allowedRoutes: {
          namespaces: {
            from: "Selector",
            selector: { matchLabels: { "kubernetes.io/metadata.name": intent.metadata.namespace } },
          },
        },
      })),
    },
  };
}

function security({ intent }: ResolvedExternalAccess, { use }: IngressPort): Pick<Listener, "protocol" | "tls"> {
  const { mode, credential } = intent.spec.tls;
  switch (use) {
    case "http":
    case "redirect":
      return { protocol: "HTTP" };
    case "passthrough":
      return { protocol: "TLS", tls: { mode: "Passthrough" } };
    case "https":
      return {
        protocol: "HTTPS",
        tls: {
          mode: "Terminate",
          certificateRefs: [{ group: "", kind: "Secret", name: credential?.secret ?? issuedCredentialName(intent) }],
          // istio/pilot/pkg/config/kube/gatewaycommon, GatewayTLSTerminateModeKey
          ...(mode === "Mutual" ? { options: { "gateway.istio.io/tls-terminate-mode": "MUTUAL" } } : {}),
        },
      };
  }
}

function route(access: ResolvedExternalAccess, entry: IngressPort): HttpRoute | TlsRoute {
  const { intent, owner, cluster, service } = access;
  const common = {
    apiVersion: gatewayApiVersion,
    metadata: {
      name: objectName(access, entry),
      namespace: intent.metadata.namespace,
      labels: ownershipLabels(owner, "server"),
    },
  };
  const spec = {
    parentRefs: [
      {
        group: gatewayApiGroup,
        kind: "Gateway",
        name: objectName(access, entry),
        namespace: cluster.spec.ingressGateway.namespace,
      },
    ],
    hostnames: sortedHosts(access),
  };
  const backendRefs = [{ group: "", kind: "Service", name: service, port: intent.spec.port, weight: 1 }];
  if (entry.use === "passthrough") return { ...common, kind: "TLSRoute", spec: { ...spec, rules: [{ backendRefs }] } };
  const matches = [{ path: { type: "PathPrefix", value: "/" } }];
  const redirect = { type: "RequestRedirect", requestRedirect: { scheme: "https", statusCode: 301 } };
  return {
    ...common,
    kind: "HTTPRoute",
    spec: { ...spec, rules: [entry.use === "redirect" ? { matches, filters: [redirect] } : { matches, backendRefs }] },
  };
}
