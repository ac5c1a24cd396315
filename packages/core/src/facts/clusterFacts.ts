import type { Node, Pod, PodController, Service } from "../kinds/core.ts";
import type { DestinationRule } from "../kinds/destinationRule.ts";
import type { ApiGateway, ApiRoute } from "../kinds/gatewayApi.ts";
import type {
  AuthorizationPolicy,
  Gateway,
  RequestAuthentication,
  ServiceEntry,
  VirtualService,
  WorkloadEntry,
} from "../kinds/istio.ts";
import { groupOf, type KubeObject } from "../kinds/kubeObject.ts";
import type { ServiceExport } from "../kinds/mcs.ts";
import { isOurs } from "../kinds/ownership.ts";
import type { ObservedCluster, TrustRoot, UnreadKind } from "../model/observed.ts";
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
  readonly virtualServices: readonly VirtualService[];
  readonly workloads: WorkloadIndex;
  readonly trustRoots: readonly TrustRoot[];
  readonly serviceExports: readonly ServiceExport[];
  /** Routes of the Gateway API, of every kind. */
  readonly routes: readonly ApiRoute[];
  /** Of the Gateway API; `gateways` are Istio's. */
  readonly apiGateways: readonly ApiGateway[];
  /** istiod itself gives every ServiceImport with an address a name under clusterset.local. */
  readonly readsServiceImports: boolean;
  /**
   * Why a kind that a cluster may lack is not there to be read or written. A directory does not tell what its cluster serves,
   * unless it holds a manifest of the user's of that API group.
   */
  unread(group: string, kind: string): UnreadKind | "not told" | undefined;
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
  const serviceExports: ServiceExport[] = [];
  const routes: ApiRoute[] = [];
  const apiGateways: ApiGateway[] = [];
  const virtualServices: VirtualService[] = [];
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
        else apiGateways.push(object as ApiGateway);
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
      case "ServiceExport":
        serviceExports.push(object as ServiceExport);
        break;
      case "HTTPRoute":
      case "GRPCRoute":
      case "TCPRoute":
      case "TLSRoute":
        routes.push(object as ApiRoute);
        break;
      case "VirtualService":
        virtualServices.push(object as VirtualService);
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
    virtualServices,
    workloads: new WorkloadIndex(found),
    trustRoots: cluster.trustRoots,
    serviceExports,
    routes,
    apiGateways,
    readsServiceImports: [...pods.map(({ spec }) => spec), ...controllers.map(({ spec }) => spec.template.spec)].some(
      ({ containers = [] }) =>
        // The name of istiod's container in each of its installations.
        containers.some(({ name, env = [] }) => name === "discovery" && env.some(enablesMcsHost)),
    ),
    unread(group, kind) {
      if (cluster.source === "live") return cluster.unread?.get(`${group}/${kind}`);
      return cluster.objects.some((object) => groupOf(object.apiVersion) === group && !isOurs(object))
        ? undefined
        : "not told";
    },
  };
}

/** istio/pilot/pkg/features/experimental.go, EnableMCSHost */
function enablesMcsHost({ name, value }: { readonly name: string; readonly value?: string }): boolean {
  return name === "ENABLE_MCS_HOST" && value === "true";
}
