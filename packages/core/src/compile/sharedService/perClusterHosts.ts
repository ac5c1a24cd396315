import { say } from "../../findings/index.ts";
import type { KubeObject } from "../../kinds/index.ts";
import { at, hostSchema, type Mesh } from "../../model/index.ts";
import type { CompileContext } from "../declaration/compileContext.ts";
import { type NamedHost, namedHost } from "../declaration/namedHost.ts";
import { type Placement, placements } from "../declaration/placement.ts";
import type { Consumer } from "../declaration/resolveConsumers.ts";
import { declaredPath } from "./declaredPath.ts";
import { type ClusterName, perClusterObjectName, perClusterObjects } from "./perCluster.ts";
import type { ResolvedService, Server } from "./resolvedService.ts";
import { passthroughHost } from "./serverSide.ts";
import { identities, type Part, versionKey, versionName } from "./version.ts";

/** A part of a service that the routes of a consuming cluster lead to. */
export interface PartDemand {
  readonly shared: ResolvedService;
  readonly consumer: Consumer;
  readonly part: Part;
}

/** `httpbin.bar.cluster2`, for a version `v1.httpbin.bar.cluster2`; undefined where that is not a DNS name. */
export function partHost(shared: ResolvedService, { cluster, labels }: Part, mesh: Mesh): string | undefined {
  const template = mesh.spec.names.perCluster;
  const prefix = labels === undefined ? "" : `${versionName(shared, labels)}.`;
  return hostName(`${prefix}${template}`, { service: shared.service, namespace: shared.namespace, cluster });
}

/** Names of the form `httpbin.bar.cluster2` for a service that asks for them, and for what its routes lead to. */
export function perClusterHosts(
  shared: ResolvedService,
  demands: readonly PartDemand[],
  trusted: (consumer: Consumer, server: Server, shared: ResolvedService) => boolean,
  context: CompileContext,
): readonly NamedHost[] {
  const asked = shared.intent.spec.as.includes("PerCluster")
    ? shared.servers.flatMap(({ facts }) =>
        shared.consumers.map((consumer) => ({ shared, consumer, part: { cluster: facts.name } })),
      )
    : [];
  const wanted = new Map([...asked, ...demands].map((demand) => [demandKey(demand), demand]));
  const names = new Map<string, WrittenName | undefined>();
  return [...wanted.values()].flatMap((demand) => {
    const key = nameKey(demand);
    if (!names.has(key)) names.set(key, writtenName(demand, shared, context));
    const name = names.get(key);
    return name === undefined || !trusted(demand.consumer, name.server, demand.shared)
      ? []
      : [importedHost(name, demand.consumer, shared, context.mesh)];
  });
}

function demandKey(demand: PartDemand): string {
  return `${demand.consumer.facts.name} ${nameKey(demand)}`;
}

function nameKey({ shared, part: { cluster, labels = {} } }: PartDemand): string {
  return `${shared.owner} ${cluster} ${versionKey(labels)}`;
}

/** A name with what is written for it, which consuming clusters have in common. */
interface WrittenName extends ClusterName {
  readonly portNumbers: readonly number[];
  readonly meaning: string;
  objectsIn(placement: Placement): readonly KubeObject[];
}

function writtenName(
  { shared, part }: PartDemand,
  asking: ResolvedService,
  { mesh, report }: CompileContext,
): WrittenName | undefined {
  const server = shared.servers.find(({ facts }) => facts.name === part.cluster);
  if (server === undefined) return undefined;
  const host = partHost(shared, part, mesh);
  if (host === undefined) {
    report.add(
      shared.owner,
      "NAME_TEMPLATE_INVALID",
      at(mesh, "spec", "names", "perCluster"),
      say`${{ perCluster: mesh.spec.names.perCluster }} yields no valid host name for ${{ namespace: shared.namespace }}/${{ service: shared.service }} in ${{ cluster: server.facts.name }}`,
      "a host name has at most 253 characters and 63 between dots",
    );
    return undefined;
  }
  const version = part.labels;
  const name: ClusterName = {
    ...{ shared, server, version, host },
    passthroughHost: passthroughHost(shared, mesh, version),
    identities: identities(shared, server, version),
    objectName: perClusterObjectName({ shared, server, version }),
  };
  const objects = new Map<string, readonly KubeObject[]>();
  return {
    ...name,
    portNumbers: server.ports.map(({ number }) => number),
    meaning: `${asking.owner} ${server.facts.name}${version === undefined ? "" : ` ${versionKey(version)}`}`,
    objectsIn(placement) {
      const key = `${placement.namespace} ${placement.exportTo}`;
      const known = objects.get(key) ?? perClusterObjects(name, placement);
      objects.set(key, known);
      return known;
    },
  };
}

/** The name in one consuming cluster. `asking`: the service whose declaration asks for it, by itself or by its routes. */
function importedHost(name: WrittenName, consumer: Consumer, asking: ResolvedService, mesh: Mesh): NamedHost {
  const { timeout, retries } = asking.intent.spec.traffic ?? {};
  const claim = {
    owner: asking.owner,
    facts: consumer.facts,
    namespaces: consumer.namespaces,
    host: name.host,
    ports: name.portNumbers,
    meaning: name.meaning,
    place: at(asking.intent, "spec", "as"),
    remedy: "use {service}, {namespace} and {cluster} in spec.names.perCluster of the Mesh",
    ruleRemedy: "what it sets belongs in spec.traffic of the SharedService",
    writesRoutes: timeout !== undefined || retries !== undefined,
    entries: name.objectName,
  };
  return namedHost(claim, mesh, (context) => emitImport(name, consumer, context));
}

function emitImport(name: WrittenName, { facts, namespaces }: Consumer, context: CompileContext): void {
  const { shared, server, version, host } = name;
  const cluster = facts.name;
  for (const placement of placements(namespaces, context.mesh)) context.emit(cluster, ...name.objectsIn(placement));
  for (const namespace of namespaces ?? ["*"]) {
    for (const port of server.ports) {
      context.declare(declaredPath(shared, server, context.mesh, { host, port, cluster, namespace, version }));
    }
  }
}

export interface HostParts {
  readonly service: string;
  readonly namespace: string;
  readonly cluster: string;
}

/** Fills a name template; undefined where the result is not a DNS name (RFC 1123: 253 characters, labels of 63). */
export function hostName(template: string, parts: HostParts): string | undefined {
  const host = template
    .replaceAll("{service}", parts.service)
    .replaceAll("{namespace}", parts.namespace)
    .replaceAll("{cluster}", parts.cluster);
  const fits = hostSchema.safeParse(host).success && host.split(".").every((label) => label.length <= 63);
  return fits && !host.startsWith("*") ? host : undefined;
}
