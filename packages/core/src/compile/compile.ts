import type { IstioCluster } from "../istio/istioCluster.ts";
import { istioClusters } from "../istio/istioClusters.ts";
import { type KubeObject, keyOf, refOf } from "../kinds/kubeObject.ts";
import type { Compiled, DeclaredPath } from "../model/compiled.ts";
import { at, type Intents } from "../model/intents.ts";
import type { Observed } from "../model/observed.ts";
import { showUnreadable } from "../shape/readObject.ts";
import { checkFailover } from "./checkFailover.ts";
import { checkPaths } from "./checkPaths.ts";
import { checkTraffic } from "./checkTraffic.ts";
import { checkTrust } from "./checkTrust.ts";
import { checkUserPolicies } from "./checkUserPolicies.ts";
import { clusterSetHosts } from "./clusterSetHosts.ts";
import { compileAccess } from "./compileAccess.ts";
import type { CompileContext } from "./compileContext.ts";
import { compileEntrances } from "./compileEntrances.ts";
import { compileLocalAccess } from "./compileLocalAccess.ts";
import { compileSameName } from "./compileSameName.ts";
import { type ExportedShare, resolveExports } from "./exports.ts";
import { externalHosts } from "./externalHosts.ts";
import { importForRoutes } from "./importForRoutes.ts";
import { meshHosts } from "./meshHosts.ts";
import { nameHosts } from "./nameHosts.ts";
import { type PartDemand, perClusterHosts } from "./perClusterHosts.ts";
import { Report } from "./report.ts";
import { resolveEntrances } from "./resolveEntrances.ts";
import { resolveShare } from "./resolveShare.ts";
import { compileServers } from "./serverSide.ts";
import type { Consumer, Server, Share } from "./share.ts";
import { unprovenObjects } from "./unproven.ts";

/**
 * The objects that every observed cluster should hold for the declared intents. Deterministic: the order of the input, and
 * of the objects in `observed`, does not show in the result.
 */
export function compile(intents: Intents, observed: Observed): Compiled {
  const report = new Report();
  const facts = istioClusters(observed, intents);
  const desired = new Map<string, Map<string, KubeObject>>([...facts.keys()].map((name) => [name, new Map()]));
  const paths: DeclaredPath[] = [];
  const context = compileContext(intents, { report, desired, paths });

  for (const cluster of facts.values()) holdUnreadable(cluster, report);
  const surroundings = { intents, observed, facts, report };
  const shares = withoutDuplicates(
    intents.sharedServices.map((intent) => resolveShare(intent, surroundings)),
    report,
  );

  const trusted = (consumer: Consumer, server: Server, { owner }: Share) =>
    checkTrust(owner, consumer.facts, server.facts, report);
  const trustedExport = (consumer: Consumer, server: Server, { owner, report: own }: ExportedShare) =>
    checkTrust(owner, consumer.facts, server.facts, own);
  const demands: PartDemand[] = [];
  for (const share of shares) {
    checkTraffic(share, report);
    checkPaths(share, report);
    checkFailover(share, surroundings);
    compileServers(share, context);
    compileAccess(share, context);
    compileLocalAccess(share, intents, context);
    checkUserPolicies(share, intents, context);
    if (share.intent.spec.as.includes("SameName")) demands.push(...compileSameName(share, trusted, context));
  }
  const mesh = meshHosts(shares, trusted, context);
  const accesses = intents.externalAccesses.flatMap((intent) => resolveEntrances(intent, surroundings));
  compileEntrances(accesses, context);
  const outside = intents.externalServices.flatMap((intent) => externalHosts(intent, surroundings, context));
  const exported = resolveExports(surroundings);
  for (const share of exported) {
    compileServers(share, { ...context, report: share.report });
    importForRoutes(share, trustedExport, context);
  }
  nameHosts(
    [
      ...exported.flatMap((share) => clusterSetHosts(share, trustedExport, context)),
      ...perClusterHosts(shares, [...demands, ...mesh.demands], trusted, context),
      ...mesh.hosts,
      ...outside,
    ],
    context,
  );
  const unproven = unprovenObjects(observed, desired, report);

  return {
    desired: new Map(
      [...desired]
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([name, objects]) => [
          name,
          [...objects].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, object]) => object),
        ]),
    ),
    paths: paths
      .map((path) => ({ key: JSON.stringify(path), path }))
      .sort((a, b) => (a.key < b.key ? -1 : 1))
      .map(({ path }) => path),
    held: new Map([...report.held].sort(([a], [b]) => (a < b ? -1 : 1))),
    ...(unproven.size === 0 ? {} : { unproven }),
    problems: report.problems,
  };
}

/** What an object of ours holds now, its address for one, is not known: its declaration keeps what it has. */
function holdUnreadable({ name, unreadable }: IstioCluster, report: Report): void {
  for (const object of unreadable) {
    if (!object.isOurs || object.owner === undefined) continue;
    report.hold(object.owner, `${showUnreadable(object)} of ${name} cannot be read: ${object.fault}`);
  }
}

function compileContext(
  intents: Intents,
  output: {
    readonly report: Report;
    readonly desired: ReadonlyMap<string, Map<string, KubeObject>>;
    readonly paths: DeclaredPath[];
  },
): CompileContext {
  const { mesh } = intents;
  return {
    mesh,
    report: output.report,
    emit(cluster, ...objects) {
      for (const object of objects) output.desired.get(cluster)?.set(keyOf(refOf(object)), object);
    },
    declare(path) {
      output.paths.push(path);
    },
  };
}

/** A Gateway server that repeats a host is skipped by istiod, so a Service is shared by one declaration. */
function withoutDuplicates(shares: readonly Share[], report: Report): readonly Share[] {
  const byService = new Map<string, Share[]>();
  for (const share of shares) {
    const key = `${share.namespace}/${share.service}`;
    byService.set(key, [...(byService.get(key) ?? []), share]);
  }
  return [...byService].flatMap(([service, claimants]) => {
    if (claimants.length === 1) return claimants;
    const names = claimants.map(({ intent }) => intent.metadata.name).sort();
    for (const { intent, owner } of claimants) {
      report.add(
        owner,
        "SERVICE_SHARED_TWICE",
        at(intent),
        `Service ${service} is shared by ${names.join(" and ")}`,
        "put all consumers into one SharedService",
      );
    }
    return [];
  });
}
