import type { Node, Pod, PodController, Service } from "../kinds/core.ts";
import type {
  AuthorizationPolicy,
  DestinationRule,
  Gateway,
  RequestAuthentication,
  ServiceEntry,
  WorkloadEntry,
} from "../kinds/istio.ts";
import type { KubeObject } from "../kinds/kubeObject.ts";
import type { ObservedCluster, TrustRoot } from "../model/observed.ts";
import { type Workload, WorkloadIndex, workloadOfController, workloadOfPod } from "./workloads.ts";

/** One observed cluster, indexed for the questions that compile and trace ask of it. */
export interface ClusterFacts {
  readonly name: string;
  readonly namespaces: ReadonlyMap<string, KubeObject>;
  readonly nodes: readonly Node[];
  /** By `namespace/name`. */
  readonly services: ReadonlyMap<string, Service>;
  readonly servicesByNamespace: ReadonlyMap<string, readonly Service[]>;
  readonly gateways: readonly Gateway[];
  readonly serviceEntries: readonly ServiceEntry[];
  readonly destinationRules: readonly DestinationRule[];
  readonly workloadEntries: readonly WorkloadEntry[];
  readonly authorizationPolicies: readonly AuthorizationPolicy[];
  readonly requestAuthentications: readonly RequestAuthentication[];
  readonly workloads: WorkloadIndex;
  readonly trustRoots: readonly TrustRoot[];
}

export function clusterFacts(cluster: ObservedCluster): ClusterFacts {
  const namespaces = new Map<string, KubeObject>();
  const nodes: Node[] = [];
  const services = new Map<string, Service>();
  const servicesByNamespace = new Map<string, Service[]>();
  const gateways: Gateway[] = [];
  const serviceEntries: ServiceEntry[] = [];
  const destinationRules: DestinationRule[] = [];
  const workloadEntries: WorkloadEntry[] = [];
  const authorizationPolicies: AuthorizationPolicy[] = [];
  const requestAuthentications: RequestAuthentication[] = [];
  const pods: Pod[] = [];
  const controllers: PodController[] = [];
  for (const object of cluster.objects) {
    switch (object.kind) {
      case "Namespace":
        namespaces.set(object.metadata.name, object);
        break;
      case "Node":
        nodes.push(object as Node);
        break;
      case "Service": {
        const namespace = object.metadata.namespace ?? "default";
        services.set(`${namespace}/${object.metadata.name}`, object as Service);
        const others = servicesByNamespace.get(namespace);
        if (others === undefined) servicesByNamespace.set(namespace, [object as Service]);
        else others.push(object as Service);
        break;
      }
      case "Gateway":
        // The Gateway API has a kind of the same name.
        if (object.apiVersion.startsWith("networking.istio.io/")) gateways.push(object as Gateway);
        break;
      case "ServiceEntry":
        serviceEntries.push(object as ServiceEntry);
        break;
      case "DestinationRule":
        destinationRules.push(object as DestinationRule);
        break;
      case "WorkloadEntry":
        workloadEntries.push(object as WorkloadEntry);
        break;
      case "AuthorizationPolicy":
        authorizationPolicies.push(object as AuthorizationPolicy);
        break;
      case "RequestAuthentication":
        requestAuthentications.push(object as RequestAuthentication);
        break;
      case "Pod":
        pods.push(object as Pod);
        break;
      case "Deployment":
      case "StatefulSet":
      case "DaemonSet":
        controllers.push(object as PodController);
        break;
      default:
    }
  }
  const found: Workload[] = [
    ...pods.flatMap((pod) => workloadOfPod(pod) ?? []),
    // Where Pods exist they tell the truth; a controller only tells what will be.
    ...(cluster.source === "directory"
      ? controllers.map((controller) => workloadOfController(controller, namespaces))
      : []),
  ];
  return {
    name: cluster.name,
    namespaces,
    nodes,
    services,
    servicesByNamespace,
    gateways,
    serviceEntries,
    destinationRules,
    workloadEntries,
    authorizationPolicies,
    requestAuthentications,
    workloads: new WorkloadIndex(found),
    trustRoots: cluster.trustRoots,
  };
}
