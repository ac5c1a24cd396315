import { say } from "../../findings/index.ts";
import { type IstioCluster, noteRead, passthroughSni, principal, principalsOfNamespace } from "../../istio/index.ts";
import { at, type Intents, type MeshCluster, selectClusters } from "../../model/index.ts";
import { declaredPart } from "../../world/index.ts";
import type { CompileContext } from "../declaration/compileContext.ts";
import type { ResolvedService, Server, SharedPort } from "../sharedService/resolvedService.ts";
import { passthroughHosts } from "../sharedService/serverSide.ts";
import { allowedCalls, areRulesForHttp, denyRules, isMerged, type Rule, targetPort } from "./accessRules.ts";
import { denyPolicy } from "./denyPolicy.ts";

/**
 * Holds callers inside a serving cluster to the consumers that name this cluster, where the Mesh asks for it: everything that
 * does not come by the entry Service, plain text too. Ingress gateways that an ExternalAccess leads through stay allowed.
 */
export function compileLocalAccess(shared: ResolvedService, intents: Intents, context: CompileContext): void {
  if (context.mesh.spec.access.localCallers === "Any") return;
  const isDryRun = shared.intent.spec.accessDryRun ?? context.mesh.spec.access.dryRun;
  for (const server of shared.servers) {
    if (!areRulesForHttp(shared, server, context.report)) continue;
    const rules = server.ports.map((port) => rulesOfPort(shared, server, port, { intents, context }));
    if (rules.includes(undefined)) continue;
    context.emit(
      server.facts.name,
      denyPolicy(shared, server, { name: ["access", "local"], rules: rules.flatMap((list) => list ?? []), isDryRun }),
    );
  }
}

/** Merged names give local calls the entry Service's SNI, so there all calls meet the rules, of all consumers. */
function rulesOfPort(
  shared: ResolvedService,
  server: Server,
  port: SharedPort,
  { intents, context }: { readonly intents: Intents; readonly context: CompileContext },
): readonly Rule[] | undefined {
  const { mesh, report } = context;
  const target = targetPort(server, port);
  if (typeof target === "string") {
    report.add(
      shared.owner,
      "PORT_NAMED",
      at(mesh, "spec", "access", "localCallers"),
      say`${{ service: { cluster: server.facts.name, kind: "Service", namespace: shared.namespace, name: shared.service } }} in ${{ cluster: server.facts.name }} names its pods' port for ${{ number: port.number }}, so local callers cannot be held to rules at that port alone`,
      "give targetPort as a number there",
    );
    return undefined;
  }
  const merged = isMerged(shared, server);
  const consumers = shared.intent.spec.consumers.filter(
    ({ clusters }) => merged || selectClusters(clusters, intents.clusters).includes(server.cluster),
  );
  const gateways = ingressPrincipals(shared, server, port, intents);
  const snis = passthroughHosts(shared, server, mesh).map((host) => passthroughSni(host, port.number));
  return denyRules(
    shared,
    [...allowedCalls(shared, server, port, consumers), ...(gateways.length === 0 ? [] : [{ principals: gateways }])],
    { port, target, sni: merged ? undefined : { except: snis } },
    report,
  );
}

function ingressPrincipals(
  shared: ResolvedService,
  server: Server,
  port: SharedPort,
  intents: Intents,
): readonly string[] {
  noteRead(declaredPart("ExternalAccess"));
  const leadsHere = intents.externalAccesses.some(
    ({ metadata, spec }) =>
      metadata.namespace === shared.namespace &&
      (spec.service ?? metadata.name) === shared.service &&
      spec.port === port.number &&
      selectClusters(spec.clusters, intents.clusters).includes(server.cluster),
  );
  return leadsHere ? gatewayPrincipals(server.cluster.spec.ingressGateway, server.facts) : [];
}

type GatewaySpec = MeshCluster["spec"]["eastWestGateway"];

/** The identities of a gateway's pods, as an AuthorizationPolicy takes them; where none is seen, those of its namespace. */
function gatewayPrincipals(
  { namespace, selector }: Pick<GatewaySpec, "namespace" | "selector">,
  facts: IstioCluster,
): readonly string[] {
  const { trustDomain } = facts.settings;
  const accounts = facts.selectSeen(namespace, selector).map(({ serviceAccount }) => serviceAccount);
  if (accounts.length === 0) return [principalsOfNamespace(trustDomain, namespace)];
  return [...new Set(accounts)].sort().map((account) => principal(trustDomain, namespace, account));
}
