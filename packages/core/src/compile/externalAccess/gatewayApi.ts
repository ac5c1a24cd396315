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
import { type Entrance, type EntrancePort, entrancePorts } from "./resolveExternalAccess.ts";

/**
 * An entrance as Gateway API objects, in place of Istio's: for each port a Gateway on the gateway that is there already, and a
 * route. False where they cannot say the same; then Istio's are written, and a warning says why.
 * All that the CRDs give a default is written out: lists are compared as a whole.
 */
export function compileRoutes(entrance: Entrance, { mesh, emit, report }: CompileContext): boolean {
  const { intent, facts } = entrance;
  const services = servicesOf(entrance);
  const obstacle = services.length === 0 ? "its ingress gateway has no Service" : obstacleOf(entrance);
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
    value: serviceHost(service, entrance.cluster.spec.ingressGateway.namespace, mesh.spec),
  }));
  for (const entry of entrancePorts(intent, entrance.cluster)) {
    emit(facts.name, gateway(entrance, entry, addresses), route(entrance, entry));
  }
  return true;
}

function servicesOf({ intent, cluster, facts }: Entrance): readonly string[] {
  const names = entrancePorts(intent, cluster).flatMap(({ port }) =>
    gatewayServiceNames(facts, { ...cluster.spec.ingressGateway, port }),
  );
  return [...new Set(names)].sort();
}

/** What this istiod cannot take from Gateway API objects. istio/pilot/pkg/config/kube/gateway/conversion.go, buildTLS */
function obstacleOf({ intent, facts }: Entrance): string | undefined {
  const { tls, jwt } = intent.spec;
  if (tls.clients !== undefined) return "the Gateway API cannot narrow client certificates to names";
  if (jwt !== undefined) return "the Gateway API cannot ask for tokens";
  const kinds = ["Gateway", tls.mode === "Passthrough" ? "TLSRoute" : "HTTPRoute"];
  const missing = kinds.find((kind) => ["not served", "forbidden"].includes(facts.unread(gatewayApiGroup, kind) ?? ""));
  return missing === undefined ? undefined : `${missing} of ${gatewayApiVersion} cannot be read there`;
}

function objectName({ intent, cluster }: Entrance, { use }: EntrancePort): string {
  const { namespace, selector } = cluster.spec.ingressGateway;
  const place = JSON.stringify(Object.entries(selector).sort());
  return dnsLabel([intent.metadata.namespace, intent.metadata.name, use], [gatewayApiGroup, namespace, place]);
}

function sortedHosts({ intent }: Entrance): readonly string[] {
  return [...intent.spec.hosts].sort();
}

/** Only routes of the Service's namespace may use it. */
function gateway(entrance: Entrance, entry: EntrancePort, addresses: ApiGateway["spec"]["addresses"] = []): ApiGateway {
  const { intent, owner, cluster } = entrance;
  return {
    apiVersion: gatewayApiVersion,
    kind: "Gateway",
    metadata: {
      name: objectName(entrance, entry),
      namespace: cluster.spec.ingressGateway.namespace,
      labels: ownershipLabels(owner, "server"),
    },
    spec: {
      gatewayClassName: "istio",
      addresses,
      listeners: sortedHosts(entrance).map((hostname, index) => ({
        name: `host-${index + 1}`,
        port: entry.port,
        hostname,
        ...security(entrance, entry),
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

function security({ intent }: Entrance, { use }: EntrancePort): Pick<Listener, "protocol" | "tls"> {
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

function route(entrance: Entrance, entry: EntrancePort): HttpRoute | TlsRoute {
  const { intent, owner, cluster, service } = entrance;
  const common = {
    apiVersion: gatewayApiVersion,
    metadata: {
      name: objectName(entrance, entry),
      namespace: intent.metadata.namespace,
      labels: ownershipLabels(owner, "server"),
    },
  };
  const spec = {
    parentRefs: [
      {
        group: gatewayApiGroup,
        kind: "Gateway",
        name: objectName(entrance, entry),
        namespace: cluster.spec.ingressGateway.namespace,
      },
    ],
    hostnames: sortedHosts(entrance),
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
