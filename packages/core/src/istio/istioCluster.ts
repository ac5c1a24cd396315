import type { Container, Node, Pod, PodController, Service } from "../kinds/core.ts";
import type { DestinationRule } from "../kinds/destinationRule.ts";
import {
  type ApiGateway,
  type ApiRoute,
  type GrpcRoute,
  gatewayApiGroup,
  type HttpRoute,
  type ReferenceGrant,
  type TcpRoute,
  type TlsRoute,
} from "../kinds/gatewayApi.ts";
import type {
  AuthorizationPolicy,
  EnvoyFilter,
  Gateway,
  PeerAuthentication,
  ProxyConfig,
  RequestAuthentication,
  ServiceEntry,
  Sidecar,
  VirtualService,
  WasmPlugin,
  WorkloadEntry,
} from "../kinds/istio.ts";
import type { KubeObject } from "../kinds/kubeObject.ts";
import { groupOf } from "../kinds/kubeObject.ts";
import { mcsGroup, type ServiceExport } from "../kinds/mcs.ts";
import { isNamedAsOurs } from "../kinds/ownership.ts";
import { defaultMeshConfig, type MeshConfig } from "../model/meshConfig.ts";
import type { ObservedCluster, TrustRoot, UnreadKind } from "../model/observed.ts";
import type { UnreadableObject } from "../shape/unreadableObject.ts";
import { apiListeners } from "./gatewayApi/apiListeners.ts";
import { defaultClusterDomain } from "./hostNames.ts";
import { canonicalHost } from "./hostPort.ts";
import { labelsMatch, labelsOfNamespace, selectorMatches } from "./labels.ts";
import type { NameScheme } from "./nameOrigin.ts";
import { imaginedGateway, type Workload, workloadOfController, workloadOfPod } from "./workload.ts";

interface KindsByName {
  readonly Namespace: KubeObject;
  readonly Node: Node;
  readonly Service: Service;
  readonly Gateway: Gateway;
  readonly ServiceEntry: ServiceEntry;
  readonly DestinationRule: DestinationRule;
  readonly WorkloadEntry: WorkloadEntry;
  readonly VirtualService: VirtualService;
  readonly Sidecar: Sidecar;
  readonly AuthorizationPolicy: AuthorizationPolicy;
  readonly PeerAuthentication: PeerAuthentication;
  readonly RequestAuthentication: RequestAuthentication;
  readonly EnvoyFilter: EnvoyFilter;
  readonly WasmPlugin: WasmPlugin;
  readonly ProxyConfig: ProxyConfig;
  readonly ApiGateway: ApiGateway;
  readonly HTTPRoute: HttpRoute;
  readonly GRPCRoute: GrpcRoute;
  readonly TLSRoute: TlsRoute;
  readonly TCPRoute: TcpRoute;
  readonly ReferenceGrant: ReferenceGrant;
  readonly ServiceExport: ServiceExport;
}

/** A kind's name alone does not tell it: the Gateway API has a Gateway, others a Service. */
const groups: Readonly<Record<keyof KindsByName, string>> = {
  Namespace: "",
  Node: "",
  Service: "",
  Gateway: "networking.istio.io",
  ServiceEntry: "networking.istio.io",
  DestinationRule: "networking.istio.io",
  WorkloadEntry: "networking.istio.io",
  VirtualService: "networking.istio.io",
  Sidecar: "networking.istio.io",
  AuthorizationPolicy: "security.istio.io",
  PeerAuthentication: "security.istio.io",
  RequestAuthentication: "security.istio.io",
  EnvoyFilter: "networking.istio.io",
  WasmPlugin: "extensions.istio.io",
  ProxyConfig: "networking.istio.io",
  ApiGateway: gatewayApiGroup,
  HTTPRoute: gatewayApiGroup,
  GRPCRoute: gatewayApiGroup,
  TLSRoute: gatewayApiGroup,
  TCPRoute: gatewayApiGroup,
  ReferenceGrant: gatewayApiGroup,
  ServiceExport: mcsGroup,
};

/** Kubernetes' own, and what only we read: whatever istiod looks into, they are there. */
const ofKubernetes: ReadonlySet<keyof KindsByName> = new Set(["Namespace", "Node", "Service", "ServiceExport"]);

const controllerKinds = ["Deployment", "StatefulSet", "DaemonSet"] as const;

/** What the declarations know of a cluster and its objects don't tell. */
export interface ClusterSettings {
  readonly clusterDomain?: string;
  readonly scheme?: NameScheme;
  /** The other observed clusters, once all are there. */
  readonly others?: () => readonly IstioCluster[];
  /** CIDR of the virtual addresses that the mesh gives names. */
  readonly addressPool?: string;
  /** Taken where the mesh config cannot be read. */
  readonly trustDomain?: string;
}

/**
 * One cluster as its istiod sees it, indexed lazily: what compile, verify, check and trace ask of a cluster they ask of this.
 * What it answers is stable: the same array each time.
 */
export class IstioCluster {
  readonly name: string;
  readonly source: "live" | "directory";
  readonly meshConfig: MeshConfig;
  /** False: `meshConfig` is Istio's defaults, since ConfigMap `istio` is not there or kept from us. */
  readonly isMeshConfigKnown: boolean;
  /** The roots that its workloads trust; empty where unknown. */
  readonly trustRoots: readonly TrustRoot[];
  /** Kubernetes' DNS domain, which no object of the cluster tells: `cluster.local` unless the Mesh says otherwise. */
  readonly clusterDomain: string;
  /** Undefined without declarations. */
  readonly scheme: NameScheme | undefined;
  readonly addressPool: string | undefined;
  /** Whether istiod gives ServiceEntries virtual addresses by itself: since 1.25, also where the version is not known. */
  readonly allocatesAddresses: boolean;
  readonly istiodVersions: readonly string[];
  /** What is there and cannot be read: what may depend on it cannot be told. */
  readonly unreadable: readonly UnreadableObject[];
  readonly #objects: readonly KubeObject[];
  readonly #unread: ObservedCluster["unread"];
  readonly #implied: ReadonlySet<string>;
  readonly #others: ClusterSettings["others"];
  readonly #byKind = new Map<string, readonly KubeObject[]>();
  readonly #all = new Map<string, unknown>();
  readonly #stored = new Map<string, unknown>();
  readonly #byNamespace = new Map<string, unknown>();
  readonly #memo = new Map<string, unknown>();

  /** `istioClusters` makes it of what is observed. */
  constructor(cluster: ObservedCluster, settings: ClusterSettings = {}) {
    this.name = cluster.name;
    this.source = cluster.source;
    const { trustDomain = defaultMeshConfig.trustDomain } = settings;
    this.meshConfig = cluster.meshConfig ?? { ...defaultMeshConfig, trustDomain };
    this.isMeshConfigKnown = cluster.meshConfig !== undefined;
    this.trustRoots = cluster.trustRoots;
    this.clusterDomain = settings.clusterDomain ?? defaultClusterDomain;
    this.scheme = settings.scheme;
    this.#others = settings.others;
    this.addressPool = settings.addressPool;
    this.#unread = cluster.unread;
    this.#implied = cluster.impliedNamespaces ?? new Set();
    this.allocatesAddresses = cluster.istiodVersions.every((version) => !isBefore125(version));
    this.istiodVersions = cluster.istiodVersions;
    this.unreadable = cluster.unreadable ?? [];
    this.#objects = cluster.objects;
  }

  /**
   * All objects of a kind that istiod sees, in the order in which it goes through them: by age, then name, then namespace
   * (pilot/pkg/model/config.go, configCompareByCreationTime). Namespaces, Nodes, Services and ServiceExports are Kubernetes':
   * see `discoveredServices`.
   */
  all<K extends keyof KindsByName>(kind: K): readonly KindsByName[K][] {
    if (ofKubernetes.has(kind) || this.meshConfig.discoverySelectors.length === 0) return this.stored(kind);
    return this.#perKind(this.#all, kind, () =>
      this.stored(kind).filter(({ metadata }) => this.isDiscovered(metadata.namespace ?? "default")),
    );
  }

  /** The same with what istiod does not see, as the API server has them. */
  stored<K extends keyof KindsByName>(kind: K): readonly KindsByName[K][] {
    return this.#perKind(this.#stored, kind, () => {
      const found = this.#ofKind(kind === "ApiGateway" ? "Gateway" : kind).filter(
        ({ apiVersion }) => groupOf(apiVersion) === groups[kind],
      );
      return [...found].sort(byAge) as unknown as KindsByName[K][];
    });
  }

  /** The same, by namespace. */
  in<K extends keyof KindsByName>(kind: K, namespace: string): readonly KindsByName[K][] {
    const index = this.#perKind(this.#byNamespace, kind, () =>
      groupBy(this.all(kind), ({ metadata }) => metadata.namespace ?? "default"),
    );
    return index.get(namespace) ?? [];
  }

  /** The other clusters that are observed: what istiod may read of them, where it has a remote Secret, is not to be seen. */
  get others(): readonly IstioCluster[] {
    return this.memo("others", () => this.#others?.() ?? []);
  }

  /**
   * Whether istiod looks into a namespace: where `discoverySelectors` are set, what is in any other is to it as if it were not
   * there (pkg/kube/namespace/filter.go, Filter). One of a directory that no manifest shows is taken to be chosen.
   */
  isDiscovered(namespace: string): boolean {
    const { discoverySelectors } = this.meshConfig;
    if (discoverySelectors.length === 0) return true;
    const chosen = this.memo("discovered namespaces", () => {
      const all = [...this.namespaces.values()].filter(
        (each) =>
          this.#implied.has(each.metadata.name) ||
          discoverySelectors.some((selector) => selectorMatches(selector, labelsOfNamespace(each))),
      );
      return new Set(all.map(({ metadata }) => metadata.name));
    });
    return chosen.has(namespace) || !this.namespaces.has(namespace);
  }

  /** Services that are in istiod's registry. */
  get discoveredServices(): readonly Service[] {
    return this.memo("discovered services", () =>
      this.stored("Service").filter(({ metadata }) => this.isDiscovered(metadata.namespace ?? "default")),
    );
  }

  get namespaces(): ReadonlyMap<string, KubeObject> {
    return this.memo("namespaces", () => new Map(this.all("Namespace").map((each) => [each.metadata.name, each])));
  }

  /** By `namespace/name`. */
  get services(): ReadonlyMap<string, Service> {
    return this.memo(
      "services by name",
      () =>
        new Map(
          this.all("Service").map((each) => [`${each.metadata.namespace ?? "default"}/${each.metadata.name}`, each]),
        ),
    );
  }

  /** Routes of the Gateway API, of every kind. */
  get apiRoutes(): readonly ApiRoute[] {
    return this.memo("routes of the Gateway API", () => [
      ...this.all("HTTPRoute"),
      ...this.all("GRPCRoute"),
      ...this.all("TCPRoute"),
      ...this.all("TLSRoute"),
    ]);
  }

  /**
   * Whether istiod itself gives every ServiceImport with an address a name under clusterset.local
   * (pilot/pkg/features/experimental.go, EnableMCSHost).
   */
  get readsServiceImports(): boolean {
    return this.istiodContainers.some(({ env = [] }) =>
      env.some((each) => each.name === "ENABLE_MCS_HOST" && each.value === "true"),
    );
  }

  /** Of istiod's pods, or of what makes them: its environment holds switches of its own. */
  get istiodContainers(): readonly Container[] {
    return this.memo("istiod", () => {
      const specs = [
        ...this.#ofKind("Pod").map((pod) => (pod as Pod).spec),
        ...controllerKinds.flatMap((kind) =>
          this.#ofKind(kind).map((each) => (each as PodController).spec.template.spec),
        ),
      ];
      // The name of istiod's container in each of its installations.
      return specs.flatMap(({ containers = [] }) => containers.filter(({ name }) => name === "discovery"));
    });
  }

  /**
   * Why a kind that a cluster may lack is not there to be read or written. A directory does not tell what its cluster serves,
   * unless it holds a manifest of the user's of that API group.
   */
  unread(group: string, kind: string): UnreadKind | "not told" | undefined {
    if (this.source === "live") return this.#unread?.get(`${group}/${kind}`);
    return this.#objects.some((object) => groupOf(object.apiVersion) === group && !isNamedAsOurs(object))
      ? undefined
      : "not told";
  }

  get workloads(): readonly Workload[] {
    return this.memo("workloads", () => {
      const pods = this.#ofKind("Pod").flatMap((pod) => workloadOfPod(this.name, pod as Pod) ?? []);
      if (this.source === "live") return pods;
      const controllers = controllerKinds.flatMap((kind) => this.#ofKind(kind));
      const known = [
        ...pods,
        ...controllers.map((each) => workloadOfController(this.name, each as PodController, this.namespaces)),
      ];
      return [...known, ...imaginedGateways(this, known)];
    });
  }

  workloadsIn(namespace: string): readonly Workload[] {
    return (
      this.memo("workloads by namespace", () => groupBy(this.workloads, (each) => each.namespace)).get(namespace) ?? []
    );
  }

  /** Empty selectors select nothing, as a Service's does. */
  select(namespace: string, selector: Readonly<Record<string, string>>): readonly Workload[] {
    const [first] = Object.entries(selector);
    if (first === undefined) return [];
    const index = this.memo("workloads by label", () => {
      const byLabel = new Map<string, Workload[]>();
      for (const workload of this.workloads) {
        for (const [key, value] of Object.entries(workload.labels)) {
          const bucket = `${workload.namespace}\n${key}\n${value}`;
          const others = byLabel.get(bucket);
          if (others === undefined) byLabel.set(bucket, [workload]);
          else others.push(workload);
        }
      }
      return byLabel;
    });
    const candidates = index.get(`${namespace}\n${first[0]}\n${first[1]}`) ?? [];
    return candidates.filter(({ labels }) => labelsMatch(selector, labels));
  }

  /** The same without what is only taken to be there. */
  selectSeen(namespace: string, selector: Readonly<Record<string, string>>): readonly Workload[] {
    return this.select(namespace, selector).filter(({ isImagined }) => isImagined !== true);
  }

  /** The same over all namespaces, and an empty selector selects all: how an Istio Gateway selects its pods. */
  selectAnywhere(selector: Readonly<Record<string, string>>): readonly Workload[] {
    return this.workloads.filter(({ labels }) => labelsMatch(selector, labels));
  }

  workloadAt(address: string): Workload | undefined {
    return this.memo("workloads by address", () => {
      // Pods of the host's network share its address; none of them owns it.
      const own = this.workloads.filter((each) => !each.isHostNetwork && each.address !== undefined);
      const addresses = (each: Workload) => [each.address ?? "", ...(each.otherAddresses ?? [])].map(canonicalHost);
      return new Map(own.flatMap((each) => addresses(each).map((address) => [address, each] as const)));
    }).get(canonicalHost(address));
  }

  /** Computes a part of the index once; `key` must name what `compute` gives. */
  memo<T>(key: string, compute: () => T): T {
    if (!this.#memo.has(key)) this.#memo.set(key, compute());
    return this.#memo.get(key) as T;
  }

  #perKind<T>(known: Map<string, unknown>, kind: string, compute: () => T): T {
    const found = known.get(kind);
    if (found !== undefined) return found as T;
    const value = compute();
    known.set(kind, value);
    return value;
  }

  #ofKind(kind: string): readonly KubeObject[] {
    if (this.#byKind.size === 0) {
      for (const [name, objects] of groupBy(this.#objects, (object) => object.kind)) this.#byKind.set(name, objects);
    }
    return this.#byKind.get(kind) ?? [];
  }
}

/**
 * A repository often holds the Service of a gateway and not its Deployment, which Istio's own chart makes: where a Gateway
 * asks for such pods, they are taken to be there.
 */
function imaginedGateways(cluster: IstioCluster, known: readonly Workload[]): readonly Workload[] {
  const selectors = cluster.stored("Gateway").map(({ spec }) => spec.selector ?? {});
  const ofApi = new Set(
    apiListeners(cluster).flatMap(({ gateway, services }) =>
      services.map((name) => `${gateway.metadata.namespace}/${name}`),
    ),
  );
  return cluster.all("Service").flatMap(({ metadata, spec }) => {
    const { selector = {} } = spec;
    const { namespace = "default", name } = metadata;
    const isGateway =
      selectors.some((each) => Object.keys(each).length > 0 && labelsMatch(each, selector)) ||
      (Object.keys(selector).length > 0 && ofApi.has(`${namespace}/${name}`));
    if (!isGateway) return [];
    const hasPods = known.some((each) => each.namespace === namespace && labelsMatch(selector, each.labels));
    return hasPods ? [] : [imaginedGateway(cluster.name, { namespace, name, labels: selector })];
  });
}

/** SHA-256 fingerprints of the roots that a cluster's workloads trust; empty where unknown. */
export function fingerprintsOf({ trustRoots }: Pick<IstioCluster, "trustRoots">): readonly string[] {
  return trustRoots.map(({ fingerprint }) => fingerprint);
}

function isBefore125(version: string): boolean {
  const [, minor] = /^1\.(\d+)\./.exec(version) ?? [];
  return minor !== undefined && Number(minor) < 25;
}

function byAge({ metadata: left }: KubeObject, { metadata: right }: KubeObject): number {
  return (
    compare(left.creationTimestamp ?? "", right.creationTimestamp ?? "") ||
    compare(left.name, right.name) ||
    compare(left.namespace ?? "", right.namespace ?? "")
  );
}

function compare(left: string, right: string): number {
  if (left === right) return 0;
  return left < right ? -1 : 1;
}

function groupBy<T>(all: readonly T[], keyOf: (each: T) => string): ReadonlyMap<string, readonly T[]> {
  const groups = new Map<string, T[]>();
  for (const each of all) {
    const group = groups.get(keyOf(each));
    if (group === undefined) groups.set(keyOf(each), [each]);
    else group.push(each);
  }
  return groups;
}
