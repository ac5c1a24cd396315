import { say } from "../../findings/index.ts";
import { askBy, isCoveredBy, passthroughSni } from "../../istio/index.ts";
import { clusterObject, type Gateway, isNamedAsOurs } from "../../kinds/index.ts";
import { at, hasAccessRules, restrictsCallers } from "../../model/index.ts";
import type { CompileContext } from "../declaration/compileContext.ts";
import type { ResolvedService, Server, SharedPort } from "../sharedService/resolvedService.ts";
import { localHost } from "../sharedService/resolvedService.ts";
import { passthroughHosts } from "../sharedService/serverSide.ts";
import { allowedCalls, areRulesForHttp, denyRules, isMerged, type Rule, targetPort } from "./accessRules.ts";
import { denyPolicy } from "./denyPolicy.ts";

/**
 * Holds callers from other clusters to `spec.access` and to the consumers' identities, with one DENY policy at each
 * server for what is not allowed. A DENY policy leaves the user's own policies their meaning, and its condition on the SNI
 * of the entry Services leaves out whoever calls the Service under its own name.
 */
export function compileAccess(shared: ResolvedService, context: CompileContext): void {
  if (!restrictsCallers(shared.intent.spec, context.mesh)) return;
  const { spec } = shared.intent;
  const isDryRun = spec.accessDryRun ?? (context.mesh.spec.access.dryRun && !hasAccessRules(spec));
  for (const server of shared.servers) {
    if (sparesMergedCallers(shared, server, context)) continue;
    if (!areRulesForHttp(shared, server, context.report) || isBypassed(shared, server, context)) continue;
    const rules = server.ports.map((port) => rulesOfPort(shared, server, port, context));
    if (rules.includes(undefined)) continue;
    context.emit(
      server.facts.name,
      denyPolicy(shared, server, { name: ["access"], rules: rules.flatMap((list) => list ?? []), isDryRun }),
    );
  }
}

function rulesOfPort(
  shared: ResolvedService,
  server: Server,
  port: SharedPort,
  { mesh, report }: CompileContext,
): readonly Rule[] | undefined {
  const snis = passthroughHosts(shared, server, mesh).map((host) => passthroughSni(host, port.number));
  const target = targetPort(server, port);
  return denyRules(
    shared,
    allowedCalls(shared, server, port, shared.intent.spec.consumers),
    {
      port,
      target: typeof target === "string" ? undefined : target,
      sni: { only: snis },
    },
    report,
  );
}

/** A gateway of the user that passes the Service's own name through lets callers in with another SNI. */
function isBypassed(shared: ResolvedService, server: Server, { mesh, report }: CompileContext): boolean {
  const host = localHost(shared, mesh);
  const open = openGateway(server.facts, host);
  if (open === undefined) return false;
  report.add(
    shared.owner,
    "ACCESS_BYPASSED",
    hasAccessRules(shared.intent.spec)
      ? at(shared.intent, "spec", shared.intent.spec.access === undefined ? "consumers" : "access")
      : at(mesh, "spec", "access", "remoteCallers"),
    say`${{ gateway: clusterObject(server.facts.name, open) }} in ${{ cluster: server.facts.name }} passes ${{ host }} through to every caller, past the access rules`,
    "narrow its hosts so that they leave this Service out",
  );
  return true;
}

const openGateway = askBy((cluster, host: string): Gateway | undefined =>
  cluster
    .all("Gateway")
    .find(
      (gateway) =>
        !isNamedAsOurs(gateway) &&
        (gateway.spec.servers ?? []).some(
          ({ tls, hosts }) =>
            tls?.mode === "AUTO_PASSTHROUGH" &&
            (hosts ?? []).some((pattern) => isCoveredBy(host, pattern.slice(pattern.indexOf("/") + 1))),
        ),
    ),
);

/**
 * Where calls to local pods carry the same SNI, rules hold for them too. They are warned of where the declaration asks for
 * rules, and left alone where only the Mesh's default would cut them off.
 */
function sparesMergedCallers(shared: ResolvedService, server: Server, { mesh, report }: CompileContext): boolean {
  if (!isMerged(shared, server) || mesh.spec.access.localCallers === "Consumers") return false;
  const name = `${server.facts.name} serves ${shared.namespace}/${shared.service} and consumes it by the same name`;
  const isAsked = hasAccessRules(shared.intent.spec);
  report.add(
    undefined,
    "ACCESS_LOCAL_CALLERS",
    at(shared.intent, "spec", "as"),
    isAsked
      ? say`${{ name }}, so the access rules hold for its local callers too`
      : say`${{ name }}, where local calls look like those of other clusters, so spec.access.remoteCallers of the Mesh is not held up there`,
    isAsked
      ? "list local callers among the consumers, or use the name form PerCluster"
      : "list local callers among the consumers and give spec.access here, or use the name form PerCluster",
  );
  return !isAsked;
}
