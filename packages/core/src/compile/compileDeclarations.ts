import { say } from "../findings/index.ts";
import { at, type ExternalAccess, type ExternalService, type SharedService } from "../model/index.ts";
import { checkUserPolicies } from "./access/checkUserPolicies.ts";
import { compileAccess } from "./access/compileAccess.ts";
import { compileLocalAccess } from "./access/compileLocalAccess.ts";
import { checkTrust } from "./declaration/checkTrust.ts";
import type { Compilation } from "./declaration/compilation.ts";
import type { CompileContext } from "./declaration/compileContext.ts";
import type { NamedHost } from "./declaration/namedHost.ts";
import { collect } from "./declaration/output.ts";
import type { Consumer } from "./declaration/resolveConsumers.ts";
import type { CompileWorld } from "./declaration/surroundings.ts";
import { compileEntrance } from "./externalAccess/compileInCluster.ts";
import { resolveEntrances } from "./externalAccess/resolveExternalAccess.ts";
import { externalHosts } from "./externalService/externalServiceHosts.ts";
import { clusterSetHosts } from "./serviceExport/clusterSetHosts.ts";
import { importForRoutes } from "./serviceExport/importForRoutes.ts";
import { type ExportedShare, resolveExports } from "./serviceExport/resolveExports.ts";
import { checkFailover } from "./sharedService/checkFailover.ts";
import { checkPaths } from "./sharedService/checkPaths.ts";
import { checkTraffic } from "./sharedService/checkTraffic.ts";
import { compileSameName } from "./sharedService/compileSameName.ts";
import { meshHosts } from "./sharedService/meshHosts.ts";
import { perClusterHosts } from "./sharedService/perClusterHosts.ts";
import { resolveShare } from "./sharedService/resolveShare.ts";
import { compileServers } from "./sharedService/serverSide.ts";
import type { Server } from "./sharedService/share.ts";

/** `sharing`: the names of all SharedServices of the same Service, this one's with them. */
export function compileSharedService(
  intent: SharedService,
  sharing: readonly string[],
  world: CompileWorld,
): Compilation {
  const { intents } = world;
  const [hosts, output] = collect(intents.mesh, (context): readonly NamedHost[] => {
    const { report } = context;
    const share = resolveShare(intent, { ...world, report });
    const { owner, namespace, service } = share;
    // A Gateway server that repeats a host is skipped by istiod, so a Service is shared by one declaration.
    if (sharing.length > 1) {
      report.add(
        owner,
        "SERVICE_SHARED_TWICE",
        at(intent),
        say`Service ${{ namespace }}/${{ service }} is shared by ${sharing.join(" and ")}`,
        "put all consumers into one SharedService",
      );
      return [];
    }
    checkTraffic(share, report);
    checkPaths(share, report);
    checkFailover(share, { ...world, report });
    compileServers(share, context);
    compileAccess(share, context);
    compileLocalAccess(share, intents, context);
    checkUserPolicies(share, intents, context);
    const trusted = (consumer: Consumer, server: Server) => checkTrust(owner, consumer.facts, server.facts, report);
    const demands = intent.spec.as.includes("SameName") ? compileSameName(share, trusted, context) : [];
    const mesh = meshHosts(share, trusted, context);
    return [...perClusterHosts(share, [...demands, ...mesh.demands], trusted, context), ...mesh.hosts];
  });
  return { ...output, hosts, entrances: [] };
}

export function compileExternalAccess(intent: ExternalAccess, world: CompileWorld): Compilation {
  const { mesh } = world.intents;
  const [entrances, output] = collect(mesh, ({ report }) => resolveEntrances(intent, { ...world, report }));
  return { ...output, hosts: [], entrances: entrances.map((entrance) => compileEntrance(entrance, mesh)) };
}

export function compileExternalService(intent: ExternalService, world: CompileWorld): Compilation {
  const [hosts, output] = collect(world.intents.mesh, (context) =>
    externalHosts(intent, { ...world, report: context.report }, context),
  );
  return { ...output, hosts, entrances: [] };
}

/** What is found in the clusters instead of declared. Exports of one Service come from many clusters. */
export function compileExports(world: CompileWorld): Compilation {
  const [hosts, output] = collect(world.intents.mesh, (context) =>
    resolveExports({ ...world, report: context.report }).flatMap((share) => exportedHosts(share, context)),
  );
  return { ...output, hosts, entrances: [] };
}

function exportedHosts(share: ExportedShare, context: CompileContext): readonly NamedHost[] {
  const { owner, report } = share;
  const trusted = (consumer: Consumer, server: Server) => checkTrust(owner, consumer.facts, server.facts, report);
  compileServers(share, { ...context, report });
  importForRoutes(share, trusted, context);
  return clusterSetHosts(share, trusted, context);
}
