import { say } from "../../findings/index.ts";
import { exportToAnnotation, type IstioCluster, isVisible } from "../../istio/index.ts";
import { declaredProtocol, isHttp, registeredService } from "../../istio/registry/index.ts";
import { isNamedAsOurs, ownerName, type Service, type ServicePort } from "../../kinds/index.ts";
import { at, type ExternalAccess, type MeshCluster, selectClusters } from "../../model/index.ts";
import { isDiscovered } from "../declaration/checkDiscovery.ts";
import type { Surroundings } from "../declaration/compileContext.ts";
import { meantNamespace, meantService } from "../declaration/meantName.ts";
import type { Report } from "../declaration/report.ts";
import { resolveGateway } from "../declaration/resolveGateway.ts";
import { unreadableService } from "../declaration/unreadableService.ts";

/** An ExternalAccess in one cluster, with everything that it needs there. */
export interface ResolvedExternalAccess {
  readonly intent: ExternalAccess;
  readonly owner: string;
  readonly cluster: MeshCluster;
  readonly facts: IstioCluster;
  readonly service: string;
}

/** The clusters where an ExternalAccess can be let in; those that cannot be read wait by themselves. */
export function resolveExternalAccess(
  intent: ExternalAccess,
  { intents, facts: allFacts, report }: Surroundings,
): readonly ResolvedExternalAccess[] {
  const owner = ownerName(intent.kind, intent.metadata.namespace, intent.metadata.name);
  const service = intent.spec.service ?? intent.metadata.name;
  return selectClusters(intent.spec.clusters, intents.clusters).flatMap((cluster) => {
    const facts = allFacts.get(cluster.metadata.name);
    if (facts === undefined) return [];
    const access = { intent, owner, cluster, facts, service };
    const usable = [serviceIsThere(access, report), gatewayIsThere(access, report)].every((fine) => fine);
    return usable ? [access] : [];
  });
}

function serviceIsThere(access: ResolvedExternalAccess, report: Report): boolean {
  const { intent, owner, cluster, facts, service: name } = access;
  const { namespace } = intent.metadata;
  const place = at(intent, "spec", intent.spec.service === undefined ? "clusters" : "service");
  if (!facts.namespaces.has(namespace)) {
    const meant = meantNamespace(facts, namespace);
    report.add(
      owner,
      "NAMESPACE_MISSING",
      at(intent, "spec", "clusters"),
      say`${{ cluster: facts.name }} has no namespace ${{ namespace }}`,
      meant === undefined ? "correct spec.clusters or metadata.namespace" : say`did you mean ${{ meant }}?`,
    );
    return false;
  }
  const service = facts.service(namespace, name);
  if (service === undefined && unreadableService({ owner, facts, namespace, name }, report)) return false;
  // What we imported there ourselves serves nobody.
  if (service === undefined || isNamedAsOurs(service)) {
    const meant = meantService(facts, namespace, name);
    report.add(
      owner,
      "SERVICE_MISSING",
      place,
      say`${{ cluster: facts.name }} has no Service ${{ namespace }}/${{ name }}`,
      meant !== undefined
        ? say`did you mean ${{ meant }}?`
        : say`look at \`kubectl --context ${{ cluster: facts.name }} -n ${{ namespace }} get services\`, or correct spec.clusters`,
    );
    return false;
  }
  if (service.spec.type === "ExternalName") {
    report.add(
      owner,
      "SERVICE_UNSUPPORTED",
      place,
      say`${{ service: { cluster: facts.name, kind: "Service", namespace: namespace, name: name } }} in ${{ cluster: facts.name }} is only another name of ${service.spec.externalName ?? "a host"}`,
      "name a Service that has endpoints of its own",
    );
    return false;
  }
  if (!isDiscovered(owner, { facts, namespace, what: `Service ${namespace}/${name}`, place }, report)) return false;
  const gateway = cluster.spec.ingressGateway.namespace;
  if (!isVisible(registeredService(facts, service), gateway)) {
    report.add(
      owner,
      "SERVICE_HIDDEN",
      place,
      say`${{ service: { cluster: facts.name, kind: "Service", namespace: namespace, name: name } }} in ${{ cluster: facts.name }} is not exported to namespace ${{ gateway }}, where the ingress gateway runs`,
      say`annotate the Service with ${{ exportToAnnotation }}: ".,${{ gateway }}"`,
    );
    return false;
  }
  warnOfOtherNodes(access, service, report);
  return portFits(intent, { owner, service, cluster: facts.name }, report);
}

/** A gateway pod reaches only pods of its own node then. istio/pilot/pkg/xds/endpoints/endpoint_builder.go, filterIstioEndpoint */
function warnOfOtherNodes(
  { intent, cluster, facts }: ResolvedExternalAccess,
  { metadata, spec }: Service,
  report: Report,
): void {
  if (spec.internalTrafficPolicy !== "Local") return;
  const { namespace, selector } = cluster.spec.ingressGateway;
  const nodes = new Set(facts.select(metadata.namespace ?? "default", spec.selector ?? {}).map(({ node }) => node));
  const gateways = facts.select(namespace, selector);
  if (gateways.length > 0 && gateways.every(({ node }) => node !== undefined && nodes.has(node))) return;
  report.add(
    undefined,
    "SERVICE_NODE_LOCAL",
    at(intent, "spec", intent.spec.service === undefined ? "clusters" : "service"),
    say`${{ service: { cluster: facts.name, kind: "Service", namespace: metadata.namespace, name: metadata.name } }} in ${{ cluster: facts.name }} has internalTrafficPolicy: Local, so each pod of the ingress gateway reaches only the pods of its own node, and not every one has some there`,
    "remove that from the Service, or name a second Service without it",
  );
}

function portFits(
  intent: ExternalAccess,
  { owner, service, cluster }: { readonly owner: string; readonly service: Service; readonly cluster: string },
  report: Report,
): boolean {
  const place = at(intent, "spec", "port");
  const name = `${intent.metadata.namespace}/${service.metadata.name}`;
  const available = service.spec.ports ?? [];
  const port = available.find((candidate) => candidate.port === intent.spec.port);
  if (port === undefined) {
    report.add(
      owner,
      "PORT_MISSING",
      place,
      say`Service ${{ name }} in ${{ cluster }} has no port ${{ port: intent.spec.port }}`,
      say`it has ${{ available: available.map((each) => each.port) }}`,
    );
    return false;
  }
  const unfit = unfitProtocol(port, intent.spec.tls.mode);
  if (unfit === undefined) return true;
  report.add(
    owner,
    "PORT_UNSUPPORTED",
    place,
    say`port ${{ port: port.port }} of Service ${{ name }} in ${{ cluster }} is ${{ unfit }}, which tls.mode ${{ mode: intent.spec.tls.mode }} cannot let in`,
    unfit === "UDP" || unfit === "SCTP"
      ? "name a TCP port"
      : intent.spec.tls.mode === "Passthrough"
        ? "name a port whose workload ends TLS itself, or set tls.mode: Simple"
        : "name an HTTP port; a workload that ends TLS itself takes tls.mode: Passthrough",
  );
  return false;
}

/** The gateway reads HTTP, or with Passthrough only the SNI. Where Istio sniffs the protocol, both may be. */
function unfitProtocol(port: ServicePort, mode: ExternalAccess["spec"]["tls"]["mode"]): string | undefined {
  const protocol = declaredProtocol(port);
  if (protocol === undefined) return undefined;
  if (protocol === "UDP" || protocol === "SCTP") return protocol;
  return isHttp(protocol) === (mode === "Passthrough") ? protocol : undefined;
}

function gatewayIsThere({ intent, owner, cluster, facts }: ResolvedExternalAccess, report: Report): boolean {
  const { namespace } = cluster.spec.ingressGateway;
  if (!facts.namespaces.has(namespace)) {
    report.add(
      owner,
      "NAMESPACE_MISSING",
      at(cluster, "spec", "ingressGateway", "namespace"),
      say`${{ cluster: facts.name }} has no namespace ${{ namespace }}`,
      "name the namespace of the gateway's Service",
    );
    return false;
  }
  return ingressPorts(intent, cluster).every(
    ({ port }) => resolveGateway(owner, { cluster, facts, use: "ingressGateway", port }, report) !== undefined,
  );
}

/** A port of the gateway's Service that an ExternalAccess takes clients in on. */
export interface IngressPort {
  readonly port: number;
  /** `redirect` and `http` are plain text. */
  readonly use: "https" | "passthrough" | "http" | "redirect";
}

export function ingressPorts({ spec: { tls } }: ExternalAccess, cluster: MeshCluster): readonly IngressPort[] {
  const { port, httpPort } = cluster.spec.ingressGateway;
  switch (tls.mode) {
    case "None":
      return [{ port: httpPort, use: "http" }];
    case "Passthrough":
      return [{ port, use: "passthrough" }];
    case "Mutual":
    case "Simple":
      return [{ port, use: "https" }, ...(tls.httpsRedirect ? [{ port: httpPort, use: "redirect" } as const] : [])];
  }
}
