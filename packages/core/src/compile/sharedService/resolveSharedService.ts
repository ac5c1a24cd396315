import { say } from "../../findings/index.ts";
import type { IstioCluster } from "../../istio/index.ts";
import { type DeclaredProtocol, declaredProtocol, workloadsBehind } from "../../istio/registry/index.ts";
import { isNamedAsOurs, ownerName, type Service, type ServicePort } from "../../kinds/index.ts";
import { at, type MeshCluster, type SharedService, selectClusters } from "../../model/index.ts";
import { isDiscovered } from "../declaration/checkDiscovery.ts";
import type { Surroundings } from "../declaration/compileContext.ts";
import { meantService } from "../declaration/meantName.ts";
import type { Report } from "../declaration/report.ts";
import { resolveConsumers } from "../declaration/resolveConsumers.ts";
import { resolveGateway } from "../declaration/resolveGateway.ts";
import { unreadableService } from "../declaration/unreadableService.ts";
import type { ResolvedService, Server, SharedPort } from "./resolvedService.ts";

/**
 * What a SharedService means in the clusters as observed. Serving clusters that cannot be used are left out and reported,
 * and hold the owner; consuming clusters that cannot be read wait by themselves.
 */
export function resolveSharedService(intent: SharedService, surroundings: Surroundings): ResolvedService {
  const { intents } = surroundings;
  const owner = ownerName(intent.kind, intent.metadata.namespace, intent.metadata.name);
  const service = intent.spec.service ?? intent.metadata.name;
  const servers = selectClusters(intent.spec.servedBy, intents.clusters).flatMap(
    (cluster) => resolveServer(intent, { owner, service, cluster }, surroundings) ?? [],
  );
  return {
    intent,
    owner,
    namespace: intent.metadata.namespace,
    service,
    servers,
    consumers: resolveConsumers(intent, surroundings),
  };
}

export interface Candidate {
  readonly owner: string;
  readonly service: string;
  readonly cluster: MeshCluster;
}

export function resolveServer(
  intent: SharedService,
  { owner, service: name, cluster }: Candidate,
  { observed, facts: allFacts, report }: Surroundings,
): Server | undefined {
  const clusterName = cluster.metadata.name;
  const facts = allFacts.get(clusterName);
  if (facts === undefined) {
    const why = observed.unreachable.get(clusterName);
    report.hold(owner, why === undefined ? `${clusterName} is not observed` : why.message);
    return undefined;
  }
  const service = facts.service(intent.metadata.namespace, name);
  if (service === undefined && unreadableService({ owner, facts, namespace: intent.metadata.namespace, name }, report))
    return undefined;
  // What we imported there ourselves serves nobody.
  if (service === undefined || isNamedAsOurs(service)) {
    const meant = meantService(facts, intent.metadata.namespace, name);
    report.add(
      owner,
      "SERVICE_MISSING",
      at(intent, "spec", intent.spec.service === undefined ? "servedBy" : "service"),
      say`${{ clusterName }} has no Service ${{ namespace: intent.metadata.namespace }}/${{ name }}`,
      meant !== undefined
        ? say`did you mean ${{ meant }}?`
        : say`look at \`kubectl --context ${{ clusterName }} -n ${{ namespace: intent.metadata.namespace }} get services\`, or correct spec.servedBy`,
    );
    return undefined;
  }
  if (service.spec.type === "ExternalName" || Object.keys(service.spec.selector ?? {}).length === 0) {
    report.add(
      owner,
      "SERVICE_UNSUPPORTED",
      at(intent, "spec", "servedBy"),
      say`${{ service: { cluster: clusterName, kind: "Service", namespace: intent.metadata.namespace, name: name } }} in ${{ clusterName }} selects no pods`,
      "share a Service with a selector; for a destination outside the mesh declare an ExternalService",
    );
    return undefined;
  }
  const place = at(intent, "spec", intent.spec.service === undefined ? "servedBy" : "service");
  const what = `Service ${intent.metadata.namespace}/${name}`;
  if (!isDiscovered(owner, { facts, namespace: intent.metadata.namespace, what, place }, report)) return undefined;
  const ports = sharedPorts(intent, owner, service, clusterName, report);
  const serviceAccounts = resolveWorkloads(intent, owner, service, facts, report);
  const gateways = resolveGateway(owner, { cluster, facts, use: "eastWestGateway" }, report);
  if (ports.length === 0 || serviceAccounts === undefined || gateways === undefined) return undefined;
  return { cluster, facts, service, ports, serviceAccounts, gateways };
}

function sharedPorts(
  intent: SharedService,
  owner: string,
  service: Service,
  cluster: string,
  report: Report,
): readonly SharedPort[] {
  const available = service.spec.ports ?? [];
  const wanted = intent.spec.ports;
  wanted?.forEach((number, index) => {
    if (available.some((port) => port.port === number)) return;
    report.add(
      owner,
      "PORT_MISSING",
      at(intent, "spec", "ports", index),
      say`${{ service: { cluster: cluster, kind: "Service", namespace: intent.metadata.namespace, name: service.metadata.name } }} in ${{ cluster }} has no port ${{ number }}`,
      say`it has ${{ available: available.map(({ port }) => port) }}`,
    );
  });
  const chosen = available.filter(({ port }) => wanted === undefined || wanted.includes(port));
  return chosen.flatMap((port) => {
    const protocol = declaredProtocol(port);
    if (protocol !== "UDP" && protocol !== "SCTP") return [sharedPort(port, protocol)];
    const explicit = wanted !== undefined || chosen.length === 1;
    report.add(
      owner,
      explicit ? "PORT_UNSUPPORTED" : "PORT_LEFT_OUT",
      explicit && wanted !== undefined ? at(intent, "spec", "ports", wanted.indexOf(port.port)) : at(intent),
      say`port ${{ port: port.port }} of ${{ namespace: intent.metadata.namespace }}/${{ service: service.metadata.name }} in ${{ cluster }} is ${{ protocol }}, which no sidecar carries`,
      "list the TCP ports to share in spec.ports",
    );
    return [];
  });
}

function sharedPort(port: ServicePort, protocol: DeclaredProtocol | undefined): SharedPort {
  return { name: port.name ?? `port-${port.port}`, number: port.port, protocol, appProtocol: port.appProtocol };
}

/** The service accounts behind the Service, sorted. */
function resolveWorkloads(
  intent: SharedService,
  owner: string,
  service: Service,
  facts: IstioCluster,
  report: Report,
): readonly string[] | undefined {
  const { namespace } = intent.metadata;
  const workloads = workloadsBehind(facts, service);
  const what = `Service ${namespace}/${service.metadata.name} in ${facts.name}`;
  if (workloads.length === 0) {
    report.add(
      owner,
      "SERVICE_ACCOUNT_UNKNOWN",
      at(intent, "spec", "servedBy"),
      say`no workload stands behind ${what}, so its identity is not known`,
      "start it, or correct the Service's selector",
    );
    return undefined;
  }
  const meshed = workloads.filter((workload) => workload.isMutualTls);
  if (meshed.length === 0) {
    report.add(
      owner,
      "SIDECAR_MISSING",
      at(intent, "spec", "servedBy"),
      say`no workload behind ${what} has a sidecar, so mutual TLS cannot reach it`,
      say`label the namespace istio-injection=enabled and restart the workload: kubectl --context ${{ cluster: facts.name }} label namespace ${{ namespace }} istio-injection=enabled`,
    );
    return undefined;
  }
  if (meshed.length < workloads.length) {
    report.add(
      owner,
      "SIDECAR_PARTIAL",
      at(intent, "spec", "servedBy"),
      say`${{ bare: workloads.length - meshed.length }} of ${{ workloads: workloads.length }} workloads behind ${what} have no sidecar and get no calls from other clusters`,
      "restart them with injection on",
    );
  }
  const accounts = new Set(meshed.map(({ serviceAccount }) => serviceAccount).filter((account) => account !== ""));
  if (accounts.size === 0) {
    report.add(
      owner,
      "SERVICE_ACCOUNT_UNKNOWN",
      at(intent, "spec", "servedBy"),
      say`no WorkloadEntry behind ${what} names its service account, so its identity is not known`,
      "set spec.serviceAccount in the WorkloadEntry",
    );
    return undefined;
  }
  return [...accounts].sort();
}
