import {
  at,
  type ClusterObject,
  type DeclaredPath,
  declaredOwners,
  type Intent,
  istioCluster,
  type Problem,
  showDeclared,
  showPlace,
} from "@isthmus/core";
import { type DescribedServer, describeServer } from "@isthmus/core/describe";
import type { Action } from "@isthmus/core/plan";
import { type Trace, whyNot } from "@isthmus/core/trace";
import { type ClusterStatus, type MeshStatus, statusOf, tracedMesh } from "./meshStatus.ts";
import type { PlannedMesh } from "./planMesh.ts";
import { clustersOf } from "./scope.ts";

/** An object of ours, or that is to be. */
export interface DescribedObject extends ClusterObject {
  readonly owner: string;
  readonly state: "in place" | "missing" | "differs" | "not declared any longer" | "left as it is";
  /** The fields that differ. */
  readonly fields: readonly string[];
  /** Why it is left as it is. */
  readonly reason?: string;
}

export interface DescribedPath {
  readonly path: DeclaredPath;
  readonly verdict: Trace["verdict"];
  readonly why?: string;
  readonly assumes: Trace["assumes"];
}

/** All about what is called by one name, or declared by it. */
export interface HostDescription extends Pick<MeshStatus, "sharedServices" | "externalAccesses" | "externalServices"> {
  readonly name: string;
  /** What declares it, and where that is written. */
  readonly declarations: readonly { readonly declaration: string; readonly at: string }[];
  readonly hosts: readonly string[];
  /** Of the clusters that its paths meet, with the certificates that their workloads trust. */
  readonly clusters: readonly (Pick<ClusterStatus, "name" | "gateway" | "unreachable"> & {
    readonly trustRoots: readonly {
      readonly subject: string;
      readonly fingerprint: string;
      readonly notAfter: string;
    }[];
  })[];
  readonly servers: readonly DescribedServer[];
  readonly objects: readonly DescribedObject[];
  readonly paths: readonly DescribedPath[];
  /** Only what concerns it. */
  readonly problems: readonly Problem[];
}

/** Describes a host, or what is declared as `service.namespace`. Throws USAGE where there is neither. */
export function describeHost(now: PlannedMesh, name: string): HostDescription {
  const mesh = tracedMesh(now, { services: [name] });
  const { observed, intents, plan, problems, traces, scope } = mesh;
  const { owners = new Set() } = scope;
  const { sharedServices, externalAccesses, externalServices, clusters } = statusOf(mesh);
  const called = traces.filter(({ path }) => path.host === name);
  const shown = called.length === 0 ? traces : called;
  const paths = shown.map(({ path }) => path);
  const objects = plan.actions.filter(({ owner }) => owners.has(owner)).map(describedObject);
  const declared = declarationsOf(now, owners);
  const servers = serversOf(paths).flatMap(({ cluster, namespace, service }) => {
    const seen = observed.clusters.get(cluster);
    return seen === undefined ? [] : [describeServer(istioCluster(seen, intents), namespace, service)];
  });
  const met = new Set([...paths.flatMap(clustersOf), ...objects.map(({ cluster }) => cluster)]);
  const about = new Set([
    ...declared.map(showDeclared),
    ...[...objects, ...servers.flatMap(({ policies }) => policies.map(({ object }) => object))].map(placeKey),
    ...servers.map(({ cluster, namespace, service }) =>
      placeKey({ cluster, kind: "Service", namespace, name: service }),
    ),
    ...[...met].map((cluster) => placeKey({ cluster })),
  ]);
  return {
    name,
    declarations: declared.map((intent) => ({
      declaration: showDeclared(intent),
      at: showPlace(now.sources?.locate(at(intent)) ?? {}),
    })),
    ...{ sharedServices, externalAccesses, externalServices },
    hosts: [...new Set(paths.map(({ host }) => host))].sort(),
    clusters: clusters.filter((cluster) => met.has(cluster.name)).map((cluster) => describedCluster(cluster, now)),
    servers,
    objects,
    paths: shown.map(({ path, trace }) => {
      const why = whyNot(trace);
      return { path, verdict: trace.verdict, ...(why === undefined ? {} : { why }), assumes: trace.assumes };
    }),
    problems: problems.filter(({ place, refs }) => [place, ...refs].some((each) => about.has(placeKey(each)))),
  };
}

function declarationsOf({ intents }: PlannedMesh, owners: ReadonlySet<string>): readonly Intent[] {
  return declaredOwners(intents).flatMap(({ owner, declaration }) => (owners.has(owner) ? [declaration] : []));
}

function describedCluster(
  { name, gateway, unreachable }: ClusterStatus,
  { observed }: PlannedMesh,
): HostDescription["clusters"][number] {
  const roots = observed.clusters.get(name)?.trustRoots ?? [];
  return {
    ...{ name, gateway, ...(unreachable === undefined ? {} : { unreachable }) },
    trustRoots: roots.map(({ subject, fingerprint, notAfter }) => ({ subject, fingerprint, notAfter })),
  };
}

/** Each Service that a path leads to, once. */
function serversOf(paths: readonly DeclaredPath[]) {
  const servers = paths.flatMap((path) => (path.direction === "out" ? [] : [path.server]));
  return [...new Map(servers.map((each) => [`${each.cluster} ${each.namespace}/${each.service}`, each])).values()];
}

function describedObject(action: Action): DescribedObject {
  const { cluster, ref, owner, changes, reason } = action;
  const { group: _group, ...named } = ref;
  return {
    ...{ cluster, ...named, owner, state: stateOf(action) },
    fields: changes.map(({ path }) => path),
    ...(reason === undefined ? {} : { reason }),
  };
}

function stateOf({ verb, live, reason }: Action): DescribedObject["state"] {
  switch (verb) {
    case "create":
      return "missing";
    case "update":
      return "differs";
    case "delete":
      return "not declared any longer";
    case "noop":
      if (live === undefined) return "missing";
      return reason === undefined ? "in place" : "left as it is";
  }
}

/** Of a declaration, an object or a cluster, whatever field of it is meant. */
function placeKey({ cluster, kind, namespace, name }: Partial<ClusterObject>): string {
  return showPlace({
    ...(cluster === undefined ? {} : { cluster }),
    ...(kind === undefined ? {} : { kind }),
    ...(namespace === undefined ? {} : { namespace }),
    ...(name === undefined ? {} : { name }),
  });
}
