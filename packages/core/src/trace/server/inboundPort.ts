import { portProtocol } from "../../facts/portProtocol.ts";
import { labelsMatch } from "../../facts/workloads.ts";
import type { Service } from "../../kinds/core.ts";
import type { ServiceEntry, Sidecar } from "../../kinds/istio.ts";
import type { TraceCluster } from "../traceCluster.ts";
import type { TraceWorkload } from "../traceWorkload.ts";
import type { ListenerProtocol } from "./inboundChain.ts";
import { targetPortOf } from "./servicePods.ts";

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
export function inboundPort(cluster: TraceCluster, workload: TraceWorkload, port: number): InboundPort {
  const sidecar = sidecarOf(cluster, workload);
  const ingress = sidecar?.spec.ingress ?? [];
  if (sidecar !== undefined && ingress.length > 0) {
    const listener = ingress.find((each) => each.port.number === port);
    if (listener === undefined) return { protocol: "auto", declared: undefined, object: undefined, appPort: port };
    const declared = knownProtocol(listener.port.protocol);
    const appPort = Number(/:(\d+)$/.exec(listener.defaultEndpoint ?? "")?.[1] ?? port);
    return { protocol: listenerProtocol(declared), declared, object: sidecar, appPort };
  }
  const target = targetsOf(cluster, workload).find((each) => each.port === port);
  return {
    protocol: listenerProtocol(target?.declared),
    declared: target?.declared,
    object: target?.object,
    appPort: port,
  };
}

interface Target {
  readonly object: Service | ServiceEntry;
  readonly port: number;
  readonly declared: string | undefined;
}

/** In the order of pilot/pkg/model/context.go, SetServiceTargets: by age, then host name. */
function targetsOf(cluster: TraceCluster, workload: TraceWorkload): readonly Target[] {
  return cluster.memo(`inbound ${workload.namespace}/${workload.name}`, () => {
    const services = cluster.in("Service", workload.namespace).filter(({ spec: { selector = {} } }) => {
      return Object.keys(selector).length > 0 && labelsMatch(selector, workload.labels);
    });
    const entries = cluster.in("ServiceEntry", workload.namespace).filter(({ spec: { workloadSelector } }) => {
      const labels = workloadSelector?.labels ?? {};
      return Object.keys(labels).length > 0 && labelsMatch(labels, workload.labels);
    });
    return [...services.map((each) => ofService(each, workload)), ...entries.map(ofEntry)]
      .sort(({ key: left }, { key: right }) => (left < right ? -1 : left > right ? 1 : 0))
      .flatMap(({ targets }) => targets);
  });
}

function ofService(service: Service, workload: TraceWorkload) {
  const targets = (service.spec.ports ?? []).flatMap((port): Target[] => {
    const target = targetPortOf(port, workload);
    const isTcp = port.protocol === undefined || port.protocol === "TCP";
    return target === undefined || !isTcp ? [] : [{ object: service, port: target, declared: portProtocol(port) }];
  });
  const { creationTimestamp = "", name, namespace = "default" } = service.metadata;
  return { key: `${creationTimestamp} ${name}.${namespace}.svc`, targets };
}

function ofEntry(entry: ServiceEntry) {
  const targets = (entry.spec.ports ?? []).map(
    (port): Target => ({
      object: entry,
      port: port.targetPort ?? port.number,
      declared: knownProtocol(port.protocol),
    }),
  );
  return { key: `${entry.metadata.creationTimestamp ?? ""} ${entry.spec.hosts[0] ?? ""}`, targets };
}

/** pilot/pkg/model/push_context.go: with a selector that fits before one without, of the namespace before the root namespace's. */
function sidecarOf(cluster: TraceCluster, workload: TraceWorkload): Sidecar | undefined {
  const own = cluster.in("Sidecar", workload.namespace);
  const labelsOf = (sidecar: Sidecar) => sidecar.spec.workloadSelector?.labels ?? {};
  const selects = (sidecar: Sidecar) => Object.keys(labelsOf(sidecar)).length > 0;
  const isDefault = (sidecar: Sidecar) => !selects(sidecar);
  return (
    own.find((sidecar) => selects(sidecar) && labelsMatch(labelsOf(sidecar), workload.labels)) ??
    own.find(isDefault) ??
    cluster.in("Sidecar", cluster.meshConfig.rootNamespace).find(isDefault)
  );
}

const http = new Set(["HTTP", "HTTP2", "GRPC", "GRPC-WEB", "HTTP_PROXY"]);
const tcp = new Set(["TCP", "TLS", "HTTPS", "MONGO", "REDIS", "MYSQL"]);

/** As ServiceEntry and Sidecar write it (pkg/config/protocol/instance.go); undefined for what istiod does not know. */
function knownProtocol(written: string | undefined): string | undefined {
  const upper = written?.toUpperCase() ?? "";
  return http.has(upper) || tcp.has(upper) ? upper : undefined;
}

function listenerProtocol(declared: string | undefined): ListenerProtocol {
  const upper = declared?.toUpperCase() ?? "";
  if (http.has(upper)) return "http";
  return tcp.has(upper) ? "tcp" : "auto";
}
