import {
  type AcrossPath,
  type ExternalAccess,
  type ExternalService,
  type ExternalServicePath,
  gatewayAddresses,
  type Intents,
  istioCluster,
  type MeshCluster,
  ownerName,
  type Problem,
  type SharedService,
  selectClusters,
  showHostPort,
} from "@isthmus/core";
import { isInventory, type PlanLosses, type PlanScope, planLosses } from "@isthmus/core/plan";
import { type PathTrace, tracePaths } from "@isthmus/core/trace";
import { type DeclaredState, declaredStates, type PathCounts, pathCounts } from "./declaredStates.ts";
import type { PlannedMesh } from "./planMesh.ts";
import { isPathIn, type ScopeWords, scopeOf } from "./scope.ts";

export interface ClusterStatus {
  readonly name: string;
  readonly source: "live" | "directory";
  /** The context or the directory by which it is reached. */
  readonly access: string;
  /** Why it could not be read; what follows is then empty. */
  readonly unreachable?: string;
  readonly version?: string;
  readonly istiodVersions: readonly string[];
  /** `192.168.121.10:32001` */
  readonly gateway: readonly string[];
  /** SHA-256 fingerprints. */
  readonly trustRoots: readonly string[];
  /** Objects that isthmus wrote. */
  readonly owned: number;
}

export interface SharedServiceStatus extends DeclaredState {
  readonly name: string;
  /** By ServiceExports in the clusters, not by a declaration. */
  readonly exported?: true;
  readonly hosts: readonly string[];
  readonly servedBy: readonly string[];
  /** `cluster1/foo`, or `cluster1` as a whole. */
  readonly consumers: readonly string[];
}

export interface ExternalAccessStatus extends DeclaredState {
  readonly name: string;
  readonly hosts: readonly string[];
  /** Where clients come in. */
  readonly clusters: readonly string[];
}

export interface ExternalServiceStatus extends DeclaredState {
  readonly name: string;
  readonly hosts: readonly string[];
  /** The cluster through whose gateway it is reached. */
  readonly via?: string;
  /** `cluster1/foo`, or `cluster1` as a whole. */
  readonly consumers: readonly string[];
}

/** What leads from one cluster to another. */
export interface LinkStatus {
  readonly from: string;
  readonly to: string;
  readonly paths: PathCounts;
}

export interface MeshStatus {
  readonly clusters: readonly ClusterStatus[];
  readonly links: readonly LinkStatus[];
  readonly sharedServices: readonly SharedServiceStatus[];
  readonly externalAccesses: readonly ExternalAccessStatus[];
  readonly externalServices: readonly ExternalServiceStatus[];
  /** Whose objects are there although no file declares them any longer. */
  readonly undeclared: PlanLosses["undeclared"];
  readonly problems: readonly Problem[];
}

/** What `isthmus status` tells, of all or of what is asked about: a summary of what is declared and observed, and of the plan between them. */
export function meshStatus(now: PlannedMesh, words: ScopeWords = {}): MeshStatus {
  return statusOf(tracedMesh(now, words));
}

/** A mesh with what a trace says, as it is now, of the paths that the words are about. */
export interface TracedMesh extends PlannedMesh {
  readonly traces: readonly PathTrace[];
  readonly scope: PlanScope;
  /** How each owner stands. */
  readonly states: (owner: string) => DeclaredState;
}

/** Throws USAGE where the words choose nothing. */
export function tracedMesh(now: PlannedMesh, words: ScopeWords): TracedMesh {
  const { intents, observed } = now;
  const scope = scopeOf(now, words);
  const paths = now.paths.filter((path) => isPathIn(scope, path));
  const traces = tracePaths({ intents, paths, observed });
  return { ...now, paths, traces, scope, states: declaredStates({ ...now, traces }) };
}

export function statusOf(mesh: TracedMesh): MeshStatus {
  const { intents, problems, observed, plan, scope, traces } = mesh;
  const isAsked = ({ kind, metadata }: SharedService | ExternalAccess | ExternalService) =>
    isOwnerAsked(ownerName(kind, metadata.namespace, metadata.name), mesh);
  return {
    clusters: intents.clusters
      .filter(({ metadata }) => scope.clusters?.has(metadata.name) !== false)
      .map((cluster) => clusterStatus(cluster, mesh)),
    links: linksOf(traces),
    sharedServices: [
      ...intents.sharedServices.filter(isAsked).map((service) => sharedServiceStatus(service, mesh)),
      ...exportedServices(mesh),
    ],
    externalAccesses: intents.externalAccesses.filter(isAsked).map((access) => externalAccessStatus(access, mesh)),
    externalServices: intents.externalServices.filter(isAsked).map((service) => externalServiceStatus(service, mesh)),
    undeclared: planLosses(intents, plan, observed).undeclared,
    problems,
  };
}

/** Of chosen clusters: what has paths or objects there. */
function isOwnerAsked(owner: string, { scope: { owners, clusters }, paths, plan }: TracedMesh): boolean {
  if (owners?.has(owner) === false) return false;
  return (
    clusters === undefined ||
    paths.some((path) => path.owner === owner) ||
    plan.actions.some((action) => action.owner === owner && clusters.has(action.cluster))
  );
}

function clusterStatus(declared: MeshCluster, { intents, observed }: TracedMesh): ClusterStatus {
  const { name } = declared.metadata;
  const source = declared.spec.access.directory === undefined ? "live" : "directory";
  const { directory, context, kubeconfig } = declared.spec.access;
  const access = directory ?? context ?? kubeconfig?.path ?? name;
  const cluster = observed.clusters.get(name);
  if (cluster === undefined) {
    const unreachable = observed.unreachable.get(name)?.message ?? "not read";
    return { name, source, access, unreachable, istiodVersions: [], gateway: [], trustRoots: [], owned: 0 };
  }
  const gateway = gatewayAddresses(
    istioCluster(cluster, intents),
    declared.spec.eastWestGateway,
    declared.spec.locality,
  );
  return {
    ...{ name, source, access },
    ...(cluster.version === undefined ? {} : { version: cluster.version }),
    istiodVersions: cluster.istiodVersions,
    gateway: "addresses" in gateway ? gateway.addresses.map(({ address, port }) => showHostPort(address, port)) : [],
    trustRoots: cluster.trustRoots.map(({ fingerprint }) => fingerprint),
    owned: cluster.objects.filter(isInventory).length,
  };
}

function linksOf(traces: readonly PathTrace[]): readonly LinkStatus[] {
  const links = new Map<string, { readonly from: string; readonly to: string; readonly traces: PathTrace[] }>();
  for (const each of traces) {
    const { path } = each;
    const to = path.direction === "across" ? path.server.cluster : path.direction === "out" ? path.via : undefined;
    if (path.direction === "in" || to === undefined || to === path.consumer.cluster) continue;
    const from = path.consumer.cluster;
    const link = links.get(`${from} ${to}`) ?? { from, to, traces: [] };
    link.traces.push(each);
    links.set(`${from} ${to}`, link);
  }
  const all = [...links].sort(([one], [other]) => (one < other ? -1 : 1));
  return all.map(([, { from, to, traces: found }]) => ({ from, to, paths: pathCounts(found) }));
}

function sharedServiceStatus(service: SharedService, mesh: TracedMesh): SharedServiceStatus {
  const { name, namespace } = service.metadata;
  const owner = ownerName("SharedService", namespace, name);
  const paths = acrossPaths(owner, mesh);
  return {
    name: `${namespace}/${name}`,
    hosts: unique(paths.map(({ host }) => host)),
    servedBy: declaredServers(service, mesh.intents),
    consumers: consumersOf(paths),
    ...mesh.states(owner),
  };
}

function externalAccessStatus({ kind, metadata, spec }: ExternalAccess, mesh: TracedMesh): ExternalAccessStatus {
  const { name, namespace } = metadata;
  return {
    name: `${namespace}/${name}`,
    hosts: unique(spec.hosts),
    clusters: selectClusters(spec.clusters, mesh.intents.clusters).map((cluster) => cluster.metadata.name),
    ...mesh.states(ownerName(kind, namespace, name)),
  };
}

function externalServiceStatus({ kind, metadata, spec }: ExternalService, mesh: TracedMesh): ExternalServiceStatus {
  const { name, namespace } = metadata;
  const owner = ownerName(kind, namespace, name);
  const paths = mesh.paths.filter(
    (path): path is ExternalServicePath => path.owner === owner && path.direction === "out",
  );
  return {
    name: `${namespace}/${name}`,
    hosts: unique(spec.hosts),
    ...(spec.via === undefined ? {} : { via: spec.via }),
    consumers: consumersOf(paths),
    ...mesh.states(owner),
  };
}

function consumersOf(paths: readonly (AcrossPath | ExternalServicePath)[]): readonly string[] {
  return unique(
    paths.map(({ consumer: { cluster, namespace } }) => (namespace === "*" ? cluster : `${cluster}/${namespace}`)),
  );
}

/** What ServiceExports have made, where the Mesh asks for them. */
function exportedServices(mesh: TracedMesh): readonly SharedServiceStatus[] {
  const prefix = "ServiceExport.";
  const owners = unique([...mesh.paths.map(({ owner }) => owner), ...mesh.held.keys()]).filter(
    (owner) => owner.startsWith(prefix) && isOwnerAsked(owner, mesh),
  );
  return owners.map((owner) => {
    const paths = acrossPaths(owner, mesh);
    const server = paths[0]?.server;
    return {
      name: server === undefined ? owner.slice(prefix.length) : `${server.namespace}/${server.service}`,
      exported: true,
      hosts: unique(paths.map(({ host }) => host)),
      servedBy: unique(paths.map((path) => path.server.cluster)),
      consumers: unique(paths.map(({ consumer }) => consumer.cluster)),
      ...mesh.states(owner),
    };
  });
}

function acrossPaths(owner: string, { paths }: TracedMesh): readonly AcrossPath[] {
  return paths.filter((path): path is AcrossPath => path.owner === owner && path.direction === "across");
}

function declaredServers(service: SharedService, intents: Intents): readonly string[] {
  return selectClusters(service.spec.servedBy, intents.clusters).map(({ metadata }) => metadata.name);
}

function unique(values: readonly string[]): readonly string[] {
  return [...new Set(values)].sort();
}
