import type { Service, ServiceEntry, Sidecar } from "../../kinds/index.ts";
import { askBy } from "../found.ts";
import { serviceHost } from "../hostNames.ts";
import type { IstioCluster } from "../istioCluster.ts";
import { labelsMatch } from "../labels.ts";
import { memoisedBy } from "../memoised.ts";
import { isMachine, machines, workloadsBehind } from "../registry/machines.ts";
import { isHttp, isTcp, type Protocol, parseProtocol, protocolOfServicePort } from "../registry/protocol.ts";
import { targetPortOf } from "../registry/targetPort.ts";
import { sidecarFor } from "../scope/sidecarFor.ts";
import type { Workload } from "../workload.ts";
import type { ListenerProtocol } from "./inboundChain.ts";

/** How a sidecar serves one of its pod's ports. */
export interface InboundPort {
  readonly protocol: ListenerProtocol;
  /** In Istio's words; undefined where it is found out by sniffing. */
  readonly declared: string | undefined;
  /** What says so; undefined for a port that nothing declares: it is passed through to the app. */
  readonly object: Service | ServiceEntry | Sidecar | undefined;
  readonly appPort: number;
}

/**
 * A Sidecar with ingress listeners decides alone; else the oldest Service, or ServiceEntry with a workload selector, that has
 * the port as a target (pilot/pkg/networking/core/listener_inbound.go, buildInboundChainConfigs).
 */
export function inboundPort(cluster: IstioCluster, workload: Workload, port: number): InboundPort {
  const sidecar = sidecarFor(cluster, workload);
  const ingress = sidecar?.spec.ingress ?? [];
  if (sidecar !== undefined && ingress.length > 0) {
    const listener = ingress.find((each) => each.port.number === port);
    if (listener === undefined) return { protocol: "auto", declared: undefined, object: undefined, appPort: port };
    const protocol = parseProtocol(listener.port.protocol);
    const appPort = Number(/:(\d+)$/.exec(listener.defaultEndpoint ?? "")?.[1] ?? port);
    return { protocol: listenerProtocol(protocol), declared: declaredOf(protocol), object: sidecar, appPort };
  }
  const target = targetsOf(cluster, workload).find((each) => each.port === port);
  const protocol = target?.protocol ?? "Auto";
  return {
    protocol: listenerProtocol(protocol),
    declared: declaredOf(protocol),
    object: target?.object,
    appPort: port,
  };
}

interface Target {
  readonly object: Service | ServiceEntry;
  readonly port: number;
  readonly protocol: Protocol;
}

/** In the order of pilot/pkg/model/context.go, SetServiceTargets: by age, then host name. */
const targetsOf = askBy(
  (cluster, workload: Workload): readonly Target[] => targetsIn(cluster, workload.namespace).get(workload) ?? [],
);

/** All of a namespace at once, so that no pod has to walk all Services. */
const targetsIn = memoisedBy((cluster: IstioCluster, namespace: string): ReadonlyMap<Workload, readonly Target[]> => {
  if (!cluster.isDiscovered(namespace)) return new Map();
  const services = cluster.in("Service", namespace).map((object) => ({
    key: keyOf(object, serviceHost(object.metadata.name, namespace, cluster.settings)),
    workloads: workloadsBehind(cluster, object),
    targets: (workload: Workload) => ofService(object, workload),
  }));
  const entries = cluster.in("ServiceEntry", namespace).map((object) => ({
    key: keyOf(object, object.spec.hosts[0] ?? ""),
    workloads: selectedBy(cluster, namespace, object.spec.workloadSelector?.labels ?? {}),
    targets: () => ofEntry(object),
  }));
  const found = new Map<Workload, Target[]>();
  const inOrder = [...services, ...entries].sort((left, right) => (left.key < right.key ? -1 : 1));
  for (const { workloads, targets } of inOrder) {
    for (const workload of workloads) {
      const before = found.get(workload);
      if (before === undefined) found.set(workload, [...targets(workload)]);
      else before.push(...targets(workload));
    }
  }
  return found;
});

function selectedBy(cluster: IstioCluster, namespace: string, selector: Readonly<Record<string, string>>) {
  if (Object.keys(selector).length === 0) return [];
  const own = machines(cluster, namespace).filter(({ labels }) => labelsMatch(selector, labels));
  return [...cluster.select(namespace, selector), ...own];
}

function keyOf({ metadata }: Service | ServiceEntry, host: string): string {
  return `${metadata.creationTimestamp ?? ""} ${host}`;
}

function ofService(service: Service, workload: Workload): readonly Target[] {
  return (service.spec.ports ?? []).flatMap((port): Target[] => {
    // Of a machine's ports the one with the name of the Service's port comes first.
    const own = isMachine(workload) ? workload.ports.find(({ name }) => name === port.name)?.containerPort : undefined;
    const target = own ?? targetPortOf(port, workload);
    const isTcp = port.protocol === undefined || port.protocol === "TCP";
    return target === undefined || !isTcp
      ? []
      : [{ object: service, port: target, protocol: protocolOfServicePort(port) }];
  });
}

function ofEntry(entry: ServiceEntry): readonly Target[] {
  return (entry.spec.ports ?? []).map((port) => ({
    object: entry,
    port: port.targetPort ?? port.number,
    protocol: parseProtocol(port.protocol),
  }));
}

function listenerProtocol(protocol: Protocol): ListenerProtocol {
  if (isHttp(protocol)) return "http";
  return isTcp(protocol) ? "tcp" : "auto";
}

/** In Istio's words; undefined where it is found out by sniffing. */
function declaredOf(protocol: Protocol): string | undefined {
  return listenerProtocol(protocol) === "auto" ? undefined : protocol;
}
