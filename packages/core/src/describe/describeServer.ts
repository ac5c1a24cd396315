import { type IstioCluster, showHostPort, type Workload, workloadObject } from "../istio/index.ts";
import { mutualTlsMode, policiesOf } from "../istio/policy/index.ts";
import { endpointsOf, registeredService } from "../istio/registry/index.ts";
import { type ClusterObject, clusterObject, type KubeObject, type Service } from "../kinds/index.ts";

/** A policy that is asked about calls of a Service's pods. */
interface DescribedPolicy {
  readonly object: ClusterObject;
  /** What it does, for people: `ALLOW, 2 rules`, `mutual TLS STRICT`. */
  readonly says: string;
}

/** A Service in a cluster that serves it, as its istiod sees it. */
export interface DescribedServer {
  readonly cluster: string;
  readonly namespace: string;
  readonly service: string;
  /** Whether the Service is there at all. */
  readonly exists: boolean;
  readonly ports: readonly DescribedPort[];
  readonly policies: readonly DescribedPolicy[];
}

interface DescribedPort {
  readonly number: number;
  readonly name: string;
  readonly endpoints: readonly DescribedEndpoint[];
  /** A Service without a selector may have endpoints that are not read. */
  readonly isComplete: boolean;
}

interface DescribedEndpoint {
  readonly object: ClusterObject;
  /** `10.0.0.7:8080`; only the port for a pod of a directory. */
  readonly address: string;
  /** Undefined where only the template of its pods is to be seen. */
  readonly isHealthy?: boolean;
  /** Whether a proxy takes mutual TLS there. */
  readonly hasProxy: boolean;
}

/** Endpoints and their health, and the policies that hold for them. */
export function describeServer(cluster: IstioCluster, namespace: string, name: string): DescribedServer {
  const service = cluster.service(namespace, name);
  const server = { cluster: cluster.name, namespace, service: name };
  if (service === undefined) return { ...server, exists: false, ports: [], policies: [] };
  const workloads = cluster.select(namespace, service.spec.selector ?? {});
  return {
    ...server,
    exists: true,
    ports: portsOf(cluster, service),
    policies: unique(workloads.flatMap((workload) => policiesFor(cluster, workload))),
  };
}

function portsOf(cluster: IstioCluster, service: Service): readonly DescribedPort[] {
  const known = registeredService(cluster, service);
  return known.ports.map((port) => {
    const { endpoints, isComplete } = endpointsOf(cluster, known, port);
    return {
      number: port.number,
      name: port.name,
      isComplete,
      endpoints: endpoints.map(({ object, workload, address, port: target, isHealthy, tlsMode }) => ({
        object: workload === undefined ? object : workloadObject(workload),
        address: address === undefined ? `${target}` : showHostPort(address, target),
        ...(workload?.controller === undefined ? { isHealthy } : {}),
        hasProxy: tlsMode === "istio",
      })),
    };
  });
}

function policiesFor(cluster: IstioCluster, workload: Workload): readonly DescribedPolicy[] {
  const said = (object: KubeObject, says: string): DescribedPolicy => ({
    object: clusterObject(cluster.name, object),
    says,
  });
  const peers = workload.ports.length === 0 ? [0] : workload.ports.map(({ containerPort }) => containerPort);
  return [
    ...peers.flatMap((port) => {
      const { policy, mode } = mutualTlsMode(cluster, workload, port);
      return policy === undefined ? [] : [said(policy, `mutual TLS ${mode}`)];
    }),
    ...policiesOf(cluster, "RequestAuthentication", workload).map((policy) =>
      said(policy, counted(policy.spec.jwtRules, "issuer")),
    ),
    ...policiesOf(cluster, "AuthorizationPolicy", workload).map((policy) =>
      said(policy, `${policy.spec.action ?? "ALLOW"}, ${counted(policy.spec.rules, "rule")}`),
    ),
  ];
}

function counted(list: readonly unknown[] = [], what: string): string {
  return `${list.length === 0 ? "no" : list.length} ${what}${list.length === 1 ? "" : "s"}`;
}

/** Pods of one Service mostly have the same policies. */
function unique(policies: readonly DescribedPolicy[]): readonly DescribedPolicy[] {
  const byKey = new Map(policies.map((policy) => [JSON.stringify(policy), policy]));
  return [...byKey.values()];
}
