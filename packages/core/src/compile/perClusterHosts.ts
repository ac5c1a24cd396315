import { at } from "../model/intents.ts";
import { type CompileContext, identities } from "./compileContext.ts";
import { declaredPath } from "./declaredPath.ts";
import { hostName } from "./hostName.ts";
import type { NamedHost } from "./nameHosts.ts";
import { perClusterDestinationRule, perClusterServiceEntry } from "./perCluster.ts";
import { placements } from "./placement.ts";
import { passthroughHost } from "./serverSide.ts";
import type { Consumer, Server, Share } from "./share.ts";

/** One name in one consuming cluster that leads to one serving cluster. */
interface NamedImport {
  readonly share: Share;
  readonly server: Server;
  readonly consumer: Consumer;
  readonly host: string;
}

/** Names of the form `httpbin.bar.cluster2` for all shares that ask for them. */
export function perClusterHosts(
  shares: readonly Share[],
  trusted: (consumer: Consumer, server: Server, share: Share) => boolean,
  context: CompileContext,
): readonly NamedHost[] {
  return shares
    .filter(({ intent }) => intent.spec.as.includes("PerCluster"))
    .flatMap((share) => namedImports(share, trusted, context))
    .map((named): NamedHost => {
      const { share, server, consumer, host } = named;
      return {
        owner: share.owner,
        facts: consumer.facts,
        namespaces: consumer.namespaces,
        host,
        meaning: `${share.owner} ${server.facts.name}`,
        place: at(share.intent, "spec", "as"),
        remedy: "use {service}, {namespace} and {cluster} in spec.names.perCluster of the Mesh",
        ruleRemedy: "what it sets belongs in spec.traffic of the SharedService",
        address: "virtual",
        write: (vip) => emitImport(named, vip, context),
      };
    });
}

function namedImports(
  share: Share,
  trusted: (consumer: Consumer, server: Server, share: Share) => boolean,
  { mesh, report }: CompileContext,
): readonly NamedImport[] {
  return share.servers.flatMap((server) => {
    const template = mesh.spec.names.perCluster;
    const host = hostName(template, {
      service: share.service,
      namespace: share.namespace,
      cluster: server.facts.name,
    });
    if (host === undefined) {
      report.add(
        share.owner,
        "NAME_TEMPLATE_INVALID",
        at(mesh, "spec", "names", "perCluster"),
        `${template} yields no valid host name for ${share.namespace}/${share.service} in ${server.facts.name}`,
        "a host name has at most 253 characters and 63 between dots",
      );
      return [];
    }
    return share.consumers
      .filter((consumer) => trusted(consumer, server, share))
      .map((consumer) => ({ share, server, consumer, host }));
  });
}

function emitImport({ share, server, consumer, host }: NamedImport, vip: string, context: CompileContext): void {
  const { mesh } = context;
  const cluster = consumer.facts.name;
  for (const placement of placements(consumer.namespaces, mesh)) {
    context.emit(
      cluster,
      perClusterDestinationRule(
        share,
        server,
        { host, passthroughHost: passthroughHost(share, mesh) },
        identities(share, server, mesh),
        placement,
      ),
      perClusterServiceEntry(share, server, host, vip, placement),
    );
  }
  for (const namespace of consumer.namespaces ?? ["*"]) {
    for (const port of server.ports) {
      context.declare(declaredPath(share, server, mesh, { host, port, cluster, namespace }));
    }
  }
}
