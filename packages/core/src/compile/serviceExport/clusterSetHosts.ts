import { serviceHost } from "../../istio/index.ts";
import { clusterSetDomain } from "../../kinds/index.ts";
import type { CompileContext } from "../declaration/compileContext.ts";
import { addressToCome, type NamedHost, namedHost } from "../declaration/namedHost.ts";
import type { Consumer } from "../declaration/resolveConsumers.ts";
import { declaredPath } from "../sharedService/declaredPath.ts";
import { haveAddresses } from "../sharedService/meshHosts.ts";
import { passthroughHost } from "../sharedService/serverSide.ts";
import type { Server } from "../sharedService/share.ts";
import { spreadOf } from "../sharedService/spread.ts";
import { identities } from "../sharedService/version.ts";
import { clusterSetRule, clusterSetServiceEntries, serviceImport } from "./clusterSet.ts";
import type { ExportedShare } from "./resolveExports.ts";

type Trusted = (consumer: Consumer, server: Server, share: ExportedShare) => boolean;

/** `httpbin.bar.svc.clusterset.local` in every cluster that may import it. */
export function clusterSetHosts(share: ExportedShare, trusted: Trusted, context: CompileContext): readonly NamedHost[] {
  return share.consumers.flatMap((consumer) => clusterSetHost(share, consumer, trusted, context) ?? []);
}

function clusterSetHost(
  share: ExportedShare,
  consumer: Consumer,
  trusted: Trusted,
  context: CompileContext,
): NamedHost | undefined {
  const { report } = share;
  const { mesh } = context;
  const candidates = share.servers.filter((server) => trusted(consumer, server, share));
  if (candidates.length === 0 || !haveAddresses(share, candidates, { ...context, report })) return undefined;
  const { servers } = spreadOf(share, candidates, undefined, report);
  const host = serviceHost(share.service, share.namespace, { clusterDomain: clusterSetDomain });
  const name = {
    share,
    host,
    servers,
    passthroughHost: passthroughHost(share, mesh),
    identities: [...new Set(servers.flatMap((server) => identities(share, server)))].sort(),
  };
  const { facts } = consumer;
  const claim = {
    owner: share.owner,
    facts,
    namespaces: undefined,
    host,
    ports: [...new Set(servers.flatMap(({ ports }) => ports.map(({ number }) => number)))],
    meaning: share.owner,
    place: share.place,
    remedy: "remove the ServiceExport",
    ruleRemedy: "names of exported services take their settings from Isthmus",
    exportPlace: share.place,
    entries: { service: share.service, namespace: share.namespace },
  };
  return namedHost(claim, mesh, ({ emit, declare }) => {
    const { istioNamespace } = mesh.spec;
    emit(facts.name, clusterSetRule(name, istioNamespace));
    emit(facts.name, ...clusterSetServiceEntries(name, addressToCome, istioNamespace));
    const imported = serviceImport(name, addressToCome, facts);
    if (imported !== undefined) emit(facts.name, imported);
    for (const server of servers) {
      for (const port of server.ports) {
        const path = declaredPath(share, server, mesh, { host, port, cluster: facts.name, namespace: "*" });
        declare({ ...path, identities: name.identities });
      }
    }
  });
}
