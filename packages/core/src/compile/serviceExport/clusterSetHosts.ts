import { serviceHost } from "../../istio/index.ts";
import { clusterSetDomain } from "../../kinds/index.ts";
import type { CompileContext } from "../declaration/compileContext.ts";
import { addressToCome, type NamedHost, namedHost } from "../declaration/namedHost.ts";
import type { Consumer } from "../declaration/resolveConsumers.ts";
import { declaredPath } from "../sharedService/declaredPath.ts";
import { haveAddresses } from "../sharedService/meshHosts.ts";
import type { Server } from "../sharedService/resolvedService.ts";
import { passthroughHost } from "../sharedService/serverSide.ts";
import { spreadOf } from "../sharedService/spread.ts";
import { identities } from "../sharedService/version.ts";
import { clusterSetRule, clusterSetServiceEntries, serviceImport } from "./clusterSet.ts";
import type { ExportedService } from "./resolveExports.ts";

type Trusted = (consumer: Consumer, server: Server, shared: ExportedService) => boolean;

/** `httpbin.bar.svc.clusterset.local` in every cluster that may import it. */
export function clusterSetHosts(
  shared: ExportedService,
  trusted: Trusted,
  context: CompileContext,
): readonly NamedHost[] {
  return shared.consumers.flatMap((consumer) => clusterSetHost(shared, consumer, trusted, context) ?? []);
}

function clusterSetHost(
  shared: ExportedService,
  consumer: Consumer,
  trusted: Trusted,
  context: CompileContext,
): NamedHost | undefined {
  const { report } = shared;
  const { mesh } = context;
  const candidates = shared.servers.filter((server) => trusted(consumer, server, shared));
  if (candidates.length === 0 || !haveAddresses(shared, candidates, { ...context, report })) return undefined;
  const { servers } = spreadOf(shared, candidates, undefined, report);
  const host = serviceHost(shared.service, shared.namespace, { clusterDomain: clusterSetDomain });
  const name = {
    shared,
    host,
    servers,
    passthroughHost: passthroughHost(shared, mesh),
    identities: [...new Set(servers.flatMap((server) => identities(shared, server)))].sort(),
  };
  const { facts } = consumer;
  const claim = {
    owner: shared.owner,
    facts,
    namespaces: undefined,
    host,
    ports: [...new Set(servers.flatMap(({ ports }) => ports.map(({ number }) => number)))],
    meaning: shared.owner,
    place: shared.place,
    remedy: "remove the ServiceExport",
    ruleRemedy: "names of exported services take their settings from Isthmus",
    exportPlace: shared.place,
    entries: { service: shared.service, namespace: shared.namespace },
  };
  return namedHost(claim, mesh, ({ emit, declare }) => {
    const { istioNamespace } = mesh.spec;
    emit(facts.name, clusterSetRule(name, istioNamespace));
    emit(facts.name, ...clusterSetServiceEntries(name, addressToCome, istioNamespace));
    const imported = serviceImport(name, addressToCome, facts);
    if (imported !== undefined) emit(facts.name, imported);
    for (const server of servers) {
      for (const port of server.ports) {
        const path = declaredPath(shared, server, mesh, { host, port, cluster: facts.name, namespace: "*" });
        declare({ ...path, identities: name.identities });
      }
    }
  });
}
