import { type IstioCluster, isInjected, memoised, memoisedBy } from "../istio/index.ts";
import { tokenPlaceholder } from "../istio/policy/index.ts";
import { ownerName } from "../kinds/index.ts";
import {
  type AcrossPath,
  consumersAt,
  type DeclaredPath,
  type ExternalAccess,
  type ExternalAccessPath,
  type ExternalServicePath,
  type Intents,
  isConsumer,
  type SharedService,
} from "../model/index.ts";
import { schemeOf } from "./schemeOf.ts";
import { type OutsideRequest, type TraceRequest, usualRequest } from "./traceRequest.ts";
import type { TraceWorld } from "./traceWorld.ts";

/** What the requests of paths depend on. */
export type PathIntents = Pick<Intents, "mesh" | "clusters" | "sharedServices" | "externalAccesses">;

/** The request that proves a declared path: by a caller that may make it, with a method and path that it may use. */
export function requestsOfPaths(intents: PathIntents, world: TraceWorld): (path: DeclaredPath) => TraceRequest {
  const shared = byOwner(intents.sharedServices);
  const accesses = byOwner(intents.externalAccesses);
  return (path) => {
    switch (path.direction) {
      case "across":
        return acrossRequest(path, shared.get(path.owner), { clusters: intents.clusters, world });
      case "out":
        return externalServiceRequest(path, world);
      case "in":
        return externalAccessRequest(path, accesses.get(path.owner));
    }
  };
}

type Declared = Intents["sharedServices" | "externalAccesses"][number];

/** As declared paths name it. */
function byOwner<T extends Declared>(declared: readonly T[]): ReadonlyMap<string, T> {
  return new Map(
    declared.map((each) => [ownerName(each.kind, each.metadata.namespace, each.metadata.name), each] as const),
  );
}

function acrossRequest(
  path: AcrossPath,
  shared: SharedService | undefined,
  { clusters, world }: { readonly clusters: Intents["clusters"]; readonly world: TraceWorld },
): TraceRequest {
  const { consumer, host, port } = path;
  const namespace = namespaceOf(path, world);
  const consumers =
    shared === undefined ? [] : consumersAt(shared.spec, { cluster: consumer.cluster, namespace }, clusters);
  const isCaller = (identity: string) => identity.endsWith(`.${namespace}`) && isConsumer(identity, consumers);
  const rule = shared?.spec.access?.find(
    ({ ports, from }) => (ports === undefined || ports.includes(port)) && (from === undefined || from.some(isCaller)),
  );
  const named = rule?.from?.filter(isCaller).map((identity) => identity.slice(0, identity.lastIndexOf(".")));
  const cluster = world.clusters.get(consumer.cluster);
  const present = cluster === undefined ? new Set<string>() : accountsIn(cluster, namespace);
  const account = oneThatCalls(named ?? accountsOf(consumers), present);
  const scheme = schemeOf(path.protocol);
  const { method, headers } = usualRequest(scheme);
  return {
    from: {
      cluster: consumer.cluster,
      namespace,
      workload: "*",
      ...(account === undefined ? {} : { serviceAccount: account }),
    },
    method: rule?.methods?.[0] ?? method,
    url: { scheme, host, port, path: rule?.paths?.[0]?.replace(/\*/g, "x") ?? "/" },
    headers,
  };
}

const accountsIn = memoisedBy(
  (cluster: IstioCluster, namespace: string): ReadonlySet<string> =>
    new Set(cluster.workloadsIn(namespace).map(({ serviceAccount }) => serviceAccount)),
);

/** Undefined where every account may call: a consumer without accounts lets all in. */
function accountsOf(consumers: SharedService["spec"]["consumers"]): readonly string[] | undefined {
  if (consumers.some(({ serviceAccounts }) => serviceAccounts === undefined)) return undefined;
  return consumers.flatMap(({ serviceAccounts = [] }) => serviceAccounts);
}

/** One that a workload runs under, if any does. */
function oneThatCalls(accounts: readonly string[] | undefined, present: ReadonlySet<string>): string | undefined {
  return accounts?.find((account) => present.has(account)) ?? accounts?.[0];
}

function externalServiceRequest(path: ExternalServicePath, world: TraceWorld): TraceRequest {
  const { consumer, host, port } = path;
  const scheme = schemeOf(path.protocol);
  return {
    from: { cluster: consumer.cluster, namespace: namespaceOf(path, world), workload: "*" },
    ...usualRequest(scheme),
    // Any name that the wildcard covers will do.
    url: { scheme, host: host.replace(/^\*/, "any"), port, path: "/" },
  };
}

function namespaceOf({ consumer }: AcrossPath | ExternalServicePath, world: TraceWorld): string {
  return consumer.namespace === "*" ? anyNamespace(world.clusters.get(consumer.cluster)) : consumer.namespace;
}

/** Where any namespace may call: one with a sidecar, else one that injects them. */
function anyNamespace(cluster: IstioCluster | undefined): string {
  return cluster === undefined ? "default" : callingNamespace(cluster);
}

const callingNamespace = memoised((cluster: IstioCluster): string => {
  const meshed = cluster.workloads.find(({ proxy }) => proxy === "sidecar")?.namespace;
  const injecting = [...cluster.namespaces.values()].find((namespace) => isInjected(namespace))?.metadata.name;
  return meshed ?? injecting ?? "default";
});

/** What a client outside sends that has all that is asked for: a certificate with an accepted name, a good token. */
function externalAccessRequest(
  { host, port, protocol, server }: ExternalAccessPath,
  access?: ExternalAccess,
): OutsideRequest {
  const { tls, jwt } = access?.spec ?? {};
  const [issuer] = jwt?.issuers ?? [];
  const [header] = issuer?.fromHeaders ?? [];
  const claims = Object.fromEntries((jwt?.claims ?? []).map(({ name, values }) => [name, values.slice(0, 1)]));
  return {
    from: { outside: true, cluster: server.cluster },
    method: "GET",
    url: { scheme: protocol === "HTTP" ? "http" : "https", host: host.replace(/^\*/, "any"), port, path: "/" },
    headers: header === undefined ? {} : { [header.name.toLowerCase()]: `${header.prefix ?? ""}${tokenPlaceholder}` },
    ...(tls?.mode === "Mutual" ? { clientCertificate: { subjectAltNames: tls.clients?.subjectAltNames ?? [] } } : {}),
    ...(issuer === undefined
      ? {}
      : {
          claims: {
            sub: ["client"],
            ...claims,
            iss: [issuer.issuer],
            ...(issuer.audiences === undefined ? {} : { aud: issuer.audiences.slice(0, 1) }),
          },
        }),
  };
}
