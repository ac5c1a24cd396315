import { say } from "../../findings/index.ts";
import { noteRead, passthroughSni } from "../../istio/index.ts";
import { at, type Intents, selectClusters } from "../../model/index.ts";
import { declaredPart } from "../../world/index.ts";
import type { CompileContext } from "../declaration/compileContext.ts";
import { passthroughHosts } from "../sharedService/serverSide.ts";
import type { Server, Share, SharedPort } from "../sharedService/share.ts";
import { allowedCalls, areRulesForHttp, denyRules, isMerged, type Rule, targetPort } from "./accessRules.ts";
import { denyPolicy } from "./denyPolicy.ts";
import { gatewayPrincipals } from "./gatewayPrincipals.ts";

/**
 * Holds callers inside a serving cluster to the consumers that name this cluster, where the Mesh asks for it: everything that
 * does not come by the entry Service, plain text too. Ingress gateways that an ExternalAccess leads through stay allowed.
 */
export function compileLocalAccess(share: Share, intents: Intents, context: CompileContext): void {
  if (context.mesh.spec.access.localCallers === "Any") return;
  const isDryRun = share.intent.spec.accessDryRun ?? context.mesh.spec.access.dryRun;
  for (const server of share.servers) {
    if (!areRulesForHttp(share, server, context.report)) continue;
    const rules = server.ports.map((port) => rulesOfPort(share, server, port, { intents, context }));
    if (rules.includes(undefined)) continue;
    context.emit(
      server.facts.name,
      denyPolicy(share, server, { name: ["access", "local"], rules: rules.flatMap((list) => list ?? []), isDryRun }),
    );
  }
}

/** Merged names give local calls the entry Service's SNI, so there all calls meet the rules, of all consumers. */
function rulesOfPort(
  share: Share,
  server: Server,
  port: SharedPort,
  { intents, context }: { readonly intents: Intents; readonly context: CompileContext },
): readonly Rule[] | undefined {
  const { mesh, report } = context;
  const target = targetPort(server, port);
  if (typeof target === "string") {
    report.add(
      share.owner,
      "PORT_NAMED",
      at(mesh, "spec", "access", "localCallers"),
      say`${{ service: { cluster: server.facts.name, kind: "Service", namespace: share.namespace, name: share.service } }} in ${{ cluster: server.facts.name }} names its pods' port for ${{ number: port.number }}, so local callers cannot be held to rules at that port alone`,
      "give targetPort as a number there",
    );
    return undefined;
  }
  const merged = isMerged(share, server);
  const consumers = share.intent.spec.consumers.filter(
    ({ clusters }) => merged || selectClusters(clusters, intents.clusters).includes(server.cluster),
  );
  const gateways = entrancePrincipals(share, server, port, intents);
  const snis = passthroughHosts(share, server, mesh).map((host) => passthroughSni(host, port.number));
  return denyRules(
    share,
    [...allowedCalls(share, server, port, consumers), ...(gateways.length === 0 ? [] : [{ principals: gateways }])],
    { port, target, sni: merged ? undefined : { except: snis } },
    report,
  );
}

function entrancePrincipals(share: Share, server: Server, port: SharedPort, intents: Intents): readonly string[] {
  noteRead(declaredPart("ExternalAccess"));
  const leadsHere = intents.externalAccesses.some(
    ({ metadata, spec }) =>
      metadata.namespace === share.namespace &&
      (spec.service ?? metadata.name) === share.service &&
      spec.port === port.number &&
      selectClusters(spec.clusters, intents.clusters).includes(server.cluster),
  );
  return leadsHere ? gatewayPrincipals(server.cluster.spec.ingressGateway, server.facts) : [];
}
