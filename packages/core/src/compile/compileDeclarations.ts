import { say } from "../findings/say.ts";
import type { ExternalAccess } from "../model/externalAccess.ts";
import type { ExternalService } from "../model/externalService.ts";
import { at } from "../model/intents.ts";
import type { SharedService } from "../model/sharedService.ts";
import { checkFailover } from "./checkFailover.ts";
import { checkPaths } from "./checkPaths.ts";
import { checkTraffic } from "./checkTraffic.ts";
import { checkTrust } from "./checkTrust.ts";
import { checkUserPolicies } from "./checkUserPolicies.ts";
import { clusterSetHosts } from "./clusterSetHosts.ts";
import type { Compilation } from "./compilation.ts";
import { compileAccess } from "./compileAccess.ts";
import type { CompileContext } from "./compileContext.ts";
import { compileEntrance } from "./compileEntrance.ts";
import { compileLocalAccess } from "./compileLocalAccess.ts";
import { compileSameName } from "./compileSameName.ts";
import { type ExportedShare, resolveExports } from "./exports.ts";
import { externalHosts } from "./externalHosts.ts";
import { importForRoutes } from "./importForRoutes.ts";
import { meshHosts } from "./meshHosts.ts";
import type { NamedHost } from "./namedHost.ts";
import { collect } from "./output.ts";
import { perClusterHosts } from "./perClusterHosts.ts";
import type { Consumer } from "./resolveConsumers.ts";
import { resolveEntrances } from "./resolveEntrances.ts";
import { resolveShare } from "./resolveShare.ts";
import { compileServers } from "./serverSide.ts";
import type { Server } from "./share.ts";
import type { CompileWorld } from "./surroundings.ts";

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
