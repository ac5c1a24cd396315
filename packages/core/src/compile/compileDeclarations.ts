import { joinNames, say } from "../findings/index.ts";
import { at, type ExternalAccess, type ExternalService, type SharedService } from "../model/index.ts";
import { checkUserPolicies } from "./access/checkUserPolicies.ts";
import { compileAccess } from "./access/compileAccess.ts";
import { compileLocalAccess } from "./access/compileLocalAccess.ts";
import { checkTrust } from "./declaration/checkTrust.ts";
import type { Compilation } from "./declaration/compilation.ts";
import type { CompileContext, CompileWorld } from "./declaration/compileContext.ts";
import type { NamedHost } from "./declaration/namedHost.ts";
import { collect } from "./declaration/output.ts";
import type { Consumer } from "./declaration/resolveConsumers.ts";
import { compileInCluster } from "./externalAccess/compileInCluster.ts";
import { resolveExternalAccess } from "./externalAccess/resolveExternalAccess.ts";
import { externalServiceHosts } from "./externalService/externalServiceHosts.ts";
import { clusterSetHosts } from "./serviceExport/clusterSetHosts.ts";
import { importForRoutes } from "./serviceExport/importForRoutes.ts";
import { type ExportedService, resolveExports } from "./serviceExport/resolveExports.ts";
import { checkFailover } from "./sharedService/checkFailover.ts";
import { checkPaths } from "./sharedService/checkPaths.ts";
import { checkTraffic } from "./sharedService/checkTraffic.ts";
import { compileSameName } from "./sharedService/compileSameName.ts";
import { meshHosts } from "./sharedService/meshHosts.ts";
import { perClusterHosts } from "./sharedService/perClusterHosts.ts";
import type { Server } from "./sharedService/resolvedService.ts";
import { resolveSharedService } from "./sharedService/resolveSharedService.ts";
import { compileServers } from "./sharedService/serverSide.ts";

/** `sharing`: the names of all SharedServices of the same Service, this one's with them. */
export function compileSharedService(
  intent: SharedService,
  sharing: readonly string[],
  world: CompileWorld,
): Compilation {
  const { intents } = world;
  const [hosts, output] = collect(intents.mesh, (context): readonly NamedHost[] => {
    const { report } = context;
    const shared = resolveSharedService(intent, { ...world, report });
    const { owner, namespace, service } = shared;
    // A Gateway server that repeats a host is skipped by istiod, so a Service is shared by one declaration.
    if (sharing.length > 1) {
      report.add(
        owner,
        "SERVICE_SHARED_TWICE",
        at(intent),
        say`Service ${{ namespace }}/${{ service }} is shared by ${joinNames(sharing)}`,
        "put all consumers into one SharedService",
      );
      return [];
    }
    checkTraffic(shared, report);
    checkPaths(shared, report);
    checkFailover(shared, { ...world, report });
    compileServers(shared, context);
    compileAccess(shared, context);
    compileLocalAccess(shared, intents, context);
    checkUserPolicies(shared, intents, context);
    const trusted = (consumer: Consumer, server: Server) => checkTrust(owner, consumer.facts, server.facts, report);
    const demands = intent.spec.as.includes("SameName") ? compileSameName(shared, trusted, context) : [];
    const mesh = meshHosts(shared, trusted, context);
    return [...perClusterHosts(shared, [...demands, ...mesh.demands], trusted, context), ...mesh.hosts];
  });
  return { ...output, hosts, externalAccesses: [] };
}

export function compileExternalAccess(intent: ExternalAccess, world: CompileWorld): Compilation {
  const { mesh } = world.intents;
  const [externalAccesses, output] = collect(mesh, ({ report }) => resolveExternalAccess(intent, { ...world, report }));
  return { ...output, hosts: [], externalAccesses: externalAccesses.map((access) => compileInCluster(access, mesh)) };
}

export function compileExternalService(intent: ExternalService, world: CompileWorld): Compilation {
  const [hosts, output] = collect(world.intents.mesh, (context) =>
    externalServiceHosts(intent, { ...world, report: context.report }, context),
  );
  return { ...output, hosts, externalAccesses: [] };
}

/** What is found in the clusters instead of declared. Exports of one Service come from many clusters. */
export function compileExports(world: CompileWorld): Compilation {
  const [hosts, output] = collect(world.intents.mesh, (context) =>
    resolveExports({ ...world, report: context.report }).flatMap((shared) => exportedHosts(shared, context)),
  );
  return { ...output, hosts, externalAccesses: [] };
}

function exportedHosts(shared: ExportedService, context: CompileContext): readonly NamedHost[] {
  const { owner, report } = shared;
  const trusted = (consumer: Consumer, server: Server) => checkTrust(owner, consumer.facts, server.facts, report);
  compileServers(shared, { ...context, report });
  importForRoutes(shared, trusted, context);
  return clusterSetHosts(shared, trusted, context);
}
