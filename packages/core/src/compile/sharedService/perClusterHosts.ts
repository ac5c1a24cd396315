import { say } from "../../findings/index.ts";
import { at, hostSchema, type Mesh } from "../../model/index.ts";
import type { CompileContext } from "../declaration/compileContext.ts";
import { addressToCome, type NamedHost, namedHost } from "../declaration/namedHost.ts";
import { placements } from "../declaration/placement.ts";
import type { Consumer } from "../declaration/resolveConsumers.ts";
import { declaredPath } from "./declaredPath.ts";

import { perClusterDestinationRule, perClusterObjectName, perClusterServiceEntry } from "./perCluster.ts";
import type { ResolvedService, Server } from "./resolvedService.ts";
import { passthroughHost } from "./serverSide.ts";
import { identities, type Part, type VersionLabels, versionKey, versionName } from "./version.ts";
import { plainName, virtualService } from "./virtualService.ts";

/** A part of a service that the routes of a consuming cluster lead to. */
export interface PartDemand {
  readonly shared: ResolvedService;
  readonly consumer: Consumer;
  readonly part: Part;
}

/** One name in one consuming cluster that leads to one serving cluster, or one version there. */
interface NamedImport {
  readonly shared: ResolvedService;
  readonly server: Server;
  readonly consumer: Consumer;
  readonly version: VersionLabels | undefined;
  readonly host: string;
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
  const { timeout, retries } = shared.intent.spec.traffic ?? {};
  return [...wanted.values()]
    .flatMap((demand) => namedImport(demand, trusted, context) ?? [])
    .map((named) => {
      const { server, consumer, version, host } = named;
      const claim = {
        owner: shared.owner,
        facts: consumer.facts,
        namespaces: consumer.namespaces,
        host,
        ports: server.ports.map(({ number }) => number),
        meaning: `${shared.owner} ${server.facts.name}${version === undefined ? "" : ` ${versionKey(version)}`}`,
        place: at(shared.intent, "spec", "as"),
        remedy: "use {service}, {namespace} and {cluster} in spec.names.perCluster of the Mesh",
        ruleRemedy: "what it sets belongs in spec.traffic of the SharedService",
        writesRoutes: timeout !== undefined || retries !== undefined,
        entries: perClusterObjectName(named),
      };
      return namedHost(claim, context.mesh, (own) => emitImport(named, own));
    });
}

function demandKey({ shared, consumer, part: { cluster, labels = {} } }: PartDemand): string {
  return JSON.stringify([shared.owner, consumer.facts.name, cluster, versionKey(labels)]);
}

function namedImport(
  { shared, consumer, part }: PartDemand,
  trusted: (consumer: Consumer, server: Server, shared: ResolvedService) => boolean,
  { mesh, report }: CompileContext,
): NamedImport | undefined {
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
  return trusted(consumer, server, shared) ? { shared, server, consumer, version: part.labels, host } : undefined;
}

function emitImport({ shared, server, consumer, version, host }: NamedImport, context: CompileContext): void {
  const { mesh } = context;
  const cluster = consumer.facts.name;
  const name = {
    shared,
    server,
    version,
    host,
    passthroughHost: passthroughHost(shared, mesh, version),
    identities: identities(shared, server, version),
  };
  for (const placement of placements(consumer.namespaces, mesh)) {
    const routes = virtualService(plainName(shared, host, server.ports), placement);
    context.emit(
      cluster,
      perClusterDestinationRule(name, placement),
      perClusterServiceEntry(name, addressToCome, placement),
      ...(routes === undefined ? [] : [routes]),
    );
  }
  for (const namespace of consumer.namespaces ?? ["*"]) {
    for (const port of server.ports) {
      context.declare(declaredPath(shared, server, mesh, { host, port, cluster, namespace, version }));
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
