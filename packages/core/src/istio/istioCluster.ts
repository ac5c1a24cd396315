import {
  type ApiGateway,
  type ApiRoute,
  type AuthorizationPolicy,
  type ClusterObject,
  type Container,
  catalog,
  controllerKinds,
  type DestinationRule,
  type EnvoyFilter,
  type Gateway,
  type GrpcRoute,
  groupOf,
  type HttpRoute,
  isNamedAsOurs,
  type KindEntry,
  type KubeObject,
  mcsGroup,
  type Node,
  type PeerAuthentication,
  type Pod,
  type PodController,
  type ProxyConfig,
  type ReferenceGrant,
  type RequestAuthentication,
  type Service,
  type ServiceEntry,
  type ServiceExport,
  type Sidecar,
  type TcpRoute,
  type TlsRoute,
  type VirtualService,
  type WasmPlugin,
  type WorkloadEntry,
} from "../kinds/index.ts";
import type { ObservedCluster, TrustRoot, UnreadKind } from "../model/index.ts";
import type { UnreadableObject } from "../shape/index.ts";
import {
  differingObjects,
  isSame,
  istiodContainersOf,
  istiodOf,
  kindIn,
  wholeCluster,
  wholeKind,
} from "../world/index.ts";
import { type AllFound, askBy, foundAgain, foundIn, kept } from "./found.ts";
import { apiListeners } from "./gatewayApi/apiListeners.ts";
import { canonicalHost } from "./hostPort.ts";
import { labelsMatch, labelsOfNamespace, selectorMatches } from "./labels.ts";
import { memoised, memoisedBy } from "./memoised.ts";
import type { MeshSettings } from "./meshSettings.ts";
import type { NameScheme } from "./nameOrigin.ts";
import { isRecording, noteRead } from "./reads.ts";
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
const entries: ReadonlyMap<string, KindEntry> = new Map(catalog.map((entry) => [entry.alias ?? entry.kind, entry]));

/** Kubernetes' own, and what only we read: whatever istiod looks into, they are there. */
const ofKubernetes: ReadonlySet<string> = new Set(
  catalog.flatMap(({ group, kind }) => (group === "" || group === mcsGroup ? [kind] : [])),
);

/** What a cluster's own objects don't tell. */
export interface AroundCluster {
  readonly settings: MeshSettings;
  /** What names of the mesh look like; absent without declarations. */
  readonly scheme?: NameScheme;
}

/** The cluster as it was, with the parts that changed since; declared alike. */
export interface SinceCluster {
  readonly before: IstioCluster;
  readonly changed: ReadonlySet<string>;
}

/** What no object of a cluster tells, and each of its states has alike. */
export type ClusterTraits = Pick<IstioCluster, "name" | "settings" | "allocatesAddresses">;

/**
 * One cluster as its istiod sees it, indexed lazily: what compile, verify, check and trace ask of a cluster they ask of this.
 * What it answers is stable: the same array each time.
 */
export class IstioCluster {
  readonly name: string;
  readonly source: "live" | "directory";
  readonly settings: MeshSettings;
  /** The roots that its workloads trust; empty where unknown. */
  readonly trustRoots: readonly TrustRoot[];
  /** Undefined without declarations. */
  readonly scheme: NameScheme | undefined;
  /** Whether istiod gives ServiceEntries virtual addresses by itself: since 1.25, also where the version is not known. */
  readonly allocatesAddresses: boolean;
  readonly istiodVersions: readonly string[];
  /** What is there and cannot be read: what may depend on it cannot be told. */
  readonly unreadable: readonly UnreadableObject[];
  /** What was not given of it is taken not to exist. */
  readonly isTakenAsWhole: boolean;
  readonly #objects: readonly KubeObject[];
  readonly #unread: ObservedCluster["unread"];
  readonly #implied: ReadonlySet<string>;

  static readonly #discoveredNamespaces = memoised((of: IstioCluster): ReadonlySet<string> => {
    const all = [...of.namespaces.values()].filter(
      (each) =>
        of.#implied.has(each.metadata.name) ||
        of.settings.discoverySelectors.some((selector) => selectorMatches(selector, labelsOfNamespace(each))),
    );
    return new Set(all.map(({ metadata }) => metadata.name));
  });
  static readonly #istiodContainers = kept((of: IstioCluster): readonly Container[] => {
    noteRead(istiodOf(of.name));
    return ["Pod", ...controllerKinds].flatMap((kind) => of.#index(kind)?.all.flatMap(istiodContainersOf) ?? []);
  });
  static readonly #workloads = memoised((of: IstioCluster): readonly Workload[] => {
    const pods = of.#ofKind("Pod").flatMap((pod) => podWorkload(pod as Pod, of.name) ?? []);
    if (of.source === "live") return pods;
    const controllers = controllerKinds.flatMap((kind) => of.#ofKind(kind));
    const known = [
      ...pods,
      ...controllers.map((each) => workloadOfController(of.name, each as PodController, of.namespaces)),
    ];
    return [...known, ...imaginedGateways(of, known)];
  });
  static readonly #workloadsIn = memoisedBy((of: IstioCluster, namespace: string): readonly Workload[] =>
    of.source === "live"
      ? of.#ofNamespace("Pod", namespace).flatMap((pod) => podWorkload(pod as Pod, of.name) ?? [])
      : (workloadsByNamespace(of).get(namespace) ?? []),
  );

  readonly #byKind = new Map<string, KindIndex>();
  /** The very same for each of its states. */
  readonly traits: ClusterTraits;
  readonly found: AllFound = new Map();
  /** The parts that changed since the state before, with what was found of it and is another now. */
  readonly changed: ReadonlySet<string>;

  /** `istioClusters` makes it of what is observed. */
  constructor(cluster: ObservedCluster, { settings, scheme }: AroundCluster, since?: SinceCluster) {
    this.name = cluster.name;
    this.source = cluster.source;
    this.settings = settings;
    this.trustRoots = cluster.trustRoots;
    this.scheme = scheme;
    this.#unread = cluster.unread;
    this.#implied = cluster.impliedNamespaces ?? new Set();
    this.allocatesAddresses = cluster.istiodVersions.every((version) => !isBefore125(version));
    const { name, allocatesAddresses } = this;
    this.traits = since?.before.traits ?? { name, settings, allocatesAddresses };
    this.istiodVersions = cluster.istiodVersions;
    this.unreadable = cluster.unreadable ?? [];
    this.isTakenAsWhole = cluster.isTakenAsWhole === true;
    this.#objects = cluster.objects;
    const changed = new Set(since?.changed);
    if (since !== undefined) foundAgain(since.before.found, this, changed);
    this.changed = changed;
  }

  /**
   * All objects of a kind that istiod sees, in the order in which it goes through them: by age, then name, then namespace
   * (pilot/pkg/model/config.go, configCompareByCreationTime). Namespaces, Nodes, Services and ServiceExports are Kubernetes':
   * see `discoveredServices`.
   */
  all<K extends keyof KindsByName>(kind: K): readonly KindsByName[K][] {
    if (ofKubernetes.has(kind) || this.settings.discoverySelectors.length === 0) return this.stored(kind);
    return foundIn(this, `${this.name} all ${kind}`, {
      compute: () => this.stored(kind).filter(({ metadata }) => this.isDiscovered(metadata.namespace ?? "default")),
    });
  }

  /** The same with what istiod does not see, as the API server has them. */
  stored<K extends keyof KindsByName>(kind: K): readonly KindsByName[K][] {
    return foundIn(this, `${this.name} stored ${kind}`, {
      compute: () => inOrderOfAge(kind, this.#ofKind(entries.get(kind)?.kind ?? kind)),
    });
  }

  /** The same of one namespace. */
  in<K extends keyof KindsByName>(kind: K, namespace: string): readonly KindsByName[K][] {
    return foundIn(this, `${this.name} ${kind} in ${namespace}`, {
      compute: () => {
        const isSeen = ofKubernetes.has(kind) || this.isDiscovered(namespace);
        return isSeen ? inOrderOfAge(kind, this.#ofNamespace(entries.get(kind)?.kind ?? kind, namespace)) : [];
      },
    });
  }

  /**
   * Whether istiod looks into a namespace: where `discoverySelectors` are set, what is in any other is to it as if it were not
   * there (pkg/kube/namespace/filter.go, Filter). One of a directory that no manifest shows is taken to be chosen.
   */
  isDiscovered(namespace: string): boolean {
    if (this.settings.discoverySelectors.length === 0) return true;
    const chosen = IstioCluster.#discoveredNamespaces(this);
    return chosen.has(namespace) || !this.namespaces.has(namespace);
  }

  /** Services that are in istiod's registry. */
  get discoveredServices(): readonly Service[] {
    return discoveredServices(this);
  }

  get namespaces(): ReadonlyMap<string, KubeObject> {
    return namespacesByName(this);
  }

  /** By `namespace/name`. */
  get services(): ReadonlyMap<string, Service> {
    return servicesByName(this);
  }

  service(namespace: string, name: string): Service | undefined {
    return serviceNamed(this, `${namespace}/${name}`);
  }

  /** Routes of the Gateway API, of every kind. */
  get apiRoutes(): readonly ApiRoute[] {
    return apiRoutes(this);
  }

  /**
   * Whether istiod itself gives every ServiceImport with an address a name under clusterset.local
   * (pilot/pkg/features/experimental.go, EnableMCSHost).
   */
  get readsServiceImports(): boolean {
    return readsServiceImports(this, undefined);
  }

  /** Of istiod's pods, or of what makes them: its environment holds switches of its own. */
  get istiodContainers(): readonly Container[] {
    return IstioCluster.#istiodContainers(this);
  }

  /**
   * Why a kind that a cluster may lack is not there to be read or written. A directory does not tell what its cluster serves,
   * unless it holds a manifest of the user's of that API group.
   */
  unread(group: string, kind: string): UnreadKind | "not told" | undefined {
    if (this.source === "live") return this.#unread?.get(`${group}/${kind}`);
    noteRead(wholeCluster(this.name));
    return this.#objects.some((object) => groupOf(object.apiVersion) === group && !isNamedAsOurs(object))
      ? undefined
      : "not told";
  }

  get workloads(): readonly Workload[] {
    return IstioCluster.#workloads(this);
  }

  workloadsIn(namespace: string): readonly Workload[] {
    return IstioCluster.#workloadsIn(this, namespace);
  }

  /** Empty selectors select nothing, as a Service's does. */
  select(namespace: string, selector: Readonly<Record<string, string>>): readonly Workload[] {
    return isRecording() ? selected(this, JSON.stringify([namespace, selector])) : select(this, namespace, selector);
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
    return workloadsByAddress(this).get(canonicalHost(address));
  }

  /**
   * Objects in which it differs from another state of it, each as it was and as it is; undefined where more differs, on which
   * everything may depend.
   */
  differencesFrom(before: IstioCluster): readonly KubeObject[] | undefined {
    if (!isSame(this.#around(), before.#around())) return undefined;
    return differingObjects(before.#objects, this.#objects);
  }

  /** Whether an object is another in another state of it, or only in one of the two. */
  hasOtherwise({ kind, namespace = "default", name }: ClusterObject, before: IstioCluster): boolean {
    const isMeant = ({ metadata }: KubeObject) =>
      metadata.name === name && (metadata.namespace ?? "default") === namespace;
    const [was, is] = [before, this].map((each) => each.#ofKind(kind).filter(isMeant));
    return differingObjects(was ?? [], is ?? [])?.length !== 0;
  }

  /** All that is known of it besides its objects. */
  #around(): unknown {
    const { name, source, settings, trustRoots, scheme, istiodVersions, unreadable, isTakenAsWhole } = this;
    const names = scheme && Object.values(scheme).map((each) => [...each].sort());
    const known = { name, source, settings, trustRoots, istiodVersions, unreadable, isTakenAsWhole };
    return { ...known, names, unread: [...(this.#unread ?? [])], implied: [...this.#implied].sort() };
  }

  #ofKind(kind: string): readonly KubeObject[] {
    noteRead(wholeKind(this.name, kind));
    return this.#index(kind)?.all ?? [];
  }

  #ofNamespace(kind: string, namespace: string): readonly KubeObject[] {
    noteRead(kindIn(this.name, kind, namespace));
    return this.#index(kind)?.byNamespace().get(namespace) ?? [];
  }

  #index(kind: string): KindIndex | undefined {
    if (this.#byKind.size === 0) {
      for (const [name, all] of groupBy(this.#objects, (object) => object.kind)) {
        let byNamespace: ReadonlyMap<string, readonly KubeObject[]> | undefined;
        this.#byKind.set(name, {
          all,
          byNamespace() {
            byNamespace ??= groupBy(all, namespaceOf);
            return byNamespace;
          },
        });
      }
    }
    return this.#byKind.get(kind);
  }
}

const readsServiceImports = askBy(({ istiodContainers }, _: undefined) =>
  istiodContainers.some(({ env = [] }) => env.some((each) => each.name === "ENABLE_MCS_HOST" && each.value === "true")),
);

const discoveredServices = kept((cluster: IstioCluster) =>
  cluster.stored("Service").filter(({ metadata }) => cluster.isDiscovered(metadata.namespace ?? "default")),
);

const namespacesByName = kept(
  (cluster: IstioCluster) => new Map(cluster.all("Namespace").map((each) => [each.metadata.name, each])),
);

const servicesByName = kept(
  (cluster: IstioCluster) =>
    new Map(cluster.all("Service").map((each) => [`${namespaceOf(each)}/${each.metadata.name}`, each])),
);

const servicesIn = memoisedBy(
  (cluster: IstioCluster, namespace: string) =>
    new Map(cluster.in("Service", namespace).map((each) => [each.metadata.name, each])),
);

/** By `namespace/name`. */
const serviceNamed = askBy((cluster, by: string) => {
  const slash = by.indexOf("/");
  return servicesIn(cluster, by.slice(0, slash)).get(by.slice(slash + 1));
});

const apiRoutes = memoised((cluster: IstioCluster): readonly ApiRoute[] => [
  ...cluster.all("HTTPRoute"),
  ...cluster.all("GRPCRoute"),
  ...cluster.all("TCPRoute"),
  ...cluster.all("TLSRoute"),
]);

const workloadsByNamespace = memoised((cluster: IstioCluster) => groupBy(cluster.workloads, (each) => each.namespace));

const workloadsByLabel = memoisedBy((cluster: IstioCluster, namespace: string) => {
  const byLabel = new Map<string, Workload[]>();
  for (const workload of cluster.workloadsIn(namespace)) {
    for (const [key, value] of Object.entries(workload.labels)) {
      const bucket = `${key}\n${value}`;
      const others = byLabel.get(bucket);
      if (others === undefined) byLabel.set(bucket, [workload]);
      else others.push(workload);
    }
  }
  return byLabel;
});

/** By both as JSON: another pod of the namespace is nothing to whoever asks. */
const selected = askBy((cluster, by: string) => select(cluster, ...(JSON.parse(by) as [string, Labels])));

function select(cluster: IstioCluster, namespace: string, selector: Labels): readonly Workload[] {
  const [first] = Object.entries(selector);
  if (first === undefined) return [];
  const candidates = workloadsByLabel(cluster, namespace).get(`${first[0]}\n${first[1]}`) ?? [];
  return candidates.filter(({ labels }) => labelsMatch(selector, labels));
}

type Labels = Readonly<Record<string, string>>;

const workloadsByAddress = memoised((cluster: IstioCluster) => {
  // Pods of the host's network share its address; none of them owns it.
  const own = cluster.workloads.filter((each) => !each.isHostNetwork && each.address !== undefined);
  const addresses = (each: Workload) => [each.address ?? "", ...(each.otherAddresses ?? [])].map(canonicalHost);
  return new Map(own.flatMap((each) => addresses(each).map((address) => [address, each] as const)));
});

/** The same for a pod as long as it is the same, whatever changes around it. */
const podWorkload = memoisedBy((pod: Pod, cluster: string) => workloadOfPod(cluster, pod));

interface KindIndex {
  readonly all: readonly KubeObject[];
  byNamespace(): ReadonlyMap<string, readonly KubeObject[]>;
}

function inOrderOfAge<K extends keyof KindsByName>(kind: K, found: readonly KubeObject[]): readonly KindsByName[K][] {
  const own = found.filter(({ apiVersion }) => groupOf(apiVersion) === entries.get(kind)?.group);
  return own.sort(byAge) as unknown as KindsByName[K][];
}

function namespaceOf({ metadata }: KubeObject): string {
  return metadata.namespace ?? "default";
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
